import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0002_photo_sizes")]
    operations = [
        migrations.CreateModel(
            name="CrewMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=400)),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=160)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "feed",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crew_messages",
                        to="studio.feed",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crew_messages",
                        to="room.session",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("seen_at__isnull", True), ("delivered_at__isnull", False), _connector="OR"
                        ),
                        name="crew_message_delivered_before_seen",
                    )
                ],
            },
        ),
    ]

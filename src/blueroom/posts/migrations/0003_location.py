import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posts", "0002_initial"), ("room", "0003_videos_wall")]
    operations = [
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "post",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="posts.post",
                    ),
                ),
                ("revision", models.BigIntegerField()),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nothing"),
                            ("point", "Its own point"),
                            ("stated", "What its author states"),
                            ("person", "Somebody at the desk"),
                        ],
                        default="",
                        max_length=6,
                    ),
                ),
                ("level", models.CharField(blank=True, max_length=7)),
                ("place", models.CharField(blank=True, max_length=12)),
                ("x", models.PositiveIntegerField(null=True)),
                ("y", models.PositiveIntegerField(null=True)),
                ("received_s", models.BigIntegerField()),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="room.session",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["session", "revision"], name="locations_in_order"),
                    models.Index(
                        condition=models.Q(("source", "person")),
                        fields=["session"],
                        name="locations_by_people",
                    ),
                ],
            },
        ),
    ]

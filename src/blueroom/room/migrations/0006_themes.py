import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0005_heat_wall_and_prompter")]
    operations = [
        migrations.AddField(
            model_name="room", name="theme", field=models.JSONField(default=dict)
        ),
        migrations.CreateModel(
            name="Logo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "light",
                    models.CharField(choices=[("day", "day"), ("air", "air")], max_length=3),
                ),
                ("digest", models.CharField(db_index=True, max_length=16)),
                ("png", models.BinaryField()),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logos",
                        to="room.room",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("room", "light"), name="one_logo_a_light")
                ]
            },
        ),
    ]

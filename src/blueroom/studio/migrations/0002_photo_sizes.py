from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("studio", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="photo_height_px",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="answer",
            name="photo_width_px",
            field=models.PositiveIntegerField(default=0),
        ),
    ]

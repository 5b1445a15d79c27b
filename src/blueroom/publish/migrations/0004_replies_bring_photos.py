from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("publish", "0003_replies_bring_clips"),
        ("studio", "0002_photo_sizes"),
    ]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="photo",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="studio.answer",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="media",
            field=models.CharField(
                choices=[
                    ("video", "With the video"),
                    ("photo", "With the picture"),
                    ("link", "With a link"),
                    ("none", "Words only"),
                ],
                default="none",
                max_length=5,
            ),
        ),
    ]

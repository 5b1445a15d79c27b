from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [
        ("clips", "0001_initial"),
        ("publish", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="clip",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="clips.clip",
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="media",
            field=models.CharField(
                choices=[
                    ("video", "With the video"),
                    ("link", "With a link"),
                    ("none", "Words only"),
                ],
                default="none",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="reply", name="or_link", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="reply", name="is_with_file", field=models.BooleanField(default=False)
        ),
        migrations.AddField(model_name="reply", name="alt", field=models.TextField(blank=True)),
        migrations.AddField(
            model_name="reply", name="memory", field=models.JSONField(blank=True, default=dict)
        ),
        migrations.AddField(
            model_name="reply",
            name="asked_at",
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
    ]

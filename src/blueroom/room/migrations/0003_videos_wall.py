from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0002_keep_recordings_days")]
    operations = [
        migrations.AlterField(
            model_name="link",
            name="screen",
            field=models.CharField(
                choices=[("wall_questions", "Questions wall"), ("wall_videos", "Videos wall")],
                max_length=30,
            ),
        )
    ]

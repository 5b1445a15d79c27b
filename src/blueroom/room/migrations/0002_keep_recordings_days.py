from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name=model,
            name="keep_recordings_days",
            field=models.PositiveSmallIntegerField(default=0),
        )
        for model in ("room", "session")
    ]

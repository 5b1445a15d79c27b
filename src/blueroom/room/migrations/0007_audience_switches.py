from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('room', '0006_themes'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='shows_counts',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='session',
            name='takes_hearts',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='session',
            name='takes_votes',
            field=models.BooleanField(default=True),
        ),
    ]

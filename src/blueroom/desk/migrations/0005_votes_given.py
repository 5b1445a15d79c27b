from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0004_holding_groups_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='question',
            name='votes_given',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]

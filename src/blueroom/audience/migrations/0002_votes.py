import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audience', '0001_initial'),
        ('desk', '0005_votes_given'),
    ]

    operations = [
        migrations.CreateModel(
            name='VoteCount',
            fields=[
                ('question', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='vote_count', serialize=False, to='desk.question')),
                ('is_due', models.BooleanField(default=True)),
                ('past_votes', models.PositiveIntegerField(default=0)),
                ('past_given', models.PositiveIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_due', True)), fields=['question'], name='votes_to_count')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=64)),
                ('network', models.CharField(max_length=16)),
                ('region', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='public_votes', to='desk.question')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('question', 'device'), name='one_vote_a_device')],
                'indexes': [models.Index(fields=['question', 'region', 'network'], name='votes_by_network'), models.Index(fields=['device'], name='votes_of_a_device')],
            },
        ),
    ]

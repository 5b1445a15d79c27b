from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def take_over(apps: Any, schema_editor: Any) -> None:
    """What was being sent when the house was stopped needs somebody, who sends it with its key."""
    clarifications = apps.get_model("desk", "Clarification").objects
    clarifications.update(asked_at=F("created_at"), due_at=F("created_at"))
    clarifications.filter(state="sending").update(state="failed")


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0008_translation'),
        ('room', '0005_heat_wall_and_prompter'),
    ]

    operations = [
        migrations.RenameField('clarification', 'at', 'created_at'),
        migrations.RenameField('clarification', 'code', 'error_code'),
        migrations.RenameField('clarification', 'message', 'error_message'),
        migrations.AddField(
            model_name='clarification',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='room.account'),
        ),
        migrations.AddField(
            model_name='clarification',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='clarification',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='clarification',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='clarification',
            name='remote_id',
            field=models.CharField(blank=True, default='', max_length=512),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='clarification',
            name='remote_version',
            field=models.CharField(blank=True, default='', max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='clarification',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='clarification',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='clarification',
            name='memory',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name='clarification',
            name='state',
            field=models.CharField(choices=[('due', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Published'), ('failed', 'Needs somebody'), ('taken_back', 'Taken back')], default='due', max_length=10),
        ),
        migrations.AddIndex(
            model_name='clarification',
            index=models.Index(fields=['state', 'due_at'], name='clarifications_due'),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]

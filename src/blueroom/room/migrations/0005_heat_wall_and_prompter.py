from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0004_holding_and_two_approvals")]
    operations = [
        migrations.AlterField(
            model_name="link",
            name="screen",
            field=models.CharField(
                choices=[
                    ("wall_questions", "Questions wall"),
                    ("wall_videos", "Videos wall"),
                    ("wall_heat", "Heat map"),
                    ("prompter", "Prompter"),
                ],
                max_length=30,
            ),
        )
    ]

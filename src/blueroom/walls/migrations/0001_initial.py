import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("room", "0003_videos_wall")]

    operations = [
        migrations.CreateModel(
            name="OpenScreen",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("scene", models.CharField(max_length=20)),
                ("title", models.CharField(blank=True, max_length=160)),
                ("is_dark", models.BooleanField(default=False)),
                ("is_covered", models.BooleanField(default=False)),
                ("is_stale", models.BooleanField(default=False)),
                ("frame_age_ms", models.PositiveIntegerField(default=0)),
                ("build", models.CharField(blank=True, max_length=40)),
                ("width_px", models.PositiveIntegerField(default=0)),
                ("height_px", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("shown_at", models.DateTimeField()),
                ("reported_at", models.DateTimeField()),
                ("link", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="open_screens", to="room.link")),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="open_screens", to="room.session")),
            ],
            options={"ordering": ["opened_at", "id"]},
        ),
        migrations.CreateModel(
            name="Pairing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("letters", models.CharField(max_length=6, unique=True)),
                ("nonce", models.CharField(max_length=43, unique=True)),
                ("address", models.CharField(max_length=45)),
                ("created_at", models.DateTimeField()),
                ("look", models.CharField(blank=True, max_length=10)),
                ("link", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="room.link")),
            ],
        ),
        migrations.CreateModel(
            name="WallScene",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scene",
                    models.CharField(
                        choices=[
                            ("auto", "Auto"),
                            ("question", "Question"),
                            ("next", "Next"),
                            ("answered", "Answered"),
                            ("call", "Call"),
                            ("countdown", "Countdown"),
                            ("video", "Video"),
                            ("thanks", "Thanks"),
                            ("slate", "Slate"),
                        ],
                        default="auto",
                        max_length=10,
                    ),
                ),
                (
                    "layout",
                    models.CharField(
                        choices=[("one", "One"), ("three", "Three"), ("voices", "Voices")],
                        default="one",
                        max_length=10,
                    ),
                ),
                ("focus_id", models.BigIntegerField(blank=True, null=True)),
                ("advance_s", models.PositiveSmallIntegerField(default=0)),
                ("since_at", models.DateTimeField()),
                ("changed_by", models.CharField(blank=True, max_length=160)),
                ("link", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="wall_scene", to="room.link")),
            ],
        ),
        migrations.CreateModel(
            name="Panic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("number", models.BigIntegerField()),
                ("by_name", models.CharField(blank=True, max_length=160)),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="panics", to="room.session")),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("session", "number"), name="panic_once")],
            },
        ),
    ]

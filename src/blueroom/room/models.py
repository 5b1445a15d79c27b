"""Who runs a room and what for: rooms, people and their roles, guests, sessions, links, tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do in a room, the strongest first."""

    OWNER = "owner", _("Owner")
    PRODUCER = "producer", _("Producer")
    MODERATOR = "moderator", _("Moderator")
    COACH = "coach", _("Coach")
    GUEST = "guest", _("Guest")
    VIEWER = "viewer", _("Viewer of a wall")


class Person(AbstractUser):
    """Somebody who logs in. The audience never does."""

    language = models.CharField(_("language"), max_length=5, default="fr")

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Look(models.TextChoices):
    """How light a room is."""

    DIMS = "dims", _("Day, and night on air")
    DAY = "day", _("Always day")
    NIGHT = "night", _("Always night")


class Room(models.Model):
    """A place with its own crew, look and accounts; its sessions happen one after the other."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    languages = models.JSONField(_("languages"), default=list)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Paris")
    look = models.CharField(_("look"), max_length=6, choices=Look.choices, default=Look.DIMS)
    keep_raw_days = models.PositiveSmallIntegerField(default=30)  # for sessions to come
    # The same of recordings; 0 keeps them until somebody erases them.
    keep_recordings_days = models.PositiveSmallIntegerField(default=0)
    # What its desks hold: words of its own, words that it lets through, domains that may be linked.
    held_words = models.JSONField(default=list)
    ignored_words = models.JSONField(default=list)
    allowed_domains = models.JSONField(default=list)
    # Its own look, as room.themes.Theme; empty for the house's.
    theme = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Logo(models.Model):
    """A room's logo for screens by day or on air, as we wrote it anew: a PNG with nothing else."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="logos")
    light = models.CharField(max_length=3, choices=[("day", "day"), ("air", "air")])
    digest = models.CharField(max_length=16, db_index=True)  # of the PNG, and its address
    png = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "light"], name="one_logo_a_light")]


class Membership(models.Model):
    """A person's role in a room; losing the row is losing every right there."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    since_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person"], name="one_role_a_room")]

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"


class Invitation(models.Model):
    """A link that makes one person a member, once. Only the hash of its secret is kept."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=12, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True)


class Account(models.Model):
    """The room's own account on a network; its fields are kept encrypted."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="accounts")
    network = models.SlugField(max_length=40)
    handle = models.CharField(max_length=255)
    sealed = models.BinaryField()  # the fields and the connector's memory, see room.seal
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "network", "handle"], name="account_once")
        ]

    def __str__(self) -> str:
        return f"{self.handle} ({self.network})"


class Guest(models.Model):
    """Who sits in the room and answers."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="guests")
    name = models.CharField(_("name"), max_length=120)

    def __str__(self) -> str:
        return self.name


class SessionState(models.TextChoices):
    """A session's life; questions are taken while it is open or on air."""

    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open for questions")
    ON_AIR = "on_air", _("On air")
    CLOSED = "closed", _("Closed")


class Strictness(models.TextChoices):
    """How easily a post is held for a person to look at; see holding/README.md."""

    LOW = "low", _("Little: threats, slurs, private details")
    NORMAL = "normal", _("Normal: also insults, hate, links, spam")
    HIGH = "high", _("Much: also rough words")


class SessionFormat(models.TextChoices):
    INTERVIEW = "interview", _("Interview")
    AFTER_SHOW = "after_show", _("After the show")
    TOWN_HALL = "town_hall", _("Town hall")


class Session(models.Model):
    """One hour with one guest, and the days of collecting before it."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="sessions")
    guest = models.ForeignKey(Guest, models.PROTECT, related_name="sessions")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=160)
    hashtags = models.JSONField(default=list)  # without "#", as the producer wrote them
    languages = models.JSONField(default=list)
    format = models.CharField(
        _("format"), max_length=20, choices=SessionFormat.choices, default=SessionFormat.INTERVIEW
    )
    state = models.CharField(
        max_length=12, choices=SessionState.choices, default=SessionState.PLANNED
    )
    starts_at = models.DateTimeField(_("starts at"))
    planned_minutes = models.PositiveSmallIntegerField(_("planned length, in minutes"), default=60)
    keep_raw_days = models.PositiveSmallIntegerField(default=30)
    # Counted from its end; 0 keeps recordings until somebody erases them.
    keep_recordings_days = models.PositiveSmallIntegerField(default=0)
    is_rehearsal = models.BooleanField(default=False)
    strictness = models.CharField(
        max_length=6, choices=Strictness.choices, default=Strictness.NORMAL
    )
    needs_two = models.BooleanField(default=False)  # people who approve each question
    # What the public may do and see on phones and walls, live and afterwards.
    takes_votes = models.BooleanField(default=True)
    takes_hearts = models.BooleanField(default=True)
    shows_counts = models.BooleanField(default=True)  # of people, posts, questions, votes, hearts
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    on_air_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_minutes__gte=1, planned_minutes__lte=1440),
                name="session_length_sane",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("created_at")),
                name="session_closed_after_created",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_dark(self) -> bool:
        """Whether its screens are dimmed to night now."""
        if self.room.look == Look.DIMS:
            return self.state == SessionState.ON_AIR
        return self.room.look == Look.NIGHT


class Screen(models.TextChoices):
    """What a link opens; `room.tickets.STREAMS` says by which stream it follows."""

    WALL_QUESTIONS = "wall_questions", _("Questions wall")
    WALL_VIDEOS = "wall_videos", _("Videos wall")
    WALL_HEAT = "wall_heat", _("Heat map")
    PROMPTER = "prompter", _("Prompter")


class Link(models.Model):
    """An address that opens one screen without a password, until it is revoked.

    The secret in the address is derived from `nonce` and the installation's key (room.links), so
    that the page of addresses can show it again while a stolen database does not hold it.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="links")
    screen = models.CharField(max_length=30, choices=Screen.choices)
    nonce = models.CharField(max_length=43, unique=True)
    label = models.CharField(_("label"), max_length=60, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.screen} {self.label}".strip()


class Token(models.Model):
    """A key of the API with a role in a room. Only its hash is kept."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="tokens")
    role = models.CharField(max_length=12, choices=Role.choices)
    label = models.CharField(max_length=60, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label or f"token {self.pk}"

"""What arrived, stored once: channels that are listened to, authors, posts, payloads."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blueroom.room.models import Account, Session


class ChannelState(models.TextChoices):
    """What a channel's listener last said."""

    OFF = "off", _("Off")
    WAITING = "waiting", _("Waiting for its turn")
    CONNECTING = "connecting", _("Connecting")
    LISTENING = "listening", _("Listening")
    RETRYING = "retrying", _("Cut, trying again")
    NEEDS_PERSON = "needs_person", _("Needs somebody")
    ENDED = "ended", _("Has no more to say")


class Channel(models.Model):
    """One network that one session is listened for on, and where its listener stands.

    `leased_until` and `leased_by` say which process listens: one at a time, whoever wrote last.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="channels")
    network = models.SlugField(max_length=40)
    account = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True)
    fields = models.JSONField(default=dict)  # settings that are no secret
    is_enabled = models.BooleanField(default=True)
    cursor = models.CharField(max_length=255, blank=True)
    cursor_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=14, choices=ChannelState.choices, default=ChannelState.WAITING
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    behind_s = models.FloatField(default=0)
    seen = models.BigIntegerField(default=0)
    leased_by = models.CharField(max_length=60, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "network"], name="one_channel_a_network")
        ]

    def __str__(self) -> str:
        return f"{self.network} for {self.session_id}"


class Author(models.Model):
    """Somebody who posted, as their network last described them."""

    network = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=255)
    name = models.CharField(max_length=300, blank=True)
    handle = models.CharField(max_length=300, blank=True)
    followers = models.BigIntegerField(null=True, blank=True)
    place = models.CharField(max_length=300, blank=True)
    described_at = models.DateTimeField(null=True, blank=True)  # when we last asked who they are
    erased_at = models.DateTimeField(null=True, blank=True)  # they objected: no name comes back

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "remote_id"], name="author_once")]

    def __str__(self) -> str:
        return self.name or self.handle or self.remote_id


class Sorting(models.IntegerChoices):
    """What the desk has made of a post."""

    NEW = 0, _("Not looked at")
    MESSAGE = 1, _("Message")
    QUESTION = 2, _("Question")


class Post(models.Model):
    """One post for one session. Stored by `posts.store`, read through the ORM.

    Unique in its session rather than in the house: two rooms that follow one hashtag must not
    take posts from one another. A deletion empties the text and leaves the row as a tombstone,
    also where the deletion came before the post.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="posts", db_index=False)
    network = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=512)
    version = models.CharField(max_length=120, blank=True)
    author = models.ForeignKey(Author, models.PROTECT, related_name="posts")
    text = models.TextField(blank=True)
    alts = models.TextField(blank=True, default="", db_default="")  # of its pictures, a line each
    published_at = models.DateTimeField()
    received_at = models.DateTimeField()
    url = models.CharField(max_length=1000, blank=True)
    in_reply_to = models.CharField(max_length=512, blank=True)
    thread_root = models.CharField(max_length=512, blank=True)
    language = models.CharField(max_length=12, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    is_asked = models.BooleanField(default=False)
    sorting = models.PositiveSmallIntegerField(choices=Sorting.choices, default=Sorting.NEW)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "network", "remote_id"], name="post_once_a_session"
            )
        ]
        indexes = [
            models.Index(fields=["session", "id"], name="posts_in_order"),
            models.Index(
                fields=["session", "id"], condition=Q(sorting=0), name="posts_to_be_sorted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network}:{self.remote_id}"


class Payload(models.Model):
    """A post as its network sent it, kept for the session's number of days and then forgotten."""

    post = models.OneToOneField(Post, models.CASCADE, primary_key=True)
    raw = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)


class LocationSource(models.TextChoices):
    """By what a post is on the map."""

    NONE = "", _("Nothing")
    POINT = "point", _("Its own point")
    STATED = "stated", _("What its author states")
    PERSON = "person", _("Somebody at the desk")


class Location(models.Model):
    """Where a post is on the map, blurred as `places.blur` says. Written by `posts.locations`.

    `level` is point, city, region or country; empty where the post left the map, or where somebody
    took it off. `place` is the code of a place in the gazetteer.
    """

    post = models.OneToOneField(Post, models.CASCADE, primary_key=True)
    session = models.ForeignKey(Session, models.CASCADE, related_name="+", db_index=False)
    revision = models.BigIntegerField()
    source = models.CharField(
        max_length=6, choices=LocationSource.choices, blank=True, default=LocationSource.NONE
    )
    level = models.CharField(max_length=7, blank=True)
    place = models.CharField(max_length=12, blank=True)
    x = models.PositiveIntegerField(null=True)
    y = models.PositiveIntegerField(null=True)
    received_s = models.BigIntegerField()  # when its post came, seconds since 1970

    class Meta:
        indexes = [
            models.Index(fields=["session", "revision"], name="locations_in_order"),
            models.Index(
                fields=["session"], condition=Q(source="person"), name="locations_by_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place or self.level} {self.post_id}"


class PostCount(models.Model):
    """How many posts of a network came for a session in one minute; kept with the posts."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="post_counts")
    network = models.CharField(max_length=40)
    minute = models.DateTimeField()
    posts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "network", "minute"], name="count_once_a_minute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.posts} at {self.minute}"

"""What the crew makes of posts: questions, and every decision about them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blueroom.posts.models import Author, Post
from blueroom.room.models import Account, Person, Room, Session


class QuestionState(models.TextChoices):
    """Where a question stands. The public sees what is approved, to vote on, and the last three."""

    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    HELD = "held", _("Held")
    LATER = "later", _("Later")
    REJECTED = "rejected", _("Rejected")
    LINED_UP = "lined_up", _("In the running order")
    ON_AIR = "on_air", _("On air")
    ANSWERED = "answered", _("Answered")
    MERGED = "merged", _("In a group")


class Question(models.Model):
    """A post that asks something of the guest, and what became of it.

    `revision` grows by one with every decision; a decision made on an older one is refused.
    `position` orders the running order and is null outside it.

    Questions that ask the same are a group: one of them is its head, and the others, `MERGED`,
    point to it. The head alone is listed; its `askers` and `networks` are those of the whole group.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="questions")
    post = models.OneToOneField(Post, models.CASCADE, related_name="question")
    state = models.CharField(
        max_length=10, choices=QuestionState.choices, default=QuestionState.WAITING
    )
    revision = models.PositiveIntegerField(default=1)
    text = models.TextField()
    # What is shown in the place of `text`: another's words of its group, or words edited for air.
    wording = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="worded_heads"
    )
    air_text = models.TextField(blank=True, default="", db_default="")
    # What is shown, as somebody of the crew said it in another language; gone when that changes.
    translation = models.TextField(blank=True, default="", db_default="")
    translation_language = models.CharField(max_length=12, blank=True, default="", db_default="")
    key = models.CharField(max_length=16, blank=True, default="", db_default="")  # see rules.key_of
    reasons = models.JSONField(null=True, blank=True)  # why to hold it, see rules.Reason
    is_sensitive = models.BooleanField(default=False, db_default=False)
    head = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="members")
    networks = models.JSONField(null=True, blank=True)  # of its group; null where it is alone
    # The head that this one may belong to, as a machine thinks, and how sure it is, 0 to 1.
    proposal = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="proposed"
    )
    proposal_score = models.FloatField(null=True, blank=True)
    # More came at once than could be compared: it is a line until a worker has.
    to_compare = models.BooleanField(default=False, db_default=False)
    # Where two people have to approve: who did first.
    first_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="approved_first"
    )
    first_by_name = models.CharField(max_length=160, blank=True, default="", db_default="")
    notes = models.PositiveIntegerField(default=0, db_default=0)
    language = models.CharField(max_length=12, blank=True)
    askers = models.PositiveIntegerField(default=1)
    votes = models.PositiveIntegerField(default=0)  # as weighed, by the room that takes them
    votes_given = models.PositiveIntegerField(default=0, db_default=0)  # as they were given
    position = models.PositiveIntegerField(null=True, blank=True)
    published_at = models.DateTimeField()
    on_air_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_text = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    last_verb = models.CharField(max_length=12, blank=True)
    last_by = models.CharField(max_length=160, blank=True)
    changed_at = models.DateTimeField()
    # Where the reply stands, written by the room that sends it.
    reply_state = models.CharField(max_length=10, blank=True)
    reply_url = models.CharField(max_length=1000, blank=True)
    reply_code = models.CharField(max_length=60, blank=True)
    reply_message = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(state="on_air"), name="one_question_on_air"
            ),
            models.CheckConstraint(
                condition=Q(state="lined_up", position__isnull=False)
                | (~Q(state="lined_up") & Q(position__isnull=True)),
                name="position_in_the_running_order_only",
            ),
            models.CheckConstraint(
                condition=Q(head__isnull=True) | Q(state="merged"), name="only_merged_have_a_head"
            ),
        ]
        indexes = [
            # Counting by state reads this alone, a hundred thousand questions in some milliseconds.
            models.Index(
                fields=["session", "state", "id"],
                condition=Q(withdrawn_at=None),
                name="questions_by_state",
            ),
            models.Index(fields=["session", "key"], condition=~Q(key=""), name="questions_by_key"),
            models.Index(
                fields=["session", "id"],
                condition=Q(to_compare=True),
                name="questions_to_compare",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def worded_by(self) -> Question:
        """The question whose words are shown, and whose author is named beside them."""
        return self.wording or self

    @property
    def shown_text(self) -> str:
        """The words as the public sees them: those edited for air, where there are any."""
        return self.air_text or self.worded_by.text


class Decision(models.Model):
    """Who did what to a question, and when. Rows are added and never changed (see migration)."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=12)
    from_state = models.CharField(max_length=10, choices=QuestionState.choices)
    to_state = models.CharField(max_length=10, choices=QuestionState.choices)
    revision = models.PositiveIntegerField()  # the one that this decision made
    position = models.PositiveIntegerField(null=True)  # where it stood before, for undo
    before = models.JSONField(null=True, blank=True)  # what else it changed, for undo
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)  # as they were called then; tokens have only this
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["question", "revision"], name="one_decision_a_revision")
        ]


class Note(models.Model):
    """What somebody of the crew wrote beside a question, for the crew alone."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="written_notes")
    text = models.CharField(max_length=1000)
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class Ban(models.Model):
    """An author whose posts are held in a room's sessions, until somebody lifts the ban."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="bans")
    author = models.ForeignKey(Author, models.CASCADE, related_name="bans")
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["room", "author"], name="one_ban_a_room")]


class SendState(models.TextChoices):
    """How far on its way out; `sending` with a lease that ran out is tried again, same key."""

    DUE = "due", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Published")
    FAILED = "failed", _("Needs somebody")
    TAKEN_BACK = "taken_back", _("Taken back")


class Outgoing(models.Model):
    """Words that go out under somebody's post, published once: a reply, or what an author is asked.

    `key` is chosen before the first try and used in all of them, so that no retry publishes twice.
    `memory` is the connector's, from try to try.
    """

    question: Question  # each kind has one
    account = models.ForeignKey(Account, models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=SendState.choices, default=SendState.DUE)
    key = models.CharField(max_length=13, unique=True)
    text = models.TextField()
    memory = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField()  # last time that somebody wanted it to go out
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=512, blank=True)
    remote_version = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=400, blank=True)

    class Meta:
        abstract = True


class Clarification(Outgoing):
    """What the crew asked a question's author: published once under their post, or shown to them on
    the phone page. The room that sends it writes it.
    """

    question = models.OneToOneField(Question, models.CASCADE, related_name="clarification")

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="clarifications_due")]


class SavedFilter(models.Model):
    """What a list is narrowed down to, by name: a person's own, or for all desks of the room."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="saved_filters")
    person = models.ForeignKey(Person, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=40)
    asked = models.JSONField()  # see filters_api.Asked; what is left out is not asked for
    is_shared = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "person", "name"], name="one_filter_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Somebody who has a session's desk open, and the question under their eyes."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, models.CASCADE, related_name="presences")
    question_id = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="once_at_a_desk")]


class WordIndex(models.Model):
    """How far a session's posts are in the index of words; see `search`."""

    session = models.OneToOneField(Session, models.CASCADE, related_name="word_index")
    up_to = models.BigIntegerField(default=0)  # the id of a post

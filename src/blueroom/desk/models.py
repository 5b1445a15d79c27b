"""What the crew makes of posts: questions, and every decision about them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blueroom.posts.models import Post
from blueroom.room.models import Person, Session


class QuestionState(models.TextChoices):
    """Where a question stands; only the last three are ever shown to the public."""

    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    HELD = "held", _("Held")
    LATER = "later", _("Later")
    REJECTED = "rejected", _("Rejected")
    LINED_UP = "lined_up", _("In the running order")
    ON_AIR = "on_air", _("On air")
    ANSWERED = "answered", _("Answered")


class Question(models.Model):
    """A post that asks something of the guest, and what became of it.

    `revision` grows by one with every decision; a decision made on an older one is refused.
    `position` orders the running order and is null outside it.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="questions")
    post = models.OneToOneField(Post, models.CASCADE, related_name="question")
    state = models.CharField(
        max_length=10, choices=QuestionState.choices, default=QuestionState.WAITING
    )
    revision = models.PositiveIntegerField(default=1)
    text = models.TextField()
    language = models.CharField(max_length=12, blank=True)
    askers = models.PositiveIntegerField(default=1)
    votes = models.PositiveIntegerField(default=0)
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
        ]
        indexes = [
            # Counting by state reads this alone, a hundred thousand questions in some milliseconds.
            models.Index(
                fields=["session", "state", "id"],
                condition=Q(withdrawn_at=None),
                name="questions_by_state",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Decision(models.Model):
    """Who did what to a question, and when. Rows are added and never changed (see migration)."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=12)
    from_state = models.CharField(max_length=10, choices=QuestionState.choices)
    to_state = models.CharField(max_length=10, choices=QuestionState.choices)
    revision = models.PositiveIntegerField()  # the one that this decision made
    position = models.PositiveIntegerField(null=True)  # where it stood before, for undo
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)  # as they were called then; tokens have only this
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["question", "revision"], name="one_decision_a_revision")
        ]

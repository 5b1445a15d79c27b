"""What the studio refuses, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable, TryLater


class FeedRefused(NotAcceptable):
    """The feed is in a state in which this cannot be done with it."""

    code: ClassVar[str] = "feed_not_ready"
    sentence = _("This feed was not admitted. Test it with its person first.")  # type: ignore[assignment]


class FeedElsewhere(NotAcceptable):
    code: ClassVar[str] = "feed_elsewhere"
    sentence = _("This feed belongs to another session.")  # type: ignore[assignment]


class NoFeed(NotAcceptable):
    code: ClassVar[str] = "no_feed"
    sentence = _("No feed is connected: there is nothing to show yet.")  # type: ignore[assignment]


class TooManyFeeds(NotAcceptable):
    code: ClassVar[str] = "too_many_feeds"
    sentence = _("There are too many feeds in this session. End one first.")  # type: ignore[assignment]


class DelayTooShort(NotAcceptable):
    code: ClassVar[str] = "delay_too_short"
    sentence = _("This session asks for a longer delay. Its producer sets the least one.")  # type: ignore[assignment]


class NothingHeld(NotAcceptable):
    """Without a programme delay everything is out already."""

    code: ClassVar[str] = "nothing_held"
    sentence = _("There is nothing to dump: without a delay it is out already. Use the slate.")  # type: ignore[assignment]


class StudioAway(TryLater):
    """The process that receives the feeds does not answer."""

    code: ClassVar[str] = "studio_away"
    sentence = _("The studio does not answer. It is started again by itself; try in a moment.")  # type: ignore[assignment]


class SessionNotOpen(NotAcceptable):
    code: ClassVar[str] = "session_not_open"
    sentence = _("This session is not open. Open it, or put it on air, first.")  # type: ignore[assignment]


class QuestionElsewhere(NotAcceptable):
    """The question is another session's, or its asker took it away."""

    code: ClassVar[str] = "question_elsewhere"
    sentence = _("That question is not one of this session.")  # type: ignore[assignment]


class NotApprovedForAir(NotAcceptable):
    """Only what was approved can be answered in public."""

    code: ClassVar[str] = "not_approved"
    sentence = _("Approve the question first.")  # type: ignore[assignment]


class NoAnswerOpen(NotAcceptable):
    code: ClassVar[str] = "no_answer_open"
    sentence = _("Mark where the answer begins first.")  # type: ignore[assignment]


class NothingRecorded(NotAcceptable):
    code: ClassVar[str] = "nothing_recorded"
    sentence = _("Nothing was recorded in that stretch.")  # type: ignore[assignment]


class MarksWrong(NotAcceptable):
    code: ClassVar[str] = "marks_wrong"
    sentence = _("An answer ends after it begins, and lasts an hour at most.")  # type: ignore[assignment]


class AnswerChanged(NotAcceptable):
    """Somebody moved the marks in the meantime; `details["revision"]` is the present one."""

    code: ClassVar[str] = "answer_changed"
    sentence = _("Somebody else moved the marks of this answer in the meantime.")  # type: ignore[assignment]


class AlreadyAskedByVideo(NotAcceptable):
    code: ClassVar[str] = "already_asked_by_video"
    sentence = _("You are in the queue already.")  # type: ignore[assignment]


class ConsentMissing(NotAcceptable):
    code: ClassVar[str] = "consent_missing"
    sentence = _("Please agree to be seen and recorded; without it we cannot show you.")  # type: ignore[assignment]

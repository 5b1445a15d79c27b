"""What the phone page refuses, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable, TryLater


class NotTakingQuestions(NotAcceptable):
    """The session is planned or closed; `details["state"]` says which."""

    code: ClassVar[str] = "not_taking_questions"
    sentence = _("Questions are not taken at the moment.")  # type: ignore[assignment]


class QuestionEmpty(NotAcceptable):
    code: ClassVar[str] = "question_empty"
    sentence = _("Write your question first.")  # type: ignore[assignment]


class QuestionTooLong(NotAcceptable):
    code: ClassVar[str] = "question_too_long"
    sentence = _("That is too long. Keep it under 500 characters.")  # type: ignore[assignment]


class AskedTooOften(TryLater):
    """This phone, or this address, asked as often as it may for now."""

    code: ClassVar[str] = "asked_too_often"
    sentence = _("You have asked several questions just now. Wait a moment, then send this one.")  # type: ignore[assignment]


class VoteUnclear(NotAcceptable):
    """What came is not `{"question": id, "vote": true or false}`."""

    code: ClassVar[str] = "vote_unclear"
    sentence = _("Say which question the vote is for.")  # type: ignore[assignment]


class NotUpForVote(NotAcceptable):
    """The question is not among those that the public votes on, or the session is over."""

    code: ClassVar[str] = "not_up_for_vote"
    sentence = _("This question is not up for votes any more.")  # type: ignore[assignment]


class VotesOff(NotAcceptable):
    """The producer turned votes off in this session."""

    code: ClassVar[str] = "votes_off"
    sentence = _("There is no vote in this session.")  # type: ignore[assignment]


class VotedTooSoon(TryLater):
    """The page was opened a moment ago, or not at all."""

    code: ClassVar[str] = "voted_too_soon"
    sentence = _("Open the page first, then vote a few seconds later.")  # type: ignore[assignment]


class VotedTooOften(TryLater):
    """This phone, or this address, voted as often as it may for now."""

    code: ClassVar[str] = "voted_too_often"
    sentence = _("That is too many votes at once. Wait a moment.")  # type: ignore[assignment]


class HeartsUnclear(NotAcceptable):
    """What came is not `{"hearts": n}` with a number from 1 on."""

    code: ClassVar[str] = "hearts_unclear"
    sentence = _("Say how many hearts, as a whole number.")  # type: ignore[assignment]


class NoLivePicture(NotAcceptable):
    code: ClassVar[str] = "no_live_picture"
    sentence = _("There is no live picture at the moment.")  # type: ignore[assignment]


class HeartsOff(NotAcceptable):
    """The producer turned hearts off in this session."""

    code: ClassVar[str] = "hearts_off"
    sentence = _("Hearts are off in this session.")  # type: ignore[assignment]


class HeartsTooFast(TryLater):
    """As many hearts came from this address in this second as are counted."""

    code: ClassVar[str] = "hearts_too_fast"
    sentence = _("That is more hearts than can be counted. Wait a second.")  # type: ignore[assignment]

"""Why a reply cannot go out."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson, NotAcceptable, TryLater


class NotAnswered(NotAcceptable):
    code: ClassVar[str] = "not_answered"
    sentence = _("Write the answer first; then there is something to reply.")  # type: ignore[assignment]


class NoAccount(NeedsPerson):
    """The room has no account on the asker's network."""

    code: ClassVar[str] = "no_account"
    sentence = _(  # type: ignore[assignment]
        "The room has no account on this network. A producer adds one on the page Networks."
    )


class CannotReply(NeedsPerson):
    """The network takes no replies from us, or is not installed any more."""

    code: ClassVar[str] = "cannot_reply"
    sentence = _("We cannot publish on this network. Reply by hand.")  # type: ignore[assignment]


class ReplyRefused(NotAcceptable):
    """The text breaks a rule of the network; `details["problems"]` says which."""

    code: ClassVar[str] = "reply_refused"
    sentence = _("The network would not take this text.")  # type: ignore[assignment]


class ReplyOnItsWay(NotAcceptable):
    """An earlier try may have arrived: its words cannot be changed any more."""

    code: ClassVar[str] = "reply_on_its_way"
    sentence = _("A reply with other words is already on its way.")  # type: ignore[assignment]


class WordsNeeded(NotAcceptable):
    code: ClassVar[str] = "words_needed"
    sentence = _("Write what you want to ask.")  # type: ignore[assignment]


class NotToClarify(NotAcceptable):
    """It is answered, rejected, in a group or taken away."""

    code: ClassVar[str] = "not_to_clarify"
    sentence = _("Nothing is left to ask about this question.")  # type: ignore[assignment]


class NotAsked(NotAcceptable):
    code: ClassVar[str] = "not_asked"
    sentence = _("There is nothing to take back: its author was not asked by us.")  # type: ignore[assignment]


class ClarificationOnItsWay(NotAcceptable):
    """It is being sent at this moment, or waits with other words."""

    code: ClassVar[str] = "clarification_on_its_way"
    sentence = _("Its author is being asked at this moment.")  # type: ignore[assignment]


class NetworkSilent(NeedsPerson):
    """It did not answer for as long as it was asked."""

    code: ClassVar[str] = "network_silent"
    sentence = _("The network did not answer for too long. Send it again when it does.")  # type: ignore[assignment]


class NotPublished(NotAcceptable):
    code: ClassVar[str] = "not_published"
    sentence = _("There is no published reply to take back.")  # type: ignore[assignment]


class ClipBeingMade(TryLater):
    """The video that the reply waits for is not ready; `details["progress"]` from 0 to 1."""

    code: ClassVar[str] = "clip_being_made"
    sentence = _("The video is still being made. The reply goes out by itself when it is ready.")  # type: ignore[assignment]


class ClipFailed(NeedsPerson):
    code: ClassVar[str] = "clip_failed"
    sentence = _("The video could not be made. Send the reply with a link instead.")  # type: ignore[assignment]


class ClipNotPublic(NeedsPerson):
    """The clip was taken away, or is not for the public any more."""

    code: ClassVar[str] = "clip_not_public"
    sentence = _("The clip is not public. Publish it first, or send the words only.")  # type: ignore[assignment]


class PhotoGone(NeedsPerson):
    """The picture was taken away, or another one took its place."""

    code: ClassVar[str] = "photo_gone"
    sentence = _("The picture was taken away. Choose again how the reply goes out.")  # type: ignore[assignment]


class QuestionTakenBack(NeedsPerson):
    """The question is not an answered one any more, or its author took the post away."""

    code: ClassVar[str] = "question_taken_back"
    sentence = _("The question was taken back before the reply went out. Nothing was published.")  # type: ignore[assignment]

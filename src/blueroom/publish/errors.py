"""Why a reply cannot go out."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson, NotAcceptable


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


class NotPublished(NotAcceptable):
    code: ClassVar[str] = "not_published"
    sentence = _("There is no published reply to take back.")  # type: ignore[assignment]

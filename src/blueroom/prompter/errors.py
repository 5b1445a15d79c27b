"""What the prompter refuses, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable


class NotForGuest(NotAcceptable):
    """The question is not one that the guest has before them."""

    code: ClassVar[str] = "not_for_guest"
    sentence = _("This question is not lined up any more.")  # type: ignore[assignment]


class TooLateToUndo(NotAcceptable):
    """Too long ago, or somebody decided on it since."""

    code: ClassVar[str] = "too_late_to_undo"
    sentence = _("That can be undone at the desk only by now.")  # type: ignore[assignment]


class ActUnclear(NotAcceptable):
    code: ClassVar[str] = "act_unclear"
    sentence = _("What the prompter sent could not be read. Load the page again.")  # type: ignore[assignment]

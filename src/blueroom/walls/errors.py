"""Why something cannot be done with walls."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable, TryLater


class NoSuchWall(NotAcceptable):
    code: ClassVar[str] = "no_such_wall"
    sentence = _("This session has no such questions wall. Make its address first.")  # type: ignore[assignment]


class NothingToFocus(NotAcceptable):
    code: ClassVar[str] = "nothing_to_focus"
    sentence = _("This wall shows no list of questions now. Choose three, or many voices.")  # type: ignore[assignment]


class LettersUnknown(NotAcceptable):
    code: ClassVar[str] = "letters_unknown"
    sentence = _("No screen shows these letters, or no longer. Read them once more.")  # type: ignore[assignment]


class ReportUnclear(NotAcceptable):
    code: ClassVar[str] = "report_unclear"
    sentence = _("This is no report of a screen.")  # type: ignore[assignment]


class PairingFull(TryLater):
    code: ClassVar[str] = "pairing_full"
    sentence = _("Too many screens wait to be paired. Try again in a few minutes.")  # type: ignore[assignment]

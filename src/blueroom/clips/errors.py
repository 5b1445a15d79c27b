"""What cannot be done with a clip, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson, NotAcceptable, TryLater
from blueroom.room.rules import FieldRefused


class ClipNotReady(NotAcceptable):
    """There is no file yet, or none any more."""

    code: ClassVar[str] = "clip_not_ready"
    sentence = _("This clip is not ready yet.")  # type: ignore[assignment]


class NothingToCut(NotAcceptable):
    """No recording holds the answer: it was erased, or never written."""

    code: ClassVar[str] = "nothing_to_cut"
    sentence = _("No recording holds this answer any more.")  # type: ignore[assignment]


class DiskFull(TryLater):
    """Less is free than a clip needs; running recordings have what is left."""

    code: ClassVar[str] = "disk_full"
    sentence = _("The disk is full. Free some space: the work goes on by itself.")  # type: ignore[assignment]


class Busy(TryLater):
    """Others are having a stretch made to look at."""

    code: ClassVar[str] = "clips_busy"
    sentence = _("Several answers are being opened at once. Try again in a moment.")  # type: ignore[assignment]


class CaptionsChanged(NotAcceptable):
    """Somebody saved these captions in the meantime; `details` holds their present revision."""

    code: ClassVar[str] = "captions_changed"
    sentence = _("Somebody else saved these captions in the meantime.")  # type: ignore[assignment]


class CuesWrong(NotAcceptable):
    """A line of captions cannot be taken; `details["line"]` counts it from 1."""

    code: ClassVar[str] = "cues_wrong"


class CaptionsKept(NotAcceptable):
    """Machine's words never replace those that a person wrote or read."""

    code: ClassVar[str] = "captions_kept"
    sentence = _("There are captions in this language already. Remove them first.")  # type: ignore[assignment]


class CaptionsUnchecked(FieldRefused):
    """Only what a person read goes into a picture."""

    code: ClassVar[str] = "captions_unchecked"
    sentence = _("There are no checked captions in this language.")  # type: ignore[assignment]


class NoSpeechModel(NeedsPerson):
    """Speech recognition is an extra, and its model a file that the operator brings."""

    code: ClassVar[str] = "no_speech_model"
    sentence = _(  # type: ignore[assignment]
        "Speech recognition is not set up. An operator installs the extra captions and sets "
        "BLUEROOM_SPEECH_MODEL."
    )

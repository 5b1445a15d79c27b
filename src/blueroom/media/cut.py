"""Cuts a stretch out of recordings, exact to the frame, as an MP4 that every browser plays.

Where the stretch begins on a key frame all is copied. Elsewhere the pictures up to the next key
frame are encoded anew and the rest is copied (`splice`, `smart`): a minute out of an hour takes
less than a second. A stretch over several recordings whose settings differ is encoded anew as a
whole (`reencode`), at the size of the first.

This module is what callers import: it loads no FFmpeg before something is cut.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from blueroom.base.errors import NotAcceptable, TryLater
from blueroom.media.recording import open_recording

_LOOK_EVERY_S = 0.02  # whether a recording has grown


class Piece(msgspec.Struct, frozen=True):
    """A stretch of one recording, in seconds from its beginning; `out_s` is no part of it."""

    path: Path
    in_s: float
    out_s: float


class CutArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What the job "cut" is told, see `cut_exact`."""

    pieces: list[Piece]
    out: Path
    may_be_short: bool = False
    waits_s: float = 0.0


class CutFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was cut. Sizes are 0 without pictures. `first_is_copied`: it begins on a key frame."""

    duration_s: float
    frames: int
    width_px: int
    height_px: int
    size_bytes: int
    first_is_copied: bool


class CutShort(TryLater):
    """The recording does not reach to the out point. It may still grow."""

    code = "cut_short"
    sentence = "The recording does not reach the out point yet. The clip is cut as soon as it does."


class NothingToCut(NotAcceptable):
    """No picture and no sound lies between the points."""

    code = "cut_empty"
    sentence = "Nothing was recorded between these two points. Move the in or the out point."


def cut_job(arguments: CutArguments, on_progress: Callable[[float], None]) -> CutFile:
    """The job "cut"."""
    return cut_exact(
        arguments.pieces,
        arguments.out,
        may_be_short=arguments.may_be_short,
        waits_s=arguments.waits_s,
        on_progress=on_progress,
    )


def cut_exact(
    pieces: list[Piece],
    out: Path,
    *,
    may_be_short: bool = False,
    waits_s: float = 0.0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> CutFile:
    """Writes the pieces, one after the other, as the file `out`; it is there only when complete.

    Has the pictures that begin in [in_s, out_s). The last recording may still be growing: where it
    does not reach its out point it is given `waits_s`, and then `may_be_short` cuts what is there.
    Progress, 0 to 1, is told where
    all is encoded anew.

    Raises:
        CutShort: it does not reach the out point, and was not to be short.
        NothingToCut: nothing lies between the points.
        recording.RecordingUnreadable: a recording is gone, or is none.
        opening.FileUnreadable: a recording is damaged.
    """
    from blueroom.media.smart import CannotCopy
    from blueroom.media.splice import splice

    if not pieces or any(piece.out_s <= piece.in_s for piece in pieces):
        raise NothingToCut
    unfinished = out.with_name(f".{out.name}.part")
    until_s = time.monotonic() + waits_s
    try:
        try:
            _wait_for(pieces[-1], until_s)
            cut = splice(pieces, unfinished, may_be_short=may_be_short)
        except CannotCopy:
            from blueroom.media.reencode import reencode

            cut = reencode(pieces, unfinished, may_be_short=may_be_short, on_progress=on_progress)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return msgspec.structs.replace(cut, size_bytes=out.stat().st_size)


def _wait_for(piece: Piece, until_s: float) -> None:
    """Return when the recording holds all of the piece, or at that time."""
    if time.monotonic() >= until_s:
        return
    recording = open_recording(piece.path)
    while recording.duration_s < piece.out_s and time.monotonic() < until_s:
        time.sleep(_LOOK_EVERY_S)
        recording.refresh()

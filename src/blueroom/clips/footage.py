"""An answer with what came before and after it: what the crew looks at while it is adjusted.

Made where somebody asks for it and kept for a day, in the clip's folder. Its film begins on the
first picture of a part of the recording, so that a second of it is a known moment to the picture.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from blueroom.clips import files, making, rules
from blueroom.clips.errors import Busy, NothingToCut
from blueroom.clips.frames import frame_times
from blueroom.clips.models import Clip
from blueroom.clips.queries import answer_of, pieces_around
from blueroom.media.cut import CutFile, Piece
from blueroom.media.recording import Recording as RecordingFile
from blueroom.media.recording import open_recording
from blueroom.room.access import NotFound
from blueroom.studio.models import Answer, Recording
from blueroom.studio.queries import recordings_folder

if TYPE_CHECKING:
    from blueroom.media.pictures import Strip

AROUND_S = 20
ROUNDED_S = 10  # the same film serves while the marks move by less
# A stretch takes a second or two of a core; whoever waits holds a thread that answers pages.
AT_ONCE = 2
PATIENCE_S = 20
_turns = threading.BoundedSemaphore(AT_ONCE)
PEAKS_PER_S = 50
PICTURES = 60  # in the strip
EVERY_AT_LEAST_S = 0.25
TICKS_PER_S = 50
PICTURE_HEIGHT_PX = 72


class FootagePiece(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stretch of a recording lies in the film: its second there, and when it was taken."""

    start_s: float
    at: datetime


class Footage(msgspec.Struct, frozen=True, kw_only=True):
    """The film and what is drawn of it. `frames_s`: where each picture begins. `peaks`: how loud,
    0 to 255, `peaks_per_s` times a second. The strip is small pictures, in rows of so many columns.
    """

    key: str
    duration_s: float
    width_px: int
    height_px: int
    pieces: list[FootagePiece]
    frames_s: list[float]
    peaks_per_s: int
    peaks: list[int]
    strip_times_s: list[float]
    strip_columns: int
    strip_width_px: int  # of one small picture
    strip_height_px: int


def footage_of(clip: Clip, *, now: datetime) -> Footage:
    """The footage around a clip's answer; made where it is not there yet. Takes its time then.

    Raises:
        NothingToCut: no recording holds the answer any more.
        Busy: others are having theirs made.
    """
    answer = answer_of(clip)
    pieces = [_from_a_key_frame(piece) for piece in _pieces(answer, now)]
    if not pieces:
        raise NothingToCut
    key = rules.fingerprint(pieces=[[str(p.path), p.in_s, p.out_s] for p in pieces])[:16]
    kept = path_of(clip, key, ".json")
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Footage)
    if not _turns.acquire(timeout=PATIENCE_S):
        raise Busy(retry_after_s=5)
    try:
        return _make(clip, answer, key, pieces)
    finally:
        _turns.release()


def path_of(clip: Clip, key: str, suffix: str) -> Path:
    """Where a file of the footage lies, if it is there. Raises NotFound for what is no key."""
    if not re.fullmatch(r"[0-9a-f]{16}", key):
        raise NotFound
    return files.path_of(clip.slug, f"{files.FOOTAGE}{key}{suffix}")


def _pieces(answer: Answer, now: datetime) -> list[Piece]:
    """From a round moment before the answer to one after it, or to now."""
    assert answer.out_at is not None
    around = timedelta(seconds=AROUND_S)
    in_at = _rounded(answer.in_at - around, math.floor)
    out_at = min(_rounded(answer.out_at + around, math.ceil), _rounded(now, math.floor))
    return pieces_around(answer, in_at=in_at, out_at=max(out_at, answer.out_at))


def _rounded(moment: datetime, how: Callable[[float], int]) -> datetime:
    return datetime.fromtimestamp(how(moment.timestamp() / ROUNDED_S) * ROUNDED_S, UTC)


def _from_a_key_frame(piece: Piece) -> Piece:
    """The same, from the beginning of the part that has the key frame before it."""
    recording = open_recording(piece.path)
    start_s = _key_frame_before(recording, piece.in_s)
    return Piece(path=piece.path, in_s=start_s, out_s=min(piece.out_s, recording.duration_s))


def _key_frame_before(recording: RecordingFile, at_s: float) -> float:
    starts = [row.start_s for row in recording.parts if row.is_independent]
    before = [start_s for start_s in starts if start_s <= at_s]
    return before[-1] if before else (starts[0] if starts else at_s)


def _make(clip: Clip, answer: Answer, key: str, pieces: list[Piece]) -> Footage:
    files.check_room()
    length_s = sum(piece.out_s - piece.in_s for piece in pieces)
    with files.new_file(clip.slug, "film", ".mp4") as film:
        made = making.cut(pieces, film, length_s=length_s, may_be_short=True)
        peaks = making.peaks(film, per_s=PEAKS_PER_S)
        strip = _strip(film, made) if made.width_px else None
        footage = Footage(
            key=key,
            duration_s=made.duration_s,
            width_px=made.width_px,
            height_px=made.height_px,
            pieces=_moments(answer, pieces),
            frames_s=frame_times(film) or _ticks(made.duration_s),
            peaks_per_s=PEAKS_PER_S,
            peaks=peaks,
            strip_times_s=strip.times_s if strip else [],
            strip_columns=strip.columns if strip else 0,
            strip_width_px=strip.width_px if strip else 0,
            strip_height_px=strip.height_px if strip else 0,
        )
        film.replace(path_of(clip, key, ".mp4"))
    if strip:
        _write(clip, key, ".jpg", strip.jpeg)
    _write(clip, key, ".json", msgspec.json.encode(footage))  # last: it says that all is there
    return footage


def _strip(film: Path, made: CutFile) -> Strip:
    every_s = max(EVERY_AT_LEAST_S, made.duration_s / PICTURES)
    return making.strip(film, every_s=every_s, height_px=PICTURE_HEIGHT_PX)


def _ticks(duration_s: float) -> list[float]:
    """What stands in for pictures where there is sound alone: moments to put a mark on."""
    return [round(number / TICKS_PER_S, 6) for number in range(int(duration_s * TICKS_PER_S))]


def _write(clip: Clip, key: str, suffix: str, content: bytes) -> None:
    with files.new_file(clip.slug, "footage", suffix) as path:
        path.write_bytes(content)
        path.replace(path_of(clip, key, suffix))


def _moments(answer: Answer, pieces: Iterable[Piece]) -> list[FootagePiece]:
    began_at = {
        recordings_folder() / file: began_at
        for file, began_at in Recording.objects.filter(feed_id=answer.feed_id).values_list(
            "file", "began_at"
        )
    }
    found, at_s = [], 0.0
    for piece in pieces:
        at = began_at[piece.path] + timedelta(seconds=piece.in_s)
        found.append(FootagePiece(start_s=at_s, at=at))
        at_s += piece.out_s - piece.in_s
    return found

"""Packs a feed in this process, and keeps all that is said and written."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from blueroom.media.intake import take_container, take_frames
from blueroom.media.packager import Packager
from blueroom.media.packing_line import Frame, FromPacker, Way
from blueroom.media.parts import Epoch, Part
from tests.camera import Seen, read_back

BEGAN_AT = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)

Message = TypeVar("Message")


class Packing:
    """A packager whose clock is told, and what came of it. `do_at` maps a time of the feed to what
    is then done to the packager."""

    def __init__(self, folder: Path, *, first_epoch: int = 0, first_part: int = 0) -> None:
        self.folder = folder
        self.now_s = 100.0
        self.said: list[FromPacker] = []
        self.packager = Packager(
            folder=folder,
            name="guest",
            first_epoch=first_epoch,
            first_part=first_part,
            now=lambda: BEGAN_AT,
            say=self.said.append,
            clock=lambda: self.now_s,
        )

    def take(
        self,
        way: Way,
        slices: Iterable[bytes],
        *,
        do_at: dict[int, Callable[[Packager], None]] | None = None,
        ends: bool = True,
    ) -> Packing:
        """A container in slices of a tenth of a second; `do_at` counts slices."""
        waiting = enumerate(slices)

        def read() -> bytes:
            number, chunk = next(waiting, (-1, b""))
            self.packager.release()
            self.packager.tick()
            if do_at and number in do_at:
                do_at[number](self.packager)
            self.now_s += 0.1 if chunk else 0.0
            return chunk

        take_container(way, read, self.packager, lambda: self.now_s)
        if ends:
            self.packager.end()
        return self

    def take_frames(
        self,
        frames: Iterable[tuple[str, bytes, float]],
        *,
        do_at: dict[float, Callable[[Packager], None]] | None = None,
        arrives_s: Callable[[float], float] = lambda at_s: at_s,
        ends: bool = True,
    ) -> Packing:
        """Frames, each at its time, or when `arrives_s` says."""
        first_s = self.now_s
        due = sorted((do_at or {}).items())

        def arriving() -> Iterator[Frame]:
            for kind, data, at_s in frames:
                while due and at_s >= due[0][0]:
                    due.pop(0)[1](self.packager)
                self.now_s = first_s + arrives_s(at_s)
                self.packager.tick()
                yield Frame(kind=kind, data=data, at_s=at_s)  # type: ignore[arg-type]
                self.packager.release()

        take_frames(arriving(), self.packager)
        if ends:
            self.packager.end()
        return self

    def of(self, kind: type[Message]) -> list[Message]:
        """What was said of this kind."""
        return [message for message in self.said if isinstance(message, kind)]

    @property
    def files(self) -> list[str]:
        """The recordings' names, by epoch."""
        return sorted(path.name for path in self.folder.glob("*.mp4"))

    def seen(self, epoch: int = 0) -> Seen:
        """What is in the recording of an epoch."""
        return read_back(str(self.folder / f"guest-{epoch}.mp4"))

    def live(self, epoch: int = 0) -> bytes:
        """What a viewer of an epoch gets: its init segment and its parts."""
        init = next(e.init for e in self.of(Epoch) if e.number == epoch)
        return init + b"".join(part.data for part in self.of(Part) if part.epoch == epoch)


def sent(slices: list[bytes]) -> Seen:
    """What is in a container as it was sent."""
    return read_back(io.BytesIO(b"".join(slices)))


def assert_as_sent(got: Seen, sent: Seen) -> None:
    """Every picture is there, at its time, and the sound with it."""
    assert got.numbers == sent.numbers
    first_s = sent.shots[0].at_s - got.shots[0].at_s
    times_s = [shot.at_s - first_s for shot in sent.shots]
    assert [shot.at_s for shot in got.shots] == pytest.approx(times_s, abs=0.0011)
    beeps_s = [beep - first_s for beep in sent.beeps_s if beep - first_s > 0.5]
    assert [beep for beep in got.beeps_s if beep > 0.5] == pytest.approx(beeps_s, abs=0.015)

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from blueroom.media.hls import Shelf
from blueroom.media.parts import Epoch, Part
from blueroom.media.programme import Programme, Shown, Stopping, UnknownEpoch
from blueroom.media.slate import PART_S as SLATE_PART_S
from blueroom.media.slate import PARTS as SLATE_PARTS
from blueroom.media.slate import Slate

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STEP_S = 0.05
PART_S = 1 / 3
KEY_EVERY = 6  # parts: 2 s


class Sent(NamedTuple):
    """A part on the shelf: when it became public, of which epoch there, and what is in it."""

    at_s: float
    epoch_id: int
    label: str
    duration_s: float
    is_independent: bool
    taken_at: datetime

    @property
    def who(self) -> str:
        return self.label.split(" ")[0]


class WatchedShelf(Shelf):
    """A shelf that remembers all that was put on it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self.inits: dict[int, bytes] = {}
        self.now = 0.0

    def add_init(self, init: bytes) -> int:
        epoch_id = super().add_init(init)
        self.inits[epoch_id] = init
        return epoch_id

    def add_part(
        self,
        data: bytes,
        *,
        duration_s: float,
        is_independent: bool,
        epoch_id: int,
        taken_at: datetime,
    ) -> None:
        label = data.decode() if data[:1].islower() else "slate"
        sent = Sent(self.now, epoch_id, label, duration_s, is_independent, taken_at)
        self.sent.append(sent)
        super().add_part(
            data,
            duration_s=duration_s,
            is_independent=is_independent,
            epoch_id=epoch_id,
            taken_at=taken_at,
        )


class Camera:
    """Sends a part each third of a second; its lateness, its bursts and its gaps can be set."""

    def __init__(self, name: str, show: Show, *, key_every: int = KEY_EVERY) -> None:
        self.name = name
        self.show = show
        self.key_every = key_every
        self.is_on = True
        self.burst = 1  # parts that are sent together
        self.kept: list[Part] = []
        self.is_connected = True
        self.number = 0
        self.epoch = -1
        self.codecs = "avc1.42c01f,mp4a.40.2"
        self.began_s = 0.0
        self.begin()

    def begin(self) -> None:
        self.epoch += 1
        self.began_s = self.show.now
        self.count = 0
        self.show.programme.take_epoch(
            self.name,
            Epoch(
                number=self.epoch,
                init=f"{self.name} {self.epoch}".encode(),
                codecs=self.codecs,
                width_px=1280,
                height_px=720,
                has_audio=True,
                began_at=NOON + timedelta(seconds=self.began_s),
                file=f"{self.name}-{self.epoch}.mp4",
            ),
        )

    def step(self) -> None:
        while self.is_on and self.began_s + (self.count + 1) * PART_S <= self.show.now + 1e-9:
            self.kept.append(self._next_part())
        if self.is_connected and len(self.kept) >= self.burst:
            for part in self.kept:
                late_s = self.show.now - self.began_s - part.start_s - PART_S
                late = replace(
                    part, late_s=max(0.0, late_s)
                )  # counted from the quickest, as packers do
                self.show.programme.take_part(self.name, late, now=self.show.now)
            self.kept.clear()

    def _next_part(self) -> Part:
        label = f"{self.name} {self.number}"
        part = Part(
            number=self.number,
            epoch=self.epoch,
            data=label.encode(),
            start_s=self.count * PART_S,
            duration_s=PART_S,
            is_independent=self.count % self.key_every == 0,
            offset_bytes=0,
        )
        self.number += 1
        self.count += 1
        return part


class Show:
    """A programme, its cameras, and the time."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.now = 100.0
        self.shelf = WatchedShelf()
        self.shelf.now = self.now
        self.released: list[str] = []
        self.programme = Programme(
            self.shelf,
            slate(),
            now=self.now,
            wall=NOON + timedelta(seconds=self.now),
            delay_s=delay_s,
            released=self._note_released,
        )
        self.cameras: dict[str, Camera] = {}

    def _note_released(self, feed: str, epoch: Epoch, part: Part) -> None:
        assert epoch.number == part.epoch
        assert part.data.decode() == f"{feed} {part.number}"
        self.released.append(part.data.decode())

    def roll(self, name: str, **more: int) -> Camera:
        self.cameras[name] = Camera(name, self, **more)
        return self.cameras[name]

    def run(self, seconds: float) -> list[Sent]:
        """Let time pass; what became public meanwhile."""
        before = len(self.shelf.sent)
        for _ in range(round(seconds / STEP_S)):
            self.now = self.shelf.now = round(self.now + STEP_S, 6)
            for camera in self.cameras.values():
                camera.step()
            self.programme.tick(self.now)
        return self.shelf.sent[before:]

    def put_on(self, feed: str | None) -> None:
        self.programme.put_on(feed, now=self.now)


def slate(name: str = "Slate") -> Slate:
    """The timing of a slate; its parts are patched as real ones are, so they are boxes."""
    empty_part = b"\x00\x00\x00\x08moof"
    return Slate(
        init=name.encode(), codecs="", width_px=2, height_px=2, parts=(empty_part,) * SLATE_PARTS
    )


def whos(sent: list[Sent]) -> list[str]:
    """Who was on air, each stretch once."""
    stretches: list[str] = []
    for part in sent:
        if not stretches or stretches[-1] != part.who:
            stretches.append(part.who)
    return stretches


def first_of(sent: list[Sent], who: str) -> Sent:
    return next(part for part in sent if part.who == who)


def last_of(sent: list[Sent], who: str) -> Sent:
    return next(part for part in reversed(sent) if part.who == who)


def longest_pause_s(sent: list[Sent]) -> float:
    return max(after.at_s - before.at_s for before, after in pairwise(sent))


def taken_s(sent: Sent) -> float:
    return (sent.taken_at - NOON).total_seconds()


def live(delay_s: float = 0.0) -> Show:
    """Guest and room camera send, the guest is on air."""
    show = Show(delay_s=delay_s)
    show.roll("guest")
    show.run(0.5)
    show.roll("camera")
    show.put_on("guest")
    show.run(delay_s + 5)
    assert show.programme.on_air == "guest"
    return show


def test_slate_comes_first_and_never_runs_ahead() -> None:
    show = Show()

    sent = show.run(10)

    assert {part.who for part in sent} == {"slate"}
    for number, part in enumerate(sent):
        assert -1e-6 <= part.at_s - 100.0 - number * SLATE_PART_S <= STEP_S + 1e-6
    assert [part.is_independent for part in sent[:8]] == [True, *[False] * 5, True, False]
    assert show.programme.state is Shown.SLATE


def test_feed_comes_on_with_a_key_frame_and_goes_on_without_a_gap() -> None:
    show = Show()
    show.roll("guest")
    show.run(3.1)
    show.put_on("guest")

    sent = show.run(6)

    assert whos(sent) == ["slate", "guest"]
    assert first_of(sent, "guest").label == "guest 12"
    assert [part.label for part in sent if part.who == "guest"] == show.released
    assert show.released == [f"guest {number}" for number in range(12, 27)]
    assert show.programme.state is Shown.LIVE
    assert show.programme.edge_at == NOON + timedelta(seconds=100 + 9)


def test_feed_stays_until_the_other_has_a_key_frame() -> None:
    show = live()
    show.put_on("camera")

    sent = show.run(4)

    assert whos(sent) == ["guest", "camera"]
    assert first_of(sent, "camera").is_independent
    assert taken_s(first_of(sent, "camera")) - taken_s(last_of(sent, "guest")) < 2 * PART_S
    assert longest_pause_s(sent) < 2 * PART_S + STEP_S


def test_each_coming_on_is_an_epoch_of_its_own() -> None:
    show = live()
    show.put_on("camera")
    show.run(4)
    show.put_on("guest")
    show.run(4)

    inits = [show.shelf.inits[part.epoch_id] for part in show.shelf.sent]
    changes = [init for before, init in zip([b"", *inits], inits, strict=False) if init != before]
    assert changes == [b"Slate", b"guest 0", b"camera 0", b"guest 0"]
    firsts = {part.epoch_id: part for part in reversed(show.shelf.sent)}.values()
    assert all(part.is_independent for part in firsts)


def test_switch_is_seen_at_its_own_time_where_there_is_a_delay() -> None:
    show = live(delay_s=10)
    chosen_s = show.now
    show.put_on("camera")

    sent = show.run(14)

    assert whos(sent) == ["guest", "camera"]
    first = first_of(sent, "camera")
    assert 10 <= first.at_s - chosen_s <= 12.4
    assert chosen_s <= taken_s(first) + PART_S <= chosen_s + 2.4
    assert show.programme.chosen == show.programme.on_air == "camera"


def test_what_is_public_is_as_old_as_the_delay() -> None:
    show = live(delay_s=10)

    sent = show.run(5)

    ages = [part.at_s - taken_s(part) - PART_S for part in sent]
    assert all(10 - 1e-3 <= age <= 10 + 2 * STEP_S + 1e-3 for age in ages)
    assert show.programme.held_s("guest") == pytest.approx(10, abs=PART_S)


def test_slate_covers_after_a_second_and_a_half_of_silence() -> None:
    show = live()
    show.cameras["guest"].is_on = False

    sent = show.run(4)

    assert whos(sent) in (["guest", "slate"], ["slate"])
    silent_s = first_of(sent, "slate").at_s - last_of(show.shelf.sent, "guest").at_s
    assert 1.45 <= silent_s <= 1.6


def test_slate_makes_up_for_the_silence_and_goes_on_in_real_time() -> None:
    show = live()
    began_s = show.now
    show.cameras["guest"].is_on = False

    sent = show.run(10)

    assert sum(part.duration_s for part in sent) == pytest.approx(show.now - began_s, abs=0.5)


def test_feed_returns_by_itself_in_a_new_epoch() -> None:
    show = live()
    guest = show.cameras["guest"]
    guest.is_on = False
    show.run(20)
    guest.is_on = True
    guest.begin()
    back_s = show.now

    sent = show.run(5)

    assert whos(sent) == ["slate", "guest"]
    first = first_of(sent, "guest")
    assert first.at_s - back_s < 0.5
    assert show.shelf.inits[first.epoch_id] == b"guest 1"


def test_what_a_resumed_connection_kept_is_not_shown() -> None:
    show = live()
    guest = show.cameras["guest"]
    guest.is_connected = False
    show.run(20)
    guest.is_connected = True
    back_s = show.now

    sent = show.run(6)

    first = first_of(sent, "guest")
    assert first.at_s - back_s < 2.5
    assert first.at_s - taken_s(first) < 1 + 2 * PART_S
    assert whos(sent) == ["slate", "guest"]


def test_delay_hides_a_connection_that_comes_back_in_time() -> None:
    show = live(delay_s=10)
    guest = show.cameras["guest"]
    guest.is_connected = False
    show.run(8)
    guest.is_connected = True
    show.run(12)

    shown = show.shelf.sent[-60:]
    assert whos(shown) == ["guest"]
    assert longest_pause_s(shown) < PART_S + STEP_S + 1e-6


def test_delayed_drop_shows_the_slate_without_a_pause() -> None:
    show = live(delay_s=10)
    show.cameras["guest"].is_on = False

    sent = show.run(14)

    assert whos(sent) == ["guest", "slate"]
    assert longest_pause_s(sent) < 2 * PART_S


def test_feed_that_sends_in_bursts_is_shown_evenly() -> None:
    show = Show()
    show.roll("guest").burst = 6
    show.put_on("guest")
    show.run(12)

    sent = show.run(20)

    assert whos(sent) == ["guest"]
    assert longest_pause_s(sent) < PART_S + 2 * STEP_S


def test_cover_is_seen_at_once_in_spite_of_the_delay() -> None:
    show = live(delay_s=10)
    show.put_on(None)
    assert show.programme.state is Shown.SLATE

    assert whos(show.run(3)) == ["slate"]


def test_after_a_cover_only_what_was_chosen_again_is_seen() -> None:
    show = live(delay_s=10)
    show.put_on(None)
    show.run(3)
    again_s = show.now
    show.put_on("guest")

    sent = show.run(14)

    assert whos(sent) == ["slate", "guest"]
    assert taken_s(first_of(sent, "guest")) + PART_S >= again_s
    assert first_of(sent, "guest").at_s - again_s <= 12.4


def test_dump_keeps_what_was_not_public_from_ever_being_so() -> None:
    show = live(delay_s=10)
    dumped_s = show.now
    held = {name: f"{name} {number}" for name, number in show.programme.dump(now=show.now).items()}
    newest = {name: camera.number for name, camera in show.cameras.items()}
    sent = show.run(2)  # what the packers still had
    for name, camera in show.cameras.items():
        show.programme.end_dump(name)
        camera.begin()
    sent += show.run(14)

    assert whos(sent) == ["slate", "guest"]
    assert sorted(held) == ["camera", "guest"]
    assert taken_s(first_of(sent, "guest")) >= dumped_s
    assert first_of(sent, "guest").at_s - dumped_s < 12 + PART_S + 2 * STEP_S
    last_before = int(last_of(show.shelf.sent[: -len(sent)], "guest").label.split()[1])
    assert held["guest"] == f"guest {last_before + 1}"
    gone = {f"guest {number}" for number in range(last_before + 1, newest["guest"])}
    assert len(gone) == pytest.approx(30, abs=1)
    assert gone.isdisjoint(show.released)


def test_dump_without_delay_has_next_to_nothing_to_throw_away() -> None:
    show = live()

    dumped = show.programme.dump(now=show.now)

    assert all(number == show.cameras[name].number - 1 for name, number in dumped.items())
    assert whos(show.run(1))[0] == "slate"


def test_more_delay_is_built_up_under_the_slate() -> None:
    show = live(delay_s=4)
    shown = show.released[-1]
    show.programme.set_delay(10, now=show.now)

    sent = show.run(14)

    assert whos(sent) == ["slate", "guest"]
    assert {part.at_s - taken_s(part) - PART_S < 10.1 for part in sent if part.who == "guest"} == {
        True
    }
    repeated = int(first_of(sent, "guest").label.split()[1]) <= int(shown.split()[1])
    assert not repeated


def test_less_delay_jumps_ahead_to_a_key_frame() -> None:
    show = live(delay_s=10)
    before = show.shelf.sent[-1]
    count = len(show.shelf.sent)
    show.programme.set_delay(2, now=show.now)
    show.run(3)

    sent = show.shelf.sent[count:]
    assert whos(sent) == ["guest"]
    jumped = int(sent[0].label.split()[1]) - int(before.label.split()[1])
    assert 18 < jumped <= 25  # 24 parts less delay, back to the key frame before
    assert sent[0].is_independent
    assert sent[0].epoch_id != before.epoch_id
    assert sent[-1].at_s - taken_s(sent[-1]) - PART_S == pytest.approx(2, abs=0.1)


def test_new_epoch_of_the_feed_on_air_goes_on_at_once() -> None:
    show = live()
    show.cameras["guest"].begin()  # the telephone was turned

    sent = show.run(3)

    assert whos(sent) == ["guest"]
    assert [show.shelf.inits[part.epoch_id] for part in sent[-3:]] == [b"guest 1"] * 3
    assert longest_pause_s(sent) < 2 * PART_S + STEP_S


def test_parts_that_are_missing_end_the_run_until_the_next_key_frame() -> None:
    show = live()
    guest = show.cameras["guest"]
    while guest.count % KEY_EVERY != 3:
        show.run(STEP_S)
    show.run(2 * STEP_S)
    guest.count += 1  # a hole of one part in its time, and in its numbers
    guest.number += 1
    hole = guest.number

    sent = show.run(6)

    shown = [int(part.label.split()[1]) for part in sent if part.who == "guest"]
    assert shown[0] == hole + 2  # the next key frame
    assert shown == list(range(shown[0], shown[0] + len(shown)))
    assert len({part.epoch_id for part in show.shelf.sent if part.who == "guest"}) == 2


@pytest.mark.parametrize("delay_s", [0, 10])
def test_clock_that_leaps_for_one_part_keeps_nothing_waiting(delay_s: float) -> None:
    show = live(delay_s)
    guest = show.cameras["guest"]
    show.run(0.1)
    leapt = replace(guest._next_part(), start_s=5000.0, is_independent=True)
    show.programme.take_part("guest", leapt, now=show.now)

    show.run(delay_s + 6)

    assert show.programme.on_air == "guest"
    assert int(show.released[-1].split()[1]) > leapt.number


def test_feed_without_sound_is_not_put_on_air() -> None:
    show = live()
    show.cameras["guest"].codecs = "avc1.42c01f"
    show.cameras["guest"].begin()

    assert whos(show.run(5))[-1] == "slate"


def test_dead_feed_that_was_chosen_is_covered() -> None:
    show = live()
    show.cameras["camera"].is_on = False
    show.put_on("camera")

    sent = show.run(4)

    assert whos(sent) == ["guest", "slate"]


def test_feed_that_was_never_there_is_covered() -> None:
    show = live()
    show.put_on("nobody")

    assert whos(show.run(4)) == ["guest", "slate"]


def test_part_of_an_unknown_epoch_is_refused() -> None:
    show = live()
    part = show.cameras["guest"]._next_part()

    with pytest.raises(UnknownEpoch):
        show.programme.take_part("nobody", part, now=show.now)


def test_forgotten_feed_leaves_the_slate() -> None:
    show = live()
    del show.cameras["guest"]
    show.programme.forget("guest")

    assert whos(show.run(2)) == ["slate"]


def test_stop_comes_after_what_is_held_and_a_last_slate() -> None:
    show = live(delay_s=10)
    stopped_s = show.now
    show.programme.stop(now=show.now, last=slate("Thanks"))

    sent = show.run(25)

    assert whos(sent) == ["guest", "slate"]
    last = last_of(sent, "guest")
    assert stopped_s - 2 * PART_S <= taken_s(last) + PART_S <= stopped_s
    closing = [part for part in sent if part.who == "slate"]
    assert (len(closing), show.shelf.inits[closing[0].epoch_id]) == (SLATE_PARTS, b"Thanks")
    assert show.programme.state is Shown.OFF
    assert show.shelf.playlist(low_latency=True).endswith("#EXT-X-ENDLIST\n")


def test_stop_at_once_leaves_out_what_is_held() -> None:
    show = live(delay_s=10)
    show.programme.stop(now=show.now, at_once=True)

    sent = show.run(3)

    assert sent == []
    assert show.programme.state is Shown.OFF


def test_nothing_can_be_chosen_after_a_stop() -> None:
    show = live(delay_s=10)
    show.programme.stop(now=show.now)

    with pytest.raises(Stopping):
        show.put_on("camera")
    show.put_on(None)
    assert whos(show.run(3)) == ["slate"]


def test_another_slate_covers_at_once() -> None:
    show = Show()
    show.run(2)
    show.programme.use_slate(slate("Break"), now=show.now)

    sent = show.run(1)

    assert {show.shelf.inits[part.epoch_id] for part in sent} == {b"Break"}


def test_pause_of_the_process_is_not_made_up_for() -> None:
    show = Show()
    show.run(1)
    show.now = show.shelf.now = show.now + 60

    assert len(show.run(0.05)) < 8


@pytest.mark.parametrize("seed", range(12))
def test_timeline_is_one_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    show = Show(delay_s=chance.choice((0, 0, 3, 10)))
    show.roll("guest")
    show.roll("camera", key_every=chance.choice((3, 6, 12)))
    dumped: set[str] = set()

    def dump() -> None:
        firsts = show.programme.dump(now=show.now)
        for name, number in firsts.items():
            camera = show.cameras[name]
            dumped.update(f"{name} {n}" for n in range(number, camera.number))
            camera.kept.clear()
            show.programme.end_dump(name)
            camera.begin()

    def toggle(name: str) -> None:
        camera = show.cameras[name]
        camera.is_on = not camera.is_on
        if camera.is_on:
            camera.begin()

    deeds: list[Callable[[], object]] = [
        lambda: show.put_on(chance.choice(("guest", "camera", None))),
        lambda: show.put_on("guest"),
        lambda: show.programme.set_delay(chance.choice((0, 2, 10)), now=show.now),
        lambda: toggle(chance.choice(("guest", "camera"))),
        dump,
    ]
    for _ in range(60):
        chance.choice(deeds)()
        show.run(chance.uniform(0.1, 6))

    sent = show.shelf.sent
    labels = [part.label for part in sent if part.who != "slate"]
    assert len(labels) == len(set(labels)), "nothing is shown twice"
    assert dumped.isdisjoint(labels)
    assert labels == show.released
    for name in ("guest", "camera"):
        numbers = [int(label.split()[1]) for label in labels if label.startswith(name)]
        assert numbers == sorted(numbers)
    assert longest_pause_s(sent) < 1.7
    firsts = {part.epoch_id: part for part in reversed(sent)}
    assert all(part.is_independent for part in firsts.values())
    assert sum(part.duration_s for part in sent) < (show.now - 100) * 1.15 + 3

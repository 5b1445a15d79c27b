"""The receiver with real packers: what is sent comes out as HLS and lies in recordings."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from blueroom.media.feeds import Run
from blueroom.media.grants import DiskFull, FeedBusy, FeedNotAdmitted, Figures, Grant, Wish
from blueroom.media.live import Live
from blueroom.media.parts import Epoch
from blueroom.media.recording import open_recording
from blueroom.media.slate import Moment, Slate, SlateLook, SlateWords, slate_in, words_for

pytestmark = pytest.mark.alone

FPS = 25
SLICE_S = 0.1


class Rooms:
    """A doorman that remembers what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grants: dict[int, Grant] = {}
        self.wish: Wish | None = None
        self.has_disk = True
        self.told: list[tuple[Any, ...]] = []

    def feed_of_page(self, secret: str) -> Grant | None:
        return self.grants.get(int(secret))

    feed_of_key = feed_of_page

    def feed(self, feed_id: int) -> Grant | None:
        return self.grants.get(feed_id)

    def programme(self, session_id: int) -> Wish | None:
        return self.wish

    def programmes(self) -> list[Wish]:
        return []

    def in_words(self, sentence: str, language: str) -> str:
        return f"[{language}] {sentence}"

    def has_room(self) -> bool:
        return self.has_disk

    def note_connected(self, feed_id: int, way: str) -> None:
        self.told.append(("connected", feed_id, way))

    def note_lost(self, feed_id: int, code: str, sentence: str) -> None:
        self.told.append(("lost", feed_id, code))

    def note_problem(self, feed_id: int, code: str, sentence: str) -> None:
        self.told.append(("problem", feed_id, code))

    def begin_recording(self, grant: Grant, epoch: Epoch) -> None:
        self.told.append(("begun", grant.feed_id, epoch.number, epoch.width_px, epoch.height_px))

    def end_recording(self, feed_id: int, epoch: int, duration_s: float, size_bytes: int) -> None:
        self.told.append(("ended", feed_id, epoch, round(duration_s, 1)))

    def cut_recordings(self, feed_id: int, from_part: int) -> None:
        self.told.append(("cut", feed_id, from_part))

    def note_shown(self, feed_id: int, from_at: datetime, until_at: datetime) -> None:
        self.told.append(("shown", feed_id, from_at, until_at))

    def tell_figures(self, figures: Figures) -> None:
        self.told.append(("figures", figures.feed_id))

    def kinds(self) -> list[object]:
        return [kind for kind, *_ in self.told]


class Camera:
    """Whoever sends, as a run knows them."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def end(self, code: str, sentence: str) -> None:
        self.ended.append(code)


def film(seconds: float, *, width_px: int = 320, height_px: int = 180) -> bytes:
    """H.264 and Opus in WebM, as a browser's recorder makes it; a key frame every second."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        video = out.add_stream("libx264", rate=FPS, options={"g": str(FPS), "bf": "0"})
        video.width, video.height, video.pix_fmt = width_px, height_px, "yuv420p"
        sound = out.add_stream("libopus", rate=48000)
        for number in range(round(seconds * FPS)):
            picture = np.full((height_px, width_px, 3), number * 5 % 255, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
        for number in range(round(seconds * 50)):
            quiet = av.AudioFrame.from_ndarray(
                np.zeros((1, 1920), np.int16), format="s16", layout="stereo"
            )
            quiet.pts, quiet.sample_rate = number * 960, 48000
            quiet.time_base = Fraction(1, 48000)
            out.mux(sound.encode(quiet))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return file.getvalue()


def slices(content: bytes, seconds: float) -> Iterator[bytes]:
    count = max(1, round(seconds / SLICE_S))
    size = -(-len(content) // count)
    return (content[start : start + size] for start in range(0, len(content), size))


async def send(run: Run, seconds: float, *, is_hurried: bool = False) -> None:
    """Send a film in real time, or as fast as it is taken."""
    for piece in slices(film(seconds), seconds):
        await run.hear(piece)
        await asyncio.sleep(0.005 if is_hurried else SLICE_S)


async def until(look: Callable[[], object], within_s: float = 15.0) -> None:
    async with asyncio.timeout(within_s):
        while not look():  # noqa: ASYNC110 - what is looked at sets no event
            await asyncio.sleep(0.02)


def shelf_of(live: Live, key: str) -> Any:
    """The shelf; Any, since it need not be there yet."""
    return live.shelf(key)


def grant(folder: Path, feed_id: int = 1, **values: object) -> Grant:
    made = Grant(
        feed_id=feed_id,
        session_id=7,
        slug="askines",
        kind="guest",
        name="Inès",
        state="ready",
        may_send=True,
        monitor_key=f"monitor-{feed_id}",
        folder=folder / "7",
        stem=f"feed-{feed_id}",
        next_epoch=0,
    )
    return msgspec.structs.replace(made, **values)


def wish(**values: object) -> Wish:
    made = Wish(
        session_id=7,
        slug="askines",
        key="programme",
        state="live",
        feed_id=1,
        delay_s=0,
        is_muted=False,
        room="La chambre",
        guest="Inès Carat",
        language="fr",
    )
    return msgspec.structs.replace(made, **values)


class Slates:
    """Small ones, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.takes_s = 0.0

    def of(self, asked: Wish, moment: Moment) -> Slate:
        time.sleep(self.takes_s)
        words = words_for(
            moment,
            language=asked.language,
            room=asked.room,
            guest=asked.guest,
            look=asked.look,
        )
        return slate_in(self.folder, words, width_px=320, height_px=180)

    def plain(self) -> Slate:
        return slate_in(self.folder, SlateWords(room="", sentence=""), width_px=160, height_px=90)


@pytest.fixture(scope="module")
def slates(tmp_path_factory: pytest.TempPathFactory) -> Slates:
    made = Slates(tmp_path_factory.mktemp("slates"))
    made.plain()
    for moment in Moment:
        made.of(wish(), moment)
    return made


@asynccontextmanager
async def receiving(folder: Path, slates: Slates) -> AsyncIterator[tuple[Live, Rooms]]:
    rooms = Rooms(folder)
    live = Live(rooms, slates)
    live.start()
    try:
        yield live, rooms
    finally:
        await live.close()


def test_what_is_sent_is_recorded_and_on_the_monitor(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            run = await live.receive(grant(tmp_path), "webm", Camera(), takes_over=False)
            await send(run, 4, is_hurried=True)
            await until(lambda: shelf_of(live, "monitor-1").is_ready)
            await live.end_feed(run)
            await until(lambda: "lost" in rooms.kinds() and "ended" in rooms.kinds())
            assert rooms.told[0] == ("connected", 1, "webm")
            assert ("begun", 1, 0, 320, 180) in rooms.told
            assert ("lost", 1, "") in rooms.told

    asyncio.run(go())
    assert open_recording(tmp_path / "7/feed-1-0.mp4").duration_s == pytest.approx(4, abs=0.1)


def test_a_feed_takes_one_sender_at_a_time(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, _rooms):
            first, second = Camera(), Camera()
            before = await live.receive(grant(tmp_path), "webm", first, takes_over=False)
            await send(before, 1, is_hurried=True)
            with pytest.raises(FeedBusy):
                await live.receive(grant(tmp_path), "webm", second, takes_over=False)
            assert first.ended == []

            after = await live.receive(grant(tmp_path), "webm", second, takes_over=True)
            assert (first.ended, second.ended) == (["feed_busy"], [])
            await send(after, 1, is_hurried=True)
            await until(lambda: after.epoch is not None)
            assert after.epoch
            assert after.epoch.number == 1  # the first one's recording is not written over

    asyncio.run(go())
    assert sorted(path.name for path in (tmp_path / "7").glob("*.mp4")) == [
        "feed-1-0.mp4",
        "feed-1-1.mp4",
    ]


def test_nobody_sends_who_was_not_let_in_and_nothing_begins_on_a_full_disk(
    tmp_path: Path, slates: Slates
) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            fan = grant(tmp_path, may_send=False, state="waiting")
            with pytest.raises(FeedNotAdmitted):
                await live.receive(fan, "webm", Camera(), takes_over=False)
            rooms.has_disk = False
            with pytest.raises(DiskFull):
                await live.receive(grant(tmp_path), "webm", Camera(), takes_over=False)

    asyncio.run(go())


def test_who_loses_the_right_is_cut_off(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            camera = Camera()
            run = await live.receive(grant(tmp_path), "webm", camera, takes_over=False)
            await send(run, 1, is_hurried=True)
            rooms.grants[1] = grant(tmp_path, may_send=False, state="refused")
            await live.follow_feed(1)
            assert camera.ended == ["feed_not_admitted"]
            assert live.run_of(1) is None
            assert live.shelf("monitor-1") is None

    asyncio.run(go())


def test_a_renewed_secret_cuts_off_who_had_the_old_one(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            camera = Camera()
            await live.receive(grant(tmp_path), "webm", camera, takes_over=False)
            rooms.grants[1] = grant(tmp_path, monitor_key="another")
            await live.follow_feed(1)
            assert camera.ended == ["feed_unknown"]

    asyncio.run(go())


def test_the_programme_shows_the_feed_and_tells_what_was_shown(
    tmp_path: Path, slates: Slates
) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            rooms.grants[1] = grant(tmp_path)
            run = await live.receive(grant(tmp_path), "webm", Camera(), takes_over=False)
            sending = asyncio.create_task(send(run, 6))
            await until(lambda: run.epoch is not None)
            rooms.wish = wish()
            await live.follow_programme(7)
            await until(lambda: shelf_of(live, "programme").is_ready)
            await sending
            assert "#EXT-X-DISCONTINUITY\n" not in shelf_of(live, "programme").playlist(True)[:80]
            await until(lambda: "shown" in rooms.kinds())
            _, feed_id, from_at, until_at = next(one for one in rooms.told if one[0] == "shown")
            assert feed_id == 1
            assert from_at < until_at

            rooms.wish = wish(state="off")
            await live.follow_programme(7)
            await until(lambda: shelf_of(live, "programme").is_ended)

    asyncio.run(go())


def test_going_live_does_not_wait_for_a_slate_to_be_drawn(tmp_path: Path, slates: Slates) -> None:
    slow = Slates(slates.folder)
    slow.takes_s = 2.0

    async def go() -> None:
        async with receiving(tmp_path, slow) as (live, rooms):
            rooms.wish = wish(state="slate", feed_id=None)
            await live.follow_programme(7)
            await until(lambda: shelf_of(live, "programme").is_ready, within_s=2.9)
            await until(
                lambda: "#EXT-X-DISCONTINUITY\n" in shelf_of(live, "programme").playlist(False)
            )

    asyncio.run(go())


def test_a_running_programme_takes_the_slate_of_a_new_look(tmp_path: Path, slates: Slates) -> None:
    worn = SlateLook(ground="#1a0008")

    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            rooms.wish = wish(state="slate", feed_id=None)
            await live.follow_programme(7)
            await until(lambda: shelf_of(live, "programme").is_ready)
            rooms.wish = wish(state="slate", feed_id=None, look=worn)
            await live.follow_programme(7)
            new = await asyncio.to_thread(slates.of, rooms.wish, Moment.BEFORE)
            programme = live._programmes[7].programme
            await until(lambda: programme._slate == new)

    asyncio.run(go())


def test_dump_leaves_nothing_of_what_was_held(tmp_path: Path, slates: Slates) -> None:
    async def go() -> float | None:
        async with receiving(tmp_path, slates) as (live, rooms):
            rooms.wish = wish(delay_s=20)
            run = await live.receive(grant(tmp_path), "webm", Camera(), takes_over=False)
            await live.follow_programme(7)
            await send(run, 4)
            dumped_s = await live.dump(7)
            assert await live.dump(7) is None  # there is nothing more
            assert "LIVE" not in shelf_of(live, "monitor-1").playlist(True)
            assert not shelf_of(live, "monitor-1").is_ready
            await live.end_feed(run)
            assert "shown" not in rooms.kinds()
            return dumped_s

    assert asyncio.run(go()) == pytest.approx(4, abs=1.0)
    kept = [open_recording(path).duration_s for path in (tmp_path / "7").glob("*.mp4")]
    assert sum(kept) < 1.0  # what came after the dump, if anything


def test_a_packer_that_is_killed_ends_its_feed_alone(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with receiving(tmp_path, slates) as (live, rooms):
            one, two = Camera(), Camera()
            first = await live.receive(grant(tmp_path), "webm", one, takes_over=False)
            second = await live.receive(grant(tmp_path, 2), "webm", two, takes_over=False)
            await asyncio.gather(send(first, 3), send(second, 3))
            first.packer.kill()
            await until(lambda: one.ended)
            assert one.ended == ["packer_died"]
            assert ("lost", 1, "packer_died") in rooms.told or await _told(rooms, "packer_died")
            await send(second, 1, is_hurried=True)
            assert two.ended == []

    asyncio.run(go())
    assert open_recording(tmp_path / "7/feed-1-0.mp4").duration_s > 2.0  # of the 3 s sent


async def _told(rooms: Rooms, code: str) -> bool:
    await until(lambda: ("lost", 1, code) in rooms.told)
    return True

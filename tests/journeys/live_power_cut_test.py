"""The power goes during a live: of a packer, of a job, of the whole house.

What had arrived a second before is kept, nobody else is harmed, and every clip is made, once.
"""

from __future__ import annotations

import functools
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import av
import httpx
import psutil
import pytest

from blueroom.media.recording import open_recording
from tests.camera import film, read_back
from tests.journeys import crew
from tests.journeys.studio import Feed, Studio, children, open_studio, packer_of
from tests.running import House, running_house
from tests.sending import Encoder, Page

pytestmark = pytest.mark.journey

FILM_S = 45.0
SIZE = (320, 240)
SLATE_WIDTH_PX = 1280
LOST_AT_MOST_S = 1.0
SOON_S = 25.0  # for what has no promised time: machines that test are slow now and then
JOB = "blueroom.media.job"
PACKER = "blueroom.media.packer"


@functools.cache
def filmed(way: str) -> tuple[bytes, ...]:
    """What is sent: by a page, or by an encoder."""
    sound = {"webm": "libopus", "flv": "aac"}[way]
    return tuple(film(way, seconds=FILM_S, size=SIZE, sound=sound))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for way in ("webm", "flv"):
        filmed(way)
    folder = tmp_path_factory.mktemp("power") / "room"
    with running_house(folder, "--no-rehearsal", BLUEROOM_RTMP="127.0.0.1:0") as house:
        yield house


@pytest.fixture(scope="module")
def api(house: House) -> Iterator[httpx.Client]:
    with house.client() as api:
        yield api


class Live(NamedTuple):
    """A guest in a browser, who is on air, and a camera of the room by an encoder."""

    studio: Studio
    guest: Feed
    page: Page
    camera: Feed
    encoder: Encoder


@contextmanager
def on_air(house: House, api: httpx.Client) -> Iterator[Live]:
    studio = open_studio(house, api)
    guest, camera = studio.feed("Inès"), studio.feed("Salle", "camera")
    page = Page(guest.page_url, filmed("webm"))
    encoder = Encoder(camera.rtmp_url, camera.stream_key, filmed("flv"))
    try:
        assert page.start()["kind"] == "welcome"
        encoder.start()
        crew.within(SOON_S, lambda: studio.line(camera)["way"] == "rtmp")
        studio.go_live(guest)
        is_seen(studio)
        yield Live(studio, guest, page, camera, encoder)
    finally:
        page.leave()
        encoder.stop()


def is_seen(studio: Studio, width_px: int = SIZE[0]) -> None:
    """Wait until the public sees a feed, whose picture is smaller than the slate's."""

    def looked() -> bool:
        try:
            return studio.on_air().shots[-1].width_px == width_px
        except (httpx.HTTPStatusError, IndexError):
            return False  # the programme has not begun yet

    crew.within(SOON_S, looked, every_s=0.3)


def again(feed: Feed, way: str) -> Page | Encoder:
    """The same feed sends from the beginning, as pages and encoders do after a loss."""
    if way == "flv":
        return Encoder(feed.rtmp_url, feed.stream_key, filmed("flv")).start()
    page = Page(feed.page_url, filmed("webm"), recorder="second")
    assert page.start()["kind"] == "welcome"
    return page


def in_slices(slices: list[bytes]) -> list[int]:
    """The numbers of the pictures that are whole in what was sent."""
    return read_back(io.BytesIO(b"".join(slices))).numbers


def assert_kept(recording: Path, sent: list[int]) -> None:
    """The recording plays, has no gap, and holds at least what was sent."""
    found = read_back(str(recording)).numbers
    assert found[: len(sent)] == sent
    assert found == list(range(len(found)))
    assert len(open_recording(recording).parts) > 0


def assert_rows_ended(studio: Studio, *feeds: Feed) -> None:
    """Every recording but a feed's newest has its end in the database, as long as its file."""
    for feed in feeds:
        found = studio.rows(
            "SELECT file, ended_at IS NOT NULL, duration_s, size_bytes FROM studio_recording "
            "WHERE feed_id = ? ORDER BY epoch",
            feed.id,
        )
        assert [bool(has_ended) for _, has_ended, _, _ in found[:-1]] == [True] * (len(found) - 1)
        for file, _, duration_s, size_bytes in found[:-1]:
            there = open_recording(studio.house.data / "recordings" / file)
            assert duration_s == pytest.approx(there.duration_s, abs=0.4)
            assert size_bytes <= there.path.stat().st_size


def frames_of(video: bytes) -> list[int]:
    return read_back(io.BytesIO(video)).numbers


def clip_of(studio: Studio, question: int) -> dict[str, object] | None:
    """The clip of a question's one answer, once it and its files for sharing are made."""
    items = studio.api.get(f"/sessions/{studio.slug}/clips").raise_for_status().json()["items"]
    (clip,) = [item["clip"] for item in items if item["question_id"] == question]
    is_made = clip and clip["state"] == "ready" and clip["renders"]
    return clip if is_made and all(one["state"] == "ready" for one in clip["renders"]) else None


def assert_made(studio: Studio, question: int, within_s: float = 90.0) -> list[int]:
    """The question's clip is made, and its page plays; the numbers of its pictures."""
    clip = crew.within(within_s, lambda: clip_of(studio, question), every_s=0.3)
    studio.api.post(f"/clips/{clip['slug']}/publish").raise_for_status()
    page = httpx.get(str(clip["page_url"])).raise_for_status()
    assert "<video" in page.text
    for render in clip["renders"]:
        content = httpx.get(f"{studio.house.url}{render['path']}").raise_for_status().content
        with av.open(io.BytesIO(content)) as rendered:
            assert rendered.duration
    return frames_of(httpx.get(f"{studio.house.url}{clip['video']}").raise_for_status().content)


def is_rendering(studio: Studio) -> bool:
    renders = [render for clip in studio.clips() for render in clip["renders"]]
    return any(render["state"] == "working" for render in renders)


def wait_for_job(house: House) -> psutil.Process:
    return crew.within(SOON_S, lambda: children(house, JOB), every_s=0.002)[0]


def no_jobs(house: House) -> None:
    crew.within(60, lambda: not children(house, JOB))


def test_a_killed_packer_loses_a_second_at_most_and_harms_nobody(
    house: House, api: httpx.Client
) -> None:
    with on_air(house, api) as live:
        studio, guest, page, camera, encoder = live
        time.sleep(2)
        packer_of(house, studio.recordings(guest)[0]).kill()
        killed_s = time.monotonic()
        assert page.wait_for("refused")["code"] == "packer_died"
        sent = in_slices(page.sent_before(killed_s - LOST_AT_MOST_S))
        second = again(guest, "webm")
        crew.within(SOON_S, lambda: len(studio.recordings(guest)) == 2)
        is_seen(studio)
        programme = studio.state["programme"]

        camera_sent = encoder.sent_before(time.monotonic() - LOST_AT_MOST_S)
        packer_of(house, studio.recordings(camera)[0]).kill()
        killed_s = time.monotonic()
        encoder.wait()
        sent_by_encoder = encoder.sent_before(killed_s - LOST_AT_MOST_S)
        third = again(camera, "flv")
        crew.within(SOON_S, lambda: len(studio.recordings(camera)) == 2)
        time.sleep(1.5)
        third.stop()
        second.stop()

    assert (programme["state"], programme["feed_id"]) == ("live", guest.id)
    assert encoder.refusal.startswith("The packing of this feed broke off.")
    assert len(sent) > 30
    assert_kept(studio.recordings(guest)[0], sent)
    assert_kept(studio.recordings(camera)[0], list(range(max(camera_sent, sent_by_encoder))))
    assert_rows_ended(studio, guest, camera)


def test_a_killed_job_is_begun_again(house: House, api: httpx.Client) -> None:
    with on_air(house, api) as live:
        studio = live.studio
        no_jobs(house)
        question = studio.question("Vous écrivez le matin ?")
        studio.mark(question, "in")
        time.sleep(3)
        studio.mark(question, "out")
        wait_for_job(house).kill()  # it cuts
        crew.within(SOON_S, lambda: is_rendering(studio))
        wait_for_job(house).kill()  # it renders, or takes the still for it
        frames = assert_made(studio, question)

        assert len(studio.clips()) == 1
        assert frames == list(range(frames[0], frames[0] + len(frames)))
        assert len(frames) / 30 == pytest.approx(3, abs=0.5)
        assert not live.page.refusal
        assert not live.encoder.is_broken


def let_minutes_pass(studio: Studio) -> None:
    """As if the power had been away that long: the leases of whoever worked have run out."""
    for table in ("clips_clip", "clips_render"):
        studio.rows(f"UPDATE {table} SET leased_until = '2020-01-01' WHERE state = 'working'")


def is_alive(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_house_that_is_killed_goes_on_where_it_was(house: House, api: httpx.Client) -> None:
    with on_air(house, api) as live:
        studio, guest, page, camera, encoder = live
        first, second, third = map(studio.question, ("La première ?", "La deuxième ?", "L’autre ?"))
        studio.mark(first, "in")
        time.sleep(2)
        studio.mark(first, "out")
        crew.within(SOON_S, lambda: is_rendering(studio))
        studio.mark(second, "in")
        studio.mark(third, "in")
        time.sleep(1.5)
        studio.mark(third, "out")
        before = studio.state["programme"]
        assert house.process
        started = psutil.Process(house.process.pid).children(recursive=True)

        house.kill()
        killed_s = time.monotonic()
        left = [child for child in psutil.wait_procs(started, 5)[1] if is_alive(child)]
        encoder.wait()
        page.leave()
        let_minutes_pass(studio)
        house.start()
        after = studio.state["programme"]
        is_seen(studio, SLATE_WIDTH_PX)
        old = page.start()
        camera = studio.addresses(camera.id)  # its port was any that was free
        new = [again(guest, "webm"), again(camera, "flv")]
        is_seen(studio)
        studio.mark(second, "out")
        frames = {question: assert_made(studio, question) for question in (first, second, third)}
        for sender in new:
            sender.stop()

        assert left == []
        assert after == before
        assert old["code"] == "chunks_missing"  # so that it begins anew
        assert len(studio.clips()) == 3
        assert min(map(len, frames.values())) > 20
        assert {number for number in frames[second] if number < 30}  # from after the cut
        sent = in_slices(page.sent_before(killed_s - LOST_AT_MOST_S))
        assert len(sent) > 60
        assert_kept(studio.recordings(guest)[0], sent)
        sent_by_encoder = encoder.sent_before(killed_s - LOST_AT_MOST_S)
        assert_kept(studio.recordings(camera)[0], list(range(sent_by_encoder)))
        assert [len(studio.recordings(feed)) for feed in (guest, camera)] == [2, 2]
        assert_rows_ended(studio, guest, camera)

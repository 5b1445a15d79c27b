"""What cameras send wrongly, by accident or to harm: a sentence, nothing lost, nobody else harmed.

Beside every test somebody else sends, and their recording has no gap in the end.
"""

from __future__ import annotations

import contextlib
import functools
import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import av
import httpx
import numpy as np
import psutil
import pytest

from blueroom.media.recording import open_recording
from blueroom.media.rtmp_chunks import Kind
from tests.camera import Seen, even_times, film, read_back
from tests.journeys import crew
from tests.journeys.studio import Feed, Studio, children, open_studio
from tests.running import House, running_house
from tests.sending import Encoder, Page, Rtmp, reaches, relay

pytestmark = pytest.mark.journey

SMALL = (160, 120)
OWN = (176, 144)  # of nobody who was on air before
SLATE_WIDTH_PX = 1280
SOON_S = 25.0  # for what has no promised time: machines that test are slow now and then
GONE_S = 20.0
HOUR_S = 3600.0
FLOOD_PICTURES = 40
CLUSTER = b"\x1f\x43\xb6\x75"  # where a WebM's head ends
NO_KEY = "There is no feed with this stream key"


@functools.cache
def filmed(way: str = "webm", seconds: float = 3.0, **more: object) -> tuple[bytes, ...]:
    sound = {"webm": "libopus", "mp4": "libopus", "flv": "aac"}[way]
    asked = {"size": SMALL, "sound": sound, "seconds": seconds} | more
    return tuple(film(way, **asked))  # type: ignore[arg-type]


def seen_in(slices: list[bytes] | tuple[bytes, ...]) -> Seen:
    """What is whole in what was sent."""
    return read_back(io.BytesIO(b"".join(slices)))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("bad") / "room"
    with running_house(folder, "--no-rehearsal", BLUEROOM_RTMP="127.0.0.1:0") as house:
        yield house


@pytest.fixture(scope="module")
def studio(house: House) -> Iterator[Studio]:
    with house.client() as api:
        yield open_studio(house, api)


class Bystander:
    """Somebody who sends all the while."""

    FPS = 10

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.feed = studio.feed("Salle", "camera")
        slices = filmed(seconds=240.0, fps=self.FPS, sound=None)
        self.page = Page(self.feed.page_url, slices, recorder="bystander")
        assert self.page.start()["kind"] == "welcome"

    def is_whole(self) -> bool:
        """Whether all that was sent a second ago is recorded, in one piece."""
        sent = len(self.page.sent_before(time.monotonic() - 1.0)) - 1  # a picture a slice

        def recorded() -> bool:
            (recording,) = self._studio.recordings(self.feed)
            return open_recording(recording).duration_s * self.FPS >= sent

        crew.within(10, recorded)
        found = self._studio.recorded(self.feed)
        return found == list(range(len(found))) and not self.page.refusal


@pytest.fixture(scope="module")
def bystander(studio: Studio) -> Iterator[Bystander]:
    bystander = Bystander(studio)
    crew.within(SOON_S, lambda: studio.recordings(bystander.feed))
    yield bystander
    bystander.page.leave()


@pytest.fixture(scope="module")
def silent(studio: Studio) -> Iterator[Future[tuple[str, str]]]:
    """What is said to an encoder that has a right key and sends nothing. It takes its time."""
    feed = studio.feed("Muette", "camera")

    def wait() -> tuple[str, str]:
        encoder = Rtmp(feed.rtmp_url, feed.stream_key)
        try:
            return encoder.status()
        finally:
            encoder.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(wait)


@pytest.fixture(autouse=True)
def nobody_is_harmed(
    house: House, bystander: Bystander, silent: Future[tuple[str, str]]
) -> Iterator[None]:
    yield
    assert httpx.get(f"{house.url}/healthz", timeout=5).status_code == 200
    assert bystander.is_whole()


def send(feed: Feed, slices: list[bytes] | tuple[bytes, ...], **more: object) -> Page:
    """A page that sends these to their end, or until it is refused."""
    page = Page(feed.page_url, slices, **more)  # type: ignore[arg-type]
    assert page.start()["kind"] == "welcome"
    page.wait_until_sent()
    return page


def ended(studio: Studio, feed: Feed, epochs: int = 1) -> None:
    """Wait until so many recordings of the feed have their end."""
    query = "SELECT count(*) FROM studio_recording WHERE feed_id = ? AND ended_at IS NOT NULL"
    crew.within(SOON_S, lambda: studio.rows(query, feed.id) == [(epochs,)])


def shows(studio: Studio, width_px: int, within_s: float = SOON_S) -> None:
    """Wait until the public sees a picture of this width."""

    def looked() -> bool:
        try:
            return studio.on_air().shots[-1].width_px == width_px
        except (httpx.HTTPStatusError, IndexError):
            return False  # the programme has not begun yet

    crew.within(within_s, looked, every_s=0.3)


# Secrets


def test_secrets_that_are_wrong_open_nothing(house: House, studio: Studio) -> None:
    feed = studio.feed("Inès")
    guessed = feed.page_url.replace(feed.page_url[-6:], "AAAAA/")
    as_page = f"{house.url}/f/{feed.stream_key}/"
    page_secret = feed.page_url.strip("/").rpartition("/")[2]

    refusals = [Page(url, filmed()).start()["code"] for url in (guessed, as_page)]
    encoders = [Encoder(feed.rtmp_url, key, filmed("flv")) for key in ("guessed", page_secret)]
    for encoder in encoders:
        encoder.start().wait()
    call = httpx.post(guessed.replace("/f/", "/feed/") + "whip", content="v=0")

    assert refusals == ["feed_unknown", "feed_unknown"]
    assert [encoder.refusal.partition(",")[0] for encoder in encoders] == [NO_KEY, NO_KEY]
    assert (call.status_code, call.json()["code"]) == (404, "feed_unknown")
    assert httpx.get(guessed).status_code == 404
    assert studio.recordings(feed) == []


def test_renewed_secrets_cut_off_who_sends_by_the_old_ones(studio: Studio) -> None:
    feed = studio.feed("Inès")
    page = Page(feed.page_url, filmed())
    page.start()
    crew.within(SOON_S, lambda: studio.recordings(feed))
    new = studio.renew(feed)
    told = page.wait_for("refused")
    again = Page(feed.page_url, filmed()).start()
    old_key = Encoder(feed.rtmp_url, feed.stream_key, filmed("flv")).start()
    old_key.wait()
    new_key = Encoder(new.rtmp_url, new.stream_key, filmed("flv")).start()
    new_key.wait()
    ended(studio, feed, 2)

    assert told["code"] == "feed_unknown"
    assert told["message"].startswith("This address sends to nobody any more.")
    assert again["code"] == "feed_unknown"
    assert old_key.refusal.startswith(NO_KEY)
    assert (new_key.refusal, new_key.is_broken) == ("", False)
    assert read_back(str(studio.recordings(feed)[1])).numbers == seen_in(filmed("flv")).numbers


def test_of_two_who_send_by_one_feed_the_second_has_to_say_that_it_takes_over(
    studio: Studio,
) -> None:
    feed = studio.feed("Inès")
    first = Page(feed.page_url, filmed(seconds=30.0))
    second = Page(feed.page_url, filmed(), recorder="second")
    first.start()
    busy = second.start()
    encoder = Encoder(feed.rtmp_url, feed.stream_key, filmed("flv")).start()
    encoder.wait()
    line = studio.line(feed)
    second.leave()
    crew.within(SOON_S, lambda: len(first.sent) > 20)
    taken_over_s = time.monotonic()
    taken_over = second.start(take_over=True)
    left = first.wait_for("refused")
    second.finish()
    ended(studio, feed, 2)

    assert (busy["kind"], busy["code"]) == ("refused", "feed_busy")
    assert encoder.refusal.startswith("Somebody already sends by this address.")
    assert line["code"] == "feed_busy"
    assert taken_over["kind"] == "welcome"
    assert (left["code"], left["message"]) == (
        "feed_busy",
        "Somebody took over on another device.",
    )
    taken, whole = (read_back(str(path)).numbers for path in studio.recordings(feed))
    sent = seen_in(first.sent_before(taken_over_s - 0.5)).numbers
    assert taken[: len(sent)] == sent
    assert len(sent) > 30
    assert whole == seen_in(filmed()).numbers


def test_a_seventh_page_of_a_feed_is_refused(studio: Studio) -> None:
    feed = studio.feed("Inès")
    pages = [Page(feed.page_url, []) for _ in range(7)]
    told = [page.look() for page in pages]
    for page in pages:
        page.leave()

    assert [one["kind"] for one in told] == [*["state"] * 6, "refused"]
    assert told[-1]["code"] == "too_many_pages"


# What is taken


TAKEN: dict[str, Callable[[], tuple[bytes, ...]]] = {
    "4K at 60": lambda: filmed(
        seconds=1.2, fps=60, size=(3840, 2160), bit_rate=30_000_000, key_s=0.5
    ),
    "variable frame rate": lambda: filmed(
        times_s=tuple(at_s + n * 7919 % 10 / 400 for n, at_s in enumerate(even_times(3, 15)))
    ),
    "without sound": lambda: filmed(sound=None),
    "upright": lambda: filmed(size=(120, 160)),
    "VP8": lambda: filmed(picture="libvpx"),
    "VP9": lambda: filmed(picture="libvpx-vp9"),
    "HEVC": lambda: filmed(picture="libx265"),
    "AV1": lambda: filmed(picture="libsvtav1"),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_every_picture_of_it_is_recorded(kind: str, studio: Studio) -> None:
    slices = TAKEN[kind]()
    feed = studio.feed(kind)
    page = send(feed, slices)
    page.finish()
    ended(studio, feed)

    (recording,) = studio.recordings(feed)
    sent, found = seen_in(slices), read_back(str(recording))
    assert page.problems == []
    assert found.numbers == sent.numbers
    first_s = found.shots[0].at_s - sent.shots[0].at_s
    times_s = [shot.at_s + first_s for shot in sent.shots]
    assert [shot.at_s for shot in found.shots] == pytest.approx(times_s, abs=0.0011)
    assert {shot[2:] for shot in found.shots} == {shot[2:] for shot in sent.shots}


def test_sound_without_a_picture_is_recorded(studio: Studio) -> None:
    feed = studio.feed("Voix")
    send(feed, filmed(picture=None)).finish()
    ended(studio, feed)

    (recording,) = studio.recordings(feed)
    assert read_back(str(recording)).beeps_s == pytest.approx([0, 1, 2], abs=0.05)


def test_a_phone_that_is_turned_goes_on_in_another_epoch(studio: Studio) -> None:
    """The page begins another run of its recorder then, as of another camera."""
    feed = studio.feed("Inès")
    lying, upright = filmed(seconds=4.0), filmed(seconds=5.0, size=(120, 160))
    first = Page(feed.page_url, lying)
    first.start()
    crew.within(SOON_S, lambda: studio.line(feed)["way"] == "webm")
    studio.go_live(feed)
    shows(studio, 160)
    first.wait_until_sent()
    second = Page(feed.page_url, upright, recorder="turned")
    assert second.start(take_over=True)["kind"] == "welcome"
    shows(studio, 120)
    line = studio.line(feed)
    second.finish()
    first.leave()
    ended(studio, feed, 2)

    assert (line["width_px"], line["height_px"], line["is_on_air"]) == (120, 160, True)
    sent = [seen_in(slices).numbers for slices in (lying, upright)]
    assert [read_back(str(path)).numbers for path in studio.recordings(feed)] == sent


def test_a_clock_that_leaps_an_hour_and_back_loses_no_picture(studio: Studio) -> None:
    feed = studio.feed("Inès")
    ahead = b"".join(filmed(starts_s=HOUR_S))
    back = b"".join(filmed(starts_s=3.0))
    leaps = [ahead[ahead.index(CLUSTER) :], back[back.index(CLUSTER) :]]
    slices = [*filmed(), *(part for film in leaps for part in cut_in(film, 30))]
    page = Page(feed.page_url, slices)
    page.start()
    crew.within(SOON_S, lambda: studio.line(feed)["way"] == "webm")
    studio.go_live(feed)
    shows(studio, SMALL[0])
    page.wait_until_sent()
    seen = studio.seen(studio.line(feed)["monitor"])
    page.finish()
    ended(studio, feed, 3)

    once = seen_in(filmed()).numbers
    assert [read_back(str(path)).numbers for path in studio.recordings(feed)] == [once] * 3
    assert seen.shots


def cut_in(content: bytes, pieces: int) -> list[bytes]:
    size = -(-len(content) // pieces)
    return [content[at : at + size] for at in range(0, len(content), size)]


# Lines that break


def test_a_network_that_is_gone_for_twenty_seconds_loses_nothing(
    house: House, studio: Studio
) -> None:
    feed = studio.feed("Inès")
    with relay(house.port) as network:
        slices = filmed(seconds=120.0, fps=10, size=OWN)
        page = Page(feed.page_url, slices, port=network.port)
        page.start()
        crew.within(SOON_S, lambda: studio.line(feed)["way"] == "webm")
        studio.go_live(feed)
        shows(studio, OWN[0])
        network.go_away()
        gone_s = time.monotonic()
        shows(studio, SLATE_WIDTH_PX, within_s=10)
        is_unreachable = not reaches(page)
        time.sleep(max(0.0, gone_s + GONE_S - time.monotonic()))
        network.come_back()
        assert reaches(page)
        shows(studio, OWN[0])
        stopped_s = time.monotonic()
        page.stop()
        ended(studio, feed)

    assert is_unreachable
    recorded = studio.recorded(feed)
    sent = seen_in(page.sent_before(stopped_s)).numbers
    assert len(sent) > GONE_S * 10
    assert recorded == list(range(max(len(recorded), len(sent)))), studio.kept(feed)


def test_what_lies_before_a_torn_end_is_recorded(studio: Studio) -> None:
    feed = studio.feed("Inès")
    slices = [*filmed()[:15], filmed()[15][: len(filmed()[15]) // 2]]
    send(feed, slices).finish()
    ended(studio, feed)

    sent = seen_in(slices[:15]).numbers
    assert studio.recorded(feed)[: len(sent)] == sent
    assert len(sent) > 30


def test_chunks_that_are_missing_are_asked_for_by_a_new_beginning(studio: Studio) -> None:
    feed = studio.feed("Inès")
    told = Page(feed.page_url, filmed()).start(begins=7)

    assert (told["kind"], told["code"]) == ("refused", "chunks_missing")


# What is refused


def junk(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("clip.webm", junk(5000))
    return file.getvalue()


PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXTINF:10,\nhttp://127.0.0.1/\n"
REFUSED: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "a playlist": (lambda: [PLAYLIST], "container_wrong"),
    "a ZIP": (lambda: [zipped()], "container_wrong"),
    "noise": (lambda: [junk(4000)], "container_wrong"),
    "an MP4, renamed": (lambda: list(filmed("mp4")), "container_wrong"),
    "FFV1": (lambda: list(filmed(picture="ffv1")), "codec_not_taken"),
    "a head, and then noise": (
        lambda: [filmed()[0][:40], *(junk(1 << 20, n) for n in range(40))],
        "container_unreadable",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_live_picture_is_refused_with_a_sentence(kind: str, studio: Studio) -> None:
    make, code = REFUSED[kind]
    feed = studio.feed(kind)
    page = Page(feed.page_url, make(), slice_s=0.02)
    page.start()
    told = page.wait_for("refused")
    crew.within(5, lambda: studio.line(feed)["code"] == code)
    page.leave()

    assert told["code"] == code
    assert told["message"].endswith(".")
    assert studio.recordings(feed) == []


def test_a_film_that_turns_into_noise_is_kept_as_far_as_it_goes(studio: Studio) -> None:
    feed = studio.feed("Inès")
    slices = [*filmed(), *(junk(1 << 20, number) for number in range(40))]
    page = Page(feed.page_url, slices)
    page.start()
    told = page.wait_for("refused")
    page.leave()
    ended(studio, feed)

    sent = seen_in(filmed()[:-2]).numbers
    assert told["code"] == "container_unreadable"
    assert studio.recorded(feed)[: len(sent)] == sent


def test_a_form_that_nobody_takes_is_refused(studio: Studio) -> None:
    told = Page(studio.feed("Inès").page_url, [PLAYLIST], mime="application/x-mpegurl").start()

    assert told["code"] == "mime_refused"


NOISE_AS_H264 = b"\x17\x01\0\0\0" + junk(3000)
HEVC_BY_NAME = b"\x90hvc1" + junk(200)
FLV_REFUSED: dict[str, Callable[[Rtmp], None]] = {
    "HEVC": lambda rtmp: rtmp.send(Kind.VIDEO, HEVC_BY_NAME),
    "Sorenson": lambda rtmp: rtmp.send(Kind.VIDEO, b"\x22" + junk(300)),
    "a torn tag": lambda rtmp: rtmp.send(Kind.VIDEO, b"\x90"),
    "a script of noise": lambda rtmp: rtmp.send(Kind.SCRIPT, junk(400)),
    "a message that is too long": lambda rtmp: rtmp.send(Kind.VIDEO, b"\x17\x01" + bytes(5 << 20)),
    "noise as H.264": lambda rtmp: [
        rtmp.send(Kind.VIDEO, b"\x17\0\0\0\0\x01" + junk(60)),
        *(rtmp.send(Kind.VIDEO, NOISE_AS_H264, at_ms) for at_ms in range(0, 4000, 40)),
    ],
    "noise": lambda rtmp: rtmp.send_raw(junk(60_000)),
}


@pytest.mark.parametrize("kind", FLV_REFUSED)
def test_a_right_key_is_no_licence_to_send_anything(kind: str, studio: Studio) -> None:
    feed = studio.feed(kind, "camera")
    rtmp = Rtmp(feed.rtmp_url, feed.stream_key)
    with contextlib.suppress(OSError):  # closed already; what was said is still to be read
        FLV_REFUSED[kind](rtmp)
    code, sentence = rtmp.status()
    rtmp.close()
    crew.within(SOON_S, lambda: studio.line(feed)["way"] == "")

    assert code == "NetStream.Publish.Rejected"
    assert sentence.endswith(".")
    assert studio.recordings(feed) == []


def test_an_encoder_that_sends_nothing_is_let_go(silent: Future[tuple[str, str]]) -> None:
    code, sentence = silent.result(40)

    assert code == "NetStream.Publish.Rejected"
    assert sentence == "No sound or picture came for too long."


# Floods


def test_a_flood_is_taken_as_fast_as_it_can_be_worked_through(house: House, studio: Studio) -> None:
    assert house.process
    serving = psutil.Process(house.process.pid)
    feed = studio.feed("Trombe")
    before_bytes = most_bytes = serving.memory_info().rss
    page = Page(feed.page_url, flood(), slice_s=0.0)
    page.start()
    while not page.is_all_sent:
        most_bytes = max(most_bytes, serving.memory_info().rss)
        time.sleep(0.02)
    page.finish()
    ended(studio, feed)

    (recording,) = studio.recordings(feed)
    with av.open(str(recording)) as container:
        pictures = sum(1 for packet in container.demux(video=0) if packet.size)
    assert recording.stat().st_size > 80_000_000
    assert most_bytes - before_bytes < 300_000_000
    assert pictures == FLOOD_PICTURES


def flood() -> list[bytes]:
    """Pictures as large as those of a cinema camera, in pieces of 2 MB."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 1280, 720, "yuv420p"
    encoder.framerate = Fraction(30)
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "x264-params": "qp=1:keyint=1", "profile": "high"}
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1280), np.uint8)
    picture = av.VideoFrame.from_ndarray(noise, format="yuv420p")
    picture.pts = 0
    (packet,) = [*encoder.encode(picture), *encoder.encode(None)]
    file = io.BytesIO()
    container: Any
    with av.open(file, "w", format="matroska", container_options={"live": "1"}) as container:
        track = container.add_mux_stream("h264", width=1280, height=720)
        for number in range(FLOOD_PICTURES):
            copy = av.Packet(bytes(packet))
            copy.stream, copy.time_base = track, Fraction(1, 30)
            copy.pts = copy.dts = number
            copy.is_keyframe = True
            container.mux(copy)
    content = file.getvalue()
    return cut_in(content, len(content) >> 21)


def test_nobody_is_left_behind(house: House, bystander: Bystander) -> None:
    crew.within(SOON_S, lambda: len(children(house, "blueroom.media.packer")) == 1)

    assert bystander.page.refusal == ""
    assert "Traceback" not in "".join(house.said)

"""Makes a clip's file for sharing: framed, with card, name and captions on it, at one loudness.

One pass by PyAV: x264 takes most of the time. See `cards` for what is drawn, `reframe`, `overlays`
and `levelling` for how it gets there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from av import AudioFrame, VideoFrame
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from blueroom.base.errors import NotAcceptable
from blueroom.media.captions import Cue, split_for_reading
from blueroom.media.cards import (
    CAPTION_GAP,
    PLACES,
    Card,
    CardColours,
    Look,
    Screen,
    Shape,
    caption,
    name_tag,
    question_card,
)
from blueroom.media.frames import frames_in
from blueroom.media.levelling import BIT_RATE, Soundtrack, find_gain_db
from blueroom.media.opening import open_file
from blueroom.media.overlays import Laid
from blueroom.media.reframe import BT709, CLOCK, LIMITED, Fit, Frame, Reframer

CARD_FROM_S = 0.25
TAG_GAP_S = 0.15  # between the card's end and the tag
MOST_FPS = 30  # more is dropped: no network shows it, and it costs twice the time
PRESET, CRF = (
    "superfast",
    22,
)  # x264 takes nine tenths of the time; `ultrafast` half of it, and looks so
GOP_S = 2
MOST_KBPS = 8_000  # of picture: more than CRF asks of all but noise
LEAST_KBPS = 250  # of picture; below, faces are blocks
_SIZES: dict[Shape, tuple[int, int]] = {"16x9": (1280, 720), "9x16": (720, 1280), "1x1": (720, 720)}
_FULL_HD = (1920, 1080)
_CONTAINER_SHARE = 0.96  # of a size limit that pictures and sound may take


class RenderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is made of a clip. `crop_x`, `crop_y`: where the middle of a narrower picture lies, 0 to
    1; `fit` "blur" keeps all of it. `cues` are burnt in, `language` is theirs. `colours`:
    the card's, where they are not the house's. `card_s`: how long
    the question is seen. `size_limit_bytes`: what the network that it goes to takes.
    """

    shape: Shape
    crop_x: float = 0.5
    crop_y: float = 0.5
    fit: Fit = "crop"
    card: Card | None = None
    card_s: float = 8.0
    cues: list[Cue] = []
    language: str = ""
    look: Look = "day"
    colours: CardColours | None = None
    target_lufs: float = -16.0
    size_limit_bytes: int | None = None


class RenderArguments(msgspec.Struct, frozen=True, kw_only=True):
    source: Path
    out: Path
    plan: RenderPlan


class RenderedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was made. `gain_db`: how much louder its sound is than the source's."""

    width_px: int
    height_px: int
    duration_s: float
    frames: int
    size_bytes: int
    gain_db: float


class NotRenderable(NotAcceptable):
    code = "render_no_picture"
    sentence = (
        "This clip has no picture that can be read, so no file for sharing can be made of it."
    )


class TooLongForLimit(NotAcceptable):
    code = "render_too_long_for_limit"
    sentence = "This clip is too long for the size that the network takes: cut it shorter."


def render_job(arguments: RenderArguments, on_progress: Callable[[float], None]) -> RenderedFile:
    """`render`, as the jobs' registry calls it."""
    return render(arguments.source, arguments.out, arguments.plan, on_progress)


def render(
    source: Path,
    out: Path,
    plan: RenderPlan,
    on_progress: Callable[[float], None] = lambda _: None,
) -> RenderedFile:
    """Write the file; it appears under its name when it is whole. May be repeated.

    Raises:
        FileUnreadable: the source is no file that we read.
        NotRenderable: it has no picture.
        TooLongForLimit: it cannot be made small enough.
    """
    unfinished = out.with_name(f"{out.name}.part")
    try:
        made = _write(source, unfinished, plan, on_progress)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    on_progress(1.0)
    return made


def _write(
    source: Path, out: Path, plan: RenderPlan, on_progress: Callable[[float], None]
) -> RenderedFile:
    with open_file(source) as file:
        if not file.container.streams.video:
            raise NotRenderable
        gain_db = find_gain_db(source, plan.target_lufs)
        job = _Rendering(file.container, file.duration_s, plan)
        with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as target:
            job.run(target, gain_db, on_progress)
    return RenderedFile(
        width_px=job.screen.width_px,
        height_px=job.screen.height_px,
        duration_s=job.end_s,
        frames=job.frames,
        size_bytes=out.stat().st_size,
        gain_db=gain_db,
    )


class _Rendering:
    """One clip on its way from one file to another."""

    def __init__(self, container: InputContainer, duration_s: float, plan: RenderPlan) -> None:
        self.container, self.plan = container, plan
        self.video = container.streams.video[0]
        self.video.thread_type = "AUTO"
        self.sound = container.streams.audio[0] if container.streams.audio else None
        self.fps = float(self.video.average_rate or self.video.guessed_rate or MOST_FPS)
        self.zero_s = float((self.video.start_time or 0) * (self.video.time_base or 0))
        self.duration_s = duration_s
        self.screen = Screen(plan.shape, *self._size(), plan.look, plan.colours)
        self.frames, self.end_s = 0, 0.0
        self._last = -math.inf

    def _size(self) -> tuple[int, int]:
        """That of the shape; full HD for what is at least that."""
        size = _SIZES[self.plan.shape]
        is_large = self.video.width >= _FULL_HD[0] and self.video.height >= _FULL_HD[1]
        return _FULL_HD if is_large and self.plan.shape == "16x9" else size

    def run(
        self, target: OutputContainer, gain_db: float, on_progress: Callable[[float], None]
    ) -> None:
        stream = self._add_picture(target)
        track = Soundtrack(target, gain_db, has_sound=self.sound is not None)
        shape = Frame(*self._size(), self.plan.fit, self.plan.crop_x, self.plan.crop_y)
        reframer = Reframer(shape, self.video.sample_aspect_ratio)
        # A file that was torn does not say how long it is.
        laid = lay_out(self.plan, self.screen, self.duration_s or math.inf)
        streams = [stream for stream in (self.video, self.sound) if stream is not None]
        for frame in frames_in(self.container, streams):
            if isinstance(frame, AudioFrame):
                track.put(frame, (frame.time or 0.0) - self.zero_s)
                continue
            at = self._take(frame)
            if at is None:
                continue
            for framed in reframer.put(frame, at):
                self._draw(framed, laid)
                target.mux(stream.encode(framed))
            track.write(at / CLOCK.denominator)
            on_progress(min(0.99, self.end_s / self.duration_s) if self.duration_s else 0.0)
        if not self.frames:
            raise NotRenderable
        target.mux(stream.encode(None))
        track.end(self.end_s)

    def _take(self, picture: VideoFrame) -> int | None:
        """When the picture is to be seen, in 1/90,000 s; None where it is one too many."""
        at = round(((picture.time or 0.0) - self.zero_s) * CLOCK.denominator)
        least = CLOCK.denominator / MOST_FPS * 0.75 if self.fps > MOST_FPS * 1.3 else 1
        if at < 0 or at - self._last < least:
            return None
        self._last = at
        self.frames += 1
        length_s = float((picture.duration or 0) * (picture.time_base or 0)) or 1 / self.fps
        self.end_s = at / CLOCK.denominator + length_s
        return at

    def _draw(self, framed: VideoFrame, laid: list[Laid]) -> None:
        at_s = framed.pts / CLOCK.denominator if framed.pts is not None else 0.0
        for overlay in laid:
            overlay.draw(framed, at_s)
        framed.pict_type = 0  # the source's key frames need not be ours
        framed.colorspace = framed.color_primaries = framed.color_trc = BT709
        framed.color_range = LIMITED

    def _add_picture(self, target: OutputContainer) -> VideoStream:
        fps = min(self.fps, MOST_FPS)
        stream = target.add_stream(
            "libx264", rate=Fraction(fps).limit_denominator(1001), options=self._x264_options(fps)
        )
        stream.width, stream.height = self.screen.width_px, self.screen.height_px
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = CLOCK
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED
        return stream

    def _x264_options(self, fps: float) -> dict[str, str]:
        options = {
            "preset": PRESET,
            "crf": str(CRF),
            "profile": "high",
            "g": str(round(fps * GOP_S)),
        }
        kbps = self._most_kbps()
        return {**options, "maxrate": f"{kbps}k", "bufsize": f"{kbps}k"}

    def _most_kbps(self) -> int:
        """The rate of the picture at which the file stays under its size, if it has one."""
        if self.plan.size_limit_bytes is None:
            return MOST_KBPS
        # A second more: x264's buffer is full at the beginning.
        whole_bps = self.plan.size_limit_bytes * _CONTAINER_SHARE * 8 / (self.duration_s + 1)
        kbps = int((whole_bps - BIT_RATE) / 1000)
        if kbps < LEAST_KBPS:
            raise TooLongForLimit(
                limit_bytes=self.plan.size_limit_bytes, duration_s=self.duration_s
            )
        return min(MOST_KBPS, kbps)


def lay_out(plan: RenderPlan, screen: Screen, duration_s: float) -> list[Laid]:
    """What is drawn over the picture and when: captions, the question, then who answers."""
    size = (screen.width_px, screen.height_px)
    laid: list[Laid] = []
    raised_px = 0
    for cue in split_for_reading(plan.cues, line_letters=PLACES[plan.shape].caption_letters):
        overlay = caption(cue.text, screen, plan.language)
        if overlay:
            laid.append(Laid(overlay, size, cue.start_s, cue.end_s, fade_s=0.0))
            if cue.start_s < plan.card_s:
                raised_px = max(raised_px, overlay.image.height + screen.px(CAPTION_GAP))
    if plan.card is None:
        return laid
    tag_from_s = CARD_FROM_S
    if plan.card.question.strip():
        shown = question_card(plan.card, screen, lift_px=raised_px)
        laid.append(Laid(shown, size, CARD_FROM_S, min(plan.card_s, duration_s)))
        tag_from_s = plan.card_s + TAG_GAP_S
    tag = name_tag(plan.card, screen)
    if tag:
        laid.append(Laid(tag, size, tag_from_s, duration_s + 1))
    return laid

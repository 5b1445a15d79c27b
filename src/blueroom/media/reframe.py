"""Brings any picture to a shape and size: upright, cropped or whole on a blurred ground."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

import av
from av import VideoFrame
from av.filter import Graph
from av.filter.context import FilterContext

from blueroom.media.parts import VIDEO_TIMESCALE

Fit = Literal["crop", "blur"]
CLOCK = Fraction(1, VIDEO_TIMESCALE)
BT709 = 1  # AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic agree on it
LIMITED = 1  # AVColorRange
_UNTOLD = (0, 2)  # AVColorSpace: RGB, unspecified
_SMALL_PX = 720  # pictures lower than this are BT.601 where they do not say
_TALL_TOP = 0.30  # how much of the spare height lies above a wide picture in a tall one
_TRANSPOSE = {90: "2", -270: "2", -90: "1", 270: "1"}  # by the angle, counterclockwise


class Frame(NamedTuple):
    """What a picture is framed to. `crop_x`, `crop_y`: where its middle lies, 0 to 1."""

    width_px: int
    height_px: int
    fit: Fit = "crop"
    crop_x: float = 0.5
    crop_y: float = 0.5


class Reframer:
    """Frames pictures one after another; they may change in size or form on the way."""

    def __init__(self, frame: Frame, sample_aspect: Fraction | None) -> None:
        self._frame = frame
        self._sample_aspect = sample_aspect or Fraction(1)
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def put(self, picture: VideoFrame, at: int) -> Iterator[VideoFrame]:
        """The picture framed: BT.709, yuv420p, its time `at` in 1/90,000 s, free to be drawn on."""
        kind = (
            picture.width,
            picture.height,
            picture.format.name,
            picture.rotation,
            picture.colorspace,
        )
        if self._graph is None or kind != self._made_for:
            self._graph, self._made_for = self._new_graph(picture), kind
        picture.pts, picture.time_base = at, CLOCK
        self._graph.vpush(picture)
        while True:
            try:
                framed = self._graph.vpull()
            except (BlockingIOError, av.EOFError):
                return
            framed.make_writable()
            yield framed

    def _new_graph(self, picture: VideoFrame) -> Graph:
        graph = Graph()
        last: FilterContext = graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=CLOCK,
        )
        upright = self._upright(picture)
        size = upright_size(picture, self._sample_aspect)
        if self._frame.fit == "blur" and not _is_alike(size, self._frame):
            last = _chain(graph, last, upright)
            last = _blurred(graph, last, self._frame)
        else:
            crop = _crop(size, self._frame)
            scale = (
                f"{self._frame.width_px}:{self._frame.height_px}:flags=bicubic",
                *_colours(picture),
            )
            last = _chain(graph, last, [*upright, ("crop", crop), ("scale", ":".join(scale))])
        _chain(graph, last, [("setsar", "1"), ("format", "yuv420p"), ("buffersink", None)])
        graph.configure()
        return graph

    def _upright(self, picture: VideoFrame) -> list[tuple[str, str | None]]:
        steps: list[tuple[str, str | None]] = []
        if self._sample_aspect != 1:
            wide = round(picture.width * self._sample_aspect / 2) * 2
            steps.append(("scale", f"{wide}:{picture.height}"))
        if picture.rotation in _TRANSPOSE:
            steps.append(("transpose", _TRANSPOSE[picture.rotation]))
        elif abs(picture.rotation) == 180:
            steps += [("hflip", None), ("vflip", None)]
        return steps


def upright_size(picture: VideoFrame, sample_aspect: Fraction | None) -> tuple[int, int]:
    """Width and height as the picture is to be seen."""
    wide = round(picture.width * (sample_aspect or 1) / 2) * 2
    turned = picture.rotation in _TRANSPOSE
    return (picture.height, wide) if turned else (wide, picture.height)


def _is_alike(size: tuple[int, int], frame: Frame) -> bool:
    """Whether a crop would take less than a twentieth away."""
    shape = (size[0] * frame.height_px) / (size[1] * frame.width_px)
    return 0.95 < shape < 1.05


def _crop(size: tuple[int, int], frame: Frame) -> str:
    """The largest part of the frame's shape around the middle that was chosen."""
    width, height = size
    shape = frame.width_px / frame.height_px
    wide = min(width, round(height * shape / 2) * 2)
    high = min(height, round(width / shape / 2) * 2)
    x = min(max(0, round(width * frame.crop_x - wide / 2)), width - wide)
    y = min(max(0, round(height * frame.crop_y - high / 2)), height - high)
    return f"{wide}:{high}:{x // 2 * 2}:{y // 2 * 2}"


def _colours(picture: VideoFrame) -> tuple[str, ...]:
    """The scaler's words for what colours the picture has, and that it shall have BT.709."""
    told = picture.colorspace not in _UNTOLD
    source = "auto" if told else "bt601" if picture.height < _SMALL_PX else "bt709"
    return (f"in_color_matrix={source}", "out_color_matrix=bt709", "out_range=tv")


def _blurred(graph: Graph, last: FilterContext, frame: Frame) -> FilterContext:
    """The whole picture over an enlarged, blurred and darkened one."""
    wide, high = frame.width_px, frame.height_px
    small = f"{wide // 16 * 2}:{high // 16 * 2}"
    split = graph.add("split", "2")
    last.link_to(split)
    ground = graph.add(
        "scale",
        f"{small}:force_original_aspect_ratio=increase:flags=area:out_color_matrix=bt709:out_range=tv",
    )
    split.link_to(ground, 0, 0)
    ground = _chain(
        graph,
        ground,
        [
            ("crop", small),
            ("gblur", "sigma=4"),
            ("lutyuv", "y=16+(val-16)*0.72"),
            ("scale", f"{wide}:{high}:flags=bicubic"),
        ],
    )
    whole = graph.add(
        "scale",
        f"{wide}:{high}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic:out_color_matrix=bt709:out_range=tv",
    )
    split.link_to(whole, 1, 0)
    top = _TALL_TOP if high > wide else 0.5
    over = graph.add("overlay", f"(W-w)/2:(H-h)*{top}:format=yuv420")
    ground.link_to(over, 0, 0)
    whole.link_to(over, 0, 1)
    return over


def _chain(graph: Graph, last: FilterContext, steps: list[tuple[str, str | None]]) -> FilterContext:
    for name, arguments in steps:
        step = graph.add(name, arguments)
        last.link_to(step)
        last = step
    return last

"""What a screen says of itself, checked once where it comes in."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from blueroom.walls.errors import ReportUnclear

BODY_BYTES = 4000
Size = Annotated[int, Meta(ge=0, le=100_000)]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`frame_age_ms` is how long ago the screen last painted; `still_relays` are ids of
    those whose picture stands still on it; `is_closing` is its goodbye."""

    key: Annotated[str, Meta(pattern=r"^[a-z0-9-]{8,40}$")]
    kind: Literal["questions", "videos", "heat", "overlay"]
    scene: Annotated[str, Meta(pattern=r"^[a-z]{0,20}$")]
    title: Annotated[str, Meta(max_length=160)] = ""
    is_dark: bool = False
    is_covered: bool = False
    is_stale: bool = False
    frame_age_ms: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    build: Annotated[str, Meta(pattern=r"^[\w.-]{0,40}$")] = ""
    width_px: Size = 0
    height_px: Size = 0
    still_relays: Annotated[list[int], Meta(max_length=9)] = []
    is_closing: bool = False


def read_report(body: bytes) -> Report:
    """Raises: ReportUnclear."""
    if len(body) > BODY_BYTES:
        raise ReportUnclear
    try:
        report = msgspec.json.decode(body, type=Report)
    except msgspec.MsgspecError:
        raise ReportUnclear from None
    if "\0" in report.title:
        raise ReportUnclear
    return report

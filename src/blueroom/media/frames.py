"""Decodes a file's pictures and sound together, as they lie in it; what is broken is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import av
from av import AudioFrame, VideoFrame
from av.container import InputContainer


def frames_in(
    container: InputContainer, streams: Sequence[Any]
) -> Iterator[AudioFrame | VideoFrame]:
    """The frames of some of its streams that have a time, up to where the file ends or is torn."""
    try:
        for packet in container.demux(*streams) if streams else ():
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if isinstance(frame, AudioFrame | VideoFrame) and frame.time is not None:
                    yield frame
    except av.FFmpegError:
        return

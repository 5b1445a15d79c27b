"""A viewer (WHEP, draft-ietf-wish-whep-03, read 2026-11-26): what a feed sends, as it is.

Whoever cannot keep up loses pictures up to the next key frame, never part of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from aiortc import RTCRtpTransceiver

from blueroom.media.webrtc import passing
from blueroom.media.webrtc.connection import Connection
from blueroom.media.webrtc.wire import Kind

_WAITING = 45  # pictures or sounds: a second and a half of pictures, and it is far behind
_HEAVY_LOSS = 0.25  # of the packets between two reports, which come about once a second
_RATES: dict[Kind, int] = {"h264": 90_000, "opus": 48_000}


class Piece(msgspec.Struct, frozen=True):
    """A picture or sound, cut into RTP payloads once for all viewers."""

    kind: Kind
    payloads: list[bytes]
    at_s: float
    is_key: bool


class Viewer(Connection):
    """One connection that watches a feed."""

    def __init__(
        self,
        *,
        on_connected: Callable[[], None],
        on_ended: Callable[[str], None],
        on_key_wanted: Callable[[], None],
    ) -> None:
        super().__init__(on_connected=on_connected, on_ended=on_ended)
        self._on_key_wanted = on_key_wanted
        self._queues: dict[Kind, asyncio.Queue[Piece]] = {}
        self._needs_key = True
        self.dropped = 0

    def prepare(self, transceiver: RTCRtpTransceiver) -> dict[str, str]:
        transceiver.direction = "sendonly"
        kind: Kind = "h264" if transceiver.kind == "video" else "opus"
        queue: asyncio.Queue[Piece] = asyncio.Queue(_WAITING)
        self._queues[kind] = queue

        async def next_payloads() -> tuple[list[bytes], int]:
            piece = await queue.get()
            return piece.payloads, round(piece.at_s * _RATES[kind]) & 0xFFFFFFFF

        passing.send_encoded(
            transceiver,
            next_payloads=next_payloads,
            on_key_wanted=self._on_key_wanted,
            on_loss=self._note_loss,
        )
        # Of sounds: that we may send stereo (RFC 7587, section 6.1).
        return {} if kind == "h264" else {"sprop-stereo": "1"}

    def offer(self, piece: Piece) -> None:
        """Send it, or drop it where the viewer does not keep up."""
        queue = self._queues.get(piece.kind)
        if queue is None or not self.is_connected:
            return
        if piece.kind == "h264":
            if self._needs_key and not piece.is_key:
                self.dropped += 1
                return
            self._needs_key = queue.full()
        if queue.full():
            self.dropped += 1
            return
        queue.put_nowait(piece)

    def _note_loss(self, loss: float) -> None:
        """A line that loses this much gets less: nothing up to the next key frame."""
        if loss >= _HEAVY_LOSS:
            self._needs_key = True

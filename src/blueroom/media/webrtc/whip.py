"""A feed that comes in (WHIP, RFC 9725, read 2026-11-26): its pictures and sounds as they are.

Browsers send a key frame only when asked, so one is asked for every two seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from aiortc import RTCRtpReceiver, RTCRtpTransceiver

from blueroom.media.webrtc import passing
from blueroom.media.webrtc.assembly import Missing, PictureAssembly, SoundOrder
from blueroom.media.webrtc.bandwidth import FULL_BPS, START_KBPS, Allowance
from blueroom.media.webrtc.clock import FeedClock
from blueroom.media.webrtc.connection import Connection
from blueroom.media.webrtc.counting import Unwrapped
from blueroom.media.webrtc.wire import FeedChanged, Figures, Frame, Kind, State

KEY_EVERY_S = 2.0
# The request, or the key frame, was lost; or the line is slow, and one more would not come sooner.
_KEY_AGAIN_S = 0.5
_KEY_AGAIN_MOST_S = 2.0
SILENT_S = 1.5
_RATES: dict[Kind, int] = {"h264": 90_000, "opus": 48_000}
_VIDEO = {
    "x-google-start-bitrate": str(START_KBPS),
    "x-google-max-bitrate": str(FULL_BPS // 1000),
}
# For music: stereo, and repair of what is lost (RFC 7587, section 6.1).
_SOUND = {"minptime": "10", "useinbandfec": "1", "stereo": "1"}


class Out(Protocol):
    """The feed that a sender sends."""

    name: str

    def tell(self, message: Frame | FeedChanged | Figures, /) -> None: ...
    def show(self, kind: Kind, data: bytes, at_s: float, is_key: bool) -> None: ...


class Sender(Connection):
    """One connection that sends a feed."""

    def __init__(
        self, out: Out, *, on_connected: Callable[[], None], on_ended: Callable[[str], None]
    ) -> None:
        super().__init__(on_connected=on_connected, on_ended=on_ended)
        self._out = out
        self._video: RTCRtpReceiver | None = None
        self._missing = Missing()
        self._pictures = PictureAssembly(
            self._take_picture, lambda: self._forget("h264"), wait_s=self._missing.wait_s
        )
        self._sounds = SoundOrder(self._take_sound, lambda: self._forget("opus"))
        self._allowance: Allowance | None = None
        self._clock = FeedClock({})
        self._held: list[tuple[Kind, bytes, int, bool, float]] = []
        self._ticks: dict[Kind, Unwrapped] = {}
        self._view_offset_s: dict[Kind, float] = {}
        self._heard_s = time.monotonic()
        self._received = 0  # packets, when something was heard last
        self._is_silent = False
        self._key_asked_s = 0.0
        self._key_due_s = 0.0
        self._key_again_s = _KEY_AGAIN_S
        self._asking: asyncio.Task[None] | None = None
        self._counted = _Counted()

    def prepare(self, transceiver: RTCRtpTransceiver) -> dict[str, str]:
        transceiver.direction = "recvonly"
        if transceiver.kind == "video":
            self._ticks["h264"] = Unwrapped(32)
            self._prepare_video(transceiver.receiver)
        else:
            self._ticks["opus"] = Unwrapped(32)
            passing.receive_encoded(
                transceiver.receiver,
                buffer=self._sounds,
                on_report=lambda at_s, tick: self._clock.report("opus", at_s, tick),
            )
        self._clock = FeedClock({kind: _RATES[kind] for kind in self._ticks})
        return _VIDEO if transceiver.kind == "video" else _SOUND

    def _prepare_video(self, receiver: RTCRtpReceiver) -> None:
        estimator, is_overused, incoming_bps = passing.new_estimator()
        self._video = receiver
        self._allowance = Allowance(
            estimator,
            loss=lambda: self._counted.loss,
            is_overused=is_overused,
            incoming_bps=incoming_bps,
        )
        passing.receive_encoded(
            receiver,
            buffer=self._pictures,
            on_report=lambda at_s, tick: self._clock.report("h264", at_s, tick),
            parts={
                "nack_generator": self._missing,
                "remote_bitrate_estimator": self._allowance,
            },
        )

    def want_key(self) -> None:
        """Ask for a key frame now."""
        if self._video is not None and self._pictures.ssrc is not None and self.is_connected:
            self._key_asked_s = time.monotonic()
            self._asking = asyncio.ensure_future(
                passing.ask_for_key(self._video, self._pictures.ssrc)
            )

    def tick(self, now_s: float) -> None:
        """To be called several times a second: requests, the watchdog, figures."""
        if not self.is_connected:
            return
        self._watch(now_s)
        is_due = self._pictures.needs_key or now_s >= self._key_due_s
        if is_due and now_s - self._key_asked_s >= self._key_again_s and not self._is_silent:
            self.want_key()
            self._key_again_s = min(_KEY_AGAIN_MOST_S, 2 * self._key_again_s)
        if figures := self._counted.figures(now_s, self._missing):
            video_kbps, audio_kbps, fps = figures
            self._out.tell(
                Figures(
                    feed=self._out.name,
                    video_kbps=video_kbps,
                    audio_kbps=audio_kbps,
                    fps=fps,
                    loss=self._counted.loss,
                    lost=self._pictures.lost + self._sounds.lost,
                    allowed_kbps=self._allowance.allowed_bps // 1000 if self._allowance else 0,
                )
            )

    def _watch(self, now_s: float) -> None:
        """The watchdog: ICE itself takes half a minute to notice that nothing comes."""
        received = self._missing.received + self._sounds.received
        if received != self._received:
            self._received, self._heard_s = received, now_s
        is_silent = now_s - self._heard_s >= SILENT_S
        if is_silent != self._is_silent:
            self._is_silent = is_silent
            state: State = "silent" if is_silent else "back"
            self._out.tell(FeedChanged(feed=self._out.name, resource=self.resource, state=state))

    def _forget(self, kind: Kind) -> None:
        self._clock.forget(kind)
        self._view_offset_s.pop(kind, None)
        self._ticks[kind] = Unwrapped(32)

    def _take_picture(self, data: bytes, tick: int, is_key: bool) -> None:
        if is_key:
            # Counted from the request, so that it does not slip by how long each took to come.
            asked_s = max(self._key_asked_s, time.monotonic() - _KEY_AGAIN_S)
            self._key_due_s = asked_s + KEY_EVERY_S
            self._key_again_s = _KEY_AGAIN_S
        self._counted.pictures += 1
        self._counted.picture_bytes += len(data)
        self._take("h264", data, tick, is_key)

    def _take_sound(self, data: bytes, tick: int) -> None:
        self._counted.sound_bytes += len(data)
        self._take("opus", data, tick, is_key=True)

    def _take(self, kind: Kind, data: bytes, tick: int, is_key: bool) -> None:
        if self.is_over:
            return
        now_s = time.monotonic()
        self._out.show(kind, data, self._view_s(kind, tick, now_s), is_key)
        if self._clock.is_ready(now_s):
            self._release()
            self._tell(kind, data, tick, is_key, now_s)
        else:
            self._clock.hold(kind, tick, now_s)
            self._held.append((kind, data, tick, is_key, now_s))

    def _view_s(self, kind: Kind, tick: int, now_s: float) -> float:
        """The time for viewers, who are not made to wait until the clock is ready: a player
        aligns the two by the reports that we send with them."""
        at_s = self._ticks[kind].of(tick) / _RATES[kind]
        return at_s + self._view_offset_s.setdefault(kind, now_s - at_s)

    def _release(self) -> None:
        held, self._held = self._held, []
        for one in held:
            self._tell(*one)

    def _tell(self, kind: Kind, data: bytes, tick: int, is_key: bool, arrived_s: float) -> None:
        at_s = self._clock.at_s(kind, tick, arrived_s)
        self._out.tell(Frame(feed=self._out.name, kind=kind, data=data, at_s=at_s, is_key=is_key))


class _Counted:
    """What came in since the last figures."""

    def __init__(self) -> None:
        self.pictures = self.picture_bytes = self.sound_bytes = 0
        self.loss = 0.0
        self._since_s = time.monotonic()
        self._received = self._asked = 0

    def figures(self, now_s: float, missing: Missing) -> tuple[int, int, int] | None:
        """Video and audio in kb/s and pictures a second, once a second."""
        elapsed_s = now_s - self._since_s
        if elapsed_s < 1.0:
            return None
        received, asked = missing.received - self._received, missing.asked - self._asked
        self.loss = min(1.0, asked / received) if received else 0.0
        figures = (
            round(self.picture_bytes * 8 / 1000 / elapsed_s),
            round(self.sound_bytes * 8 / 1000 / elapsed_s),
            round(self.pictures / elapsed_s),
        )
        self._received, self._asked = missing.received, missing.asked
        self.pictures = self.picture_bytes = self.sound_bytes = 0
        self._since_s = now_s
        return figures

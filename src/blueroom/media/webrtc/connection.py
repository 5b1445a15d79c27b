"""What a sender's and a viewer's connection have in common."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription

from blueroom.base.errors import BlueRoomError
from blueroom.media.webrtc import passing
from blueroom.media.webrtc.offer import NoH264, NoOpus, OfferMalformed, checked

logger = logging.getLogger(__name__)

CONNECT_S = 15.0  # from the answer to the connection


class Connection:
    """One answered offer. `on_ended` is called once, with the code of why."""

    def __init__(
        self, *, on_connected: Callable[[], None], on_ended: Callable[[str], None]
    ) -> None:
        self.resource = secrets.token_urlsafe(16)
        self.is_connected = False
        self.is_over = False
        self._on_connected = on_connected
        self._on_ended = on_ended
        self._closing: asyncio.Task[None] | None = None
        # No STUN server: our addresses are given, and viewers come to us.
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.on("connectionstatechange", self._note_state)
        self._overdue = asyncio.get_running_loop().call_later(CONNECT_S, self._note_overdue)

    def prepare(self, transceiver: RTCRtpTransceiver) -> dict[str, str]:
        """Get ready for one medium. Returns what the answer says of its codec besides."""
        raise NotImplementedError

    async def take(self, sdp: str) -> str:
        """The answer to an offer.

        Raises:
            OfferMalformed, OfferRefused, NoH264, NoOpus: and the connection is closed.
        """
        try:
            return await self._answer(checked(sdp))
        except BlueRoomError:
            self.end("refused")
            raise
        except Exception as error:  # aiortc raises whatever its parsing trips over
            logger.info("An offer could not be read: %r", error)
            self.end("refused")
            raise OfferMalformed from error

    async def _answer(self, sdp: str) -> str:
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        for transceiver in self._peer.getTransceivers():
            parameters = self.prepare(transceiver)
            name, refusal = ("h264", NoH264) if transceiver.kind == "video" else ("opus", NoOpus)
            if not passing.keep_codec(transceiver, name, parameters):
                raise refusal
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return str(self._peer.localDescription.sdp)

    def end(self, code: str) -> None:
        """Close it and say why. May be repeated."""
        if self.is_over:
            return
        self.is_over = True
        self._overdue.cancel()
        self._closing = asyncio.ensure_future(self._peer.close())
        self._on_ended(code)

    async def closed(self) -> None:
        """Wait until an ended connection is gone from the network."""
        if self._closing is not None:
            await self._closing

    def _note_state(self) -> None:
        state = self._peer.connectionState
        if state == "connected":
            self.is_connected = True
            self._overdue.cancel()
            self._on_connected()
        elif state == "closed":
            self.end("left")
        elif state == "failed":
            self.end("failed")

    def _note_overdue(self) -> None:
        self.end("never_connected")

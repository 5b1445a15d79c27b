"""Encoders that send by RTMP: OBS and its like, each with a feed's stream key."""

from __future__ import annotations

import socket

from blueroom.base.errors import BlueRoomError
from blueroom.media import rtmp
from blueroom.media.feeds import Run
from blueroom.media.live import Live


class EncoderSender:
    """The encoder at the other end, as a run's `Sender`."""

    def __init__(self, peer: rtmp.Peer) -> None:
        self._peer = peer

    def end(self, code: str, sentence: str) -> None:  # noqa: ARG002 - for pages
        """Close its connection with the sentence."""
        self._peer.end(sentence or "The studio has ended this feed.")


class EncoderIntake:
    """Where an encoder's FLV goes."""

    def __init__(self, live: Live, run: Run) -> None:
        self._live = live
        self._run = run

    def feed(self, data: bytes, /) -> None:
        """More of it."""
        self._run.note_heard()
        self._run.packer.feed(data)

    async def drained(self) -> None:
        """Wait while the packer is behind."""
        await self._run.packer.drained()

    def close(self) -> None:
        """No more will come: an encoder that reconnects begins anew."""
        self._run.sender = None
        self._live.spawn(self._live.end_feed(self._run))


class Encoders:
    """The RTMP server of this process."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._server: rtmp.RtmpServer | None = None

    async def open(self, sock: socket.socket) -> None:
        """Answer encoders on this socket."""
        self._server = await rtmp.serve(sock, self._authorize)

    async def close(self) -> None:
        """End all connections. May be repeated."""
        if self._server is not None:
            await self._server.close()

    async def _authorize(
        self,
        app: str,  # noqa: ARG002 - any will do
        key: str,
        peer: rtmp.Peer,
    ) -> rtmp.Intake | None:
        grant = await self._live.ask(self._live.door.feed_of_key, key)
        if grant is None:
            return None
        try:
            run = await self._live.receive(grant, "flv", EncoderSender(peer), takes_over=False)
        except BlueRoomError as error:
            self._live.report(
                self._live.door.note_problem, grant.feed_id, error.code, str(error.message)
            )
            raise rtmp.PublishRefused(str(error.message)) from error
        return EncoderIntake(self._live, run)

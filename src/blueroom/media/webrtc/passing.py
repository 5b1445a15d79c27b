"""The parts of aiortc that are replaced, so that what is encoded passes through as it is.

aiortc decodes what it receives and encodes what it sends, and offers no other way
(https://github.com/aiortc/aiortc/issues/984). These parts are private: aiortc is pinned to one
version, and whoever changes it has to look at this file. It replaces, in one receiver: the jitter
buffer, the list of missing packets, the estimate of bandwidth, the queue of its decoding thread
(which then sleeps to its end), and what hears the sender's reports. In one sender: where it takes
the next frame from, and what it does when a viewer asks for a key frame. In the whole process: the
addresses that ICE uses, and the profiles of H.264 and the payload types that are negotiated.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

import aioice.ice
from aiortc import MediaStreamTrack, RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver, codecs, rtp
from aiortc.codecs.h264 import H264Encoder
from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpsender import RTCEncodedFrame
from aiortc.rtp import AnyRtcpPacket, RtcpRrPacket, RtcpSrPacket

from blueroom.media.webrtc.assembly import Packet

_NTP_UNIT = 1 << 32
# Main, high and constrained high, beside aiortc's two baselines: nothing is decoded here.
_MORE_PROFILES = ("4d001f", "64001f", "640c1f")


class _Buffer(Protocol):
    def add(self, packet: Packet) -> tuple[bool, None]: ...


class _Parked:
    """Stands where a receiver has the queue of its decoding thread, which gets only the end."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def put(self, task: object) -> None:
        if task is None:
            self._ended.set()

    def get(self) -> None:
        self._ended.wait()


def receive_encoded(
    receiver: RTCRtpReceiver,
    *,
    buffer: _Buffer,
    on_report: Callable[[float, int], None],
    parts: dict[str, object] | None = None,
) -> None:
    """Have a receiver give its packets to `buffer`, undecoded. Before it starts.

    `on_report` is told the sender's clock in seconds and the RTP time of each of its reports.
    `parts` are further ones to replace, by their name in aiortc.
    """
    replaced = {"jitter_buffer": buffer, "decoder_queue": _Parked(), **(parts or {})}
    for name, part in replaced.items():
        private = f"_RTCRtpReceiver__{name}"
        assert hasattr(receiver, private), f"aiortc has no {name} any more"
        setattr(receiver, private, part)
    handle = receiver._handle_rtcp_packet

    async def hear(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket):
            report = packet.sender_info
            on_report(report.ntp_timestamp / _NTP_UNIT, report.rtp_timestamp)
        await handle(packet)

    receiver._handle_rtcp_packet = hear  # type: ignore[method-assign]


async def ask_for_key(receiver: RTCRtpReceiver, ssrc: int) -> None:
    """Ask the sender for a key frame. `ssrc` is that of the pictures: browsers ignore a request
    for the one of their repetitions."""
    await receiver._send_rtcp_pli(ssrc)


def new_estimator() -> tuple[RemoteBitrateEstimator, Callable[[], bool], Callable[[int], float]]:
    """aiortc's estimate, whether it sees delay grow, and the bit/s that come in."""
    estimator = RemoteBitrateEstimator()
    return (
        estimator,
        lambda: estimator.detector.state() is BandwidthUsage.OVERUSING,
        lambda now_ms: float(estimator.incoming_bitrate.rate(now_ms) or 0),
    )


class _Nothing(MediaStreamTrack):
    """A sender needs a track to run. This one is never asked."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    async def recv(self) -> NoReturn:
        raise AssertionError


def send_encoded(
    transceiver: RTCRtpTransceiver,
    *,
    next_payloads: Callable[[], Awaitable[tuple[list[bytes], int]]],
    on_key_wanted: Callable[[], None],
    on_loss: Callable[[float], None],
) -> None:
    """Have a sender send payloads as they are, with their RTP time. Before it starts.

    `on_loss` is told the part of the packets that the viewer lost, with each of its reports.
    """
    sender: RTCRtpSender = transceiver.sender
    sender.replaceTrack(_Nothing(transceiver.kind))
    handle = sender._handle_rtcp_packet

    async def next_frame(codec: RTCRtpCodecParameters) -> RTCEncodedFrame:
        payloads, timestamp = await next_payloads()
        return RTCEncodedFrame(payloads, timestamp, None)  # type: ignore[arg-type]  # None is taken

    async def hear(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpRrPacket):
            for report in packet.reports:
                if report.ssrc == sender._ssrc:
                    on_loss(report.fraction_lost / 256)
        await handle(packet)

    for name, part in {
        "_next_encoded_frame": next_frame,
        "_send_keyframe": on_key_wanted,
        "_handle_rtcp_packet": hear,
    }.items():
        assert hasattr(sender, name), f"aiortc has no {name} any more"
        setattr(sender, name, part)


def picture_payloads(picture: bytes) -> list[bytes]:
    """The picture in RTP payloads (RFC 6184, packetization mode 1)."""
    payloads: list[bytes] = H264Encoder._packetize(H264Encoder._split_bitstream(picture))
    return payloads


def keep_codec(transceiver: RTCRtpTransceiver, name: str, parameters: dict[str, str]) -> bool:
    """Leave one codec and its repetitions in the negotiation, with more parameters in the answer.

    `setCodecPreferences` is ignored once the offer is applied. False: it is not offered.
    """
    kept = [codec for codec in transceiver._codecs if codec.name.lower() == name]
    types = {codec.payloadType for codec in kept}
    for codec in kept:
        codec.parameters.update(parameters)
    repeated = [
        codec
        for codec in transceiver._codecs
        if codec.name.lower() == "rtx" and codec.parameters.get("apt") in types
    ]
    transceiver._codecs = kept + repeated
    return bool(kept)


def settle(hosts: list[str]) -> None:
    """For the whole process: ICE uses these addresses of this machine only (none: all of them),
    and the offers' other profiles of H.264 and payload types are understood."""
    if hosts:
        aioice.ice.get_host_addresses = lambda **_: hosts
    # RFC 9335, section 4.2: browsers have begun to use 35 to 63. aiortc answers with a number of
    # its own for those, and nothing would be received.
    rtp.DYNAMIC_PAYLOAD_TYPES = frozenset({*range(35, 64), *range(96, 128)})  # type: ignore[assignment]
    known = codecs.CODECS["video"]
    plain = next(codec for codec in known if codec.name == "H264")
    for number, profile in enumerate(_MORE_PROFILES):
        more = copy.deepcopy(plain)
        more.payloadType = 120 + number
        more.parameters["profile-level-id"] = profile
        if all(codec.parameters != more.parameters for codec in known):
            known.append(more)

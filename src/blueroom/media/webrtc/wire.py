"""What the house and the WebRTC process say to each other: MessagePack with lengths before it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

LENGTH_BYTES = 4
LARGEST_MESSAGE_BYTES = 8 << 20

Kind: TypeAlias = Literal["h264", "opus"]
State: TypeAlias = Literal["connected", "silent", "back", "ended"]


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where the child may be reached by UDP; it gets them when it is started.

    `hosts` are addresses of this machine, none: all of them; an entry `10.0.0.5/203.0.113.7` uses
    the first and tells senders and viewers the second, where a router maps one to the other.
    `ports` are the first and the last that may be used, None: whichever is free.
    """

    hosts: list[str] = []
    ports: tuple[int, int] | None = None


class OfferIn(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Somebody wants to send the feed. `Answered` or `Refused` with the same number follows."""

    number: int
    feed: str
    sdp: str


class OfferOut(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Somebody wants to watch the feed. `Answered` or `Refused` with the same number follows."""

    number: int
    feed: str
    sdp: str


class End(msgspec.Struct, frozen=True, tag=True):
    """Close a connection; one that is unknown or gone already is no fault."""

    resource: str


class Show(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A picture or some sound for those who watch a feed that does not come in here."""

    feed: str
    kind: Kind
    data: bytes
    at_s: float
    is_key: bool


class WantKey(msgspec.Struct, frozen=True, tag=True):
    """Ask the feed's sender for a key frame now."""

    feed: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The child is there."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The offer is taken."""

    number: int
    sdp: str
    resource: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The offer is not taken, and why."""

    number: int
    code: str
    sentence: str


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One picture in H.264 with start codes, or one Opus packet.

    `at_s` is when it was taken, on this machine's `time.monotonic`, both kinds on one scale.
    """

    feed: str
    kind: Kind
    data: bytes
    at_s: float
    is_key: bool


class FeedChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How the connection that sends a feed is: connected, silent for 1.5 s, back, ended.

    `code` says why it ended: stopped, left, replaced, failed, never_connected, crashed.
    """

    feed: str
    resource: str
    state: State
    code: str = ""


class Viewers(msgspec.Struct, frozen=True, tag=True):
    """How many watch the feed now. Where none do, `Show` is wasted."""

    feed: str
    count: int


class KeyWanted(msgspec.Struct, frozen=True, tag=True):
    """A viewer cannot go on without a key frame of a feed that does not come in here."""

    feed: str


class Figures(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What came in of a feed during the last second. `loss` is the part of the video's packets that
    had to be asked for again, `lost` counts pictures and sounds that are missing since it began,
    `allowed_kbps` what the sender was told it may use."""

    feed: str
    video_kbps: int
    audio_kbps: int
    fps: int
    loss: float
    lost: int
    allowed_kbps: int


ToChild = OfferIn | OfferOut | End | Show | WantKey
FromChild = Ready | Answered | Refused | Frame | FeedChanged | Viewers | KeyWanted | Figures

_encoder = msgspec.msgpack.Encoder()
decode_to_child = msgspec.msgpack.Decoder(ToChild).decode
decode_from_child = msgspec.msgpack.Decoder(FromChild).decode


def encode(message: ToChild | FromChild) -> bytes:
    """The message as it goes over the line."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body

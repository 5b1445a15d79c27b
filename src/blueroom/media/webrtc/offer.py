"""Offers as they come from outside: checked, and without the addresses that they name.

An answer that sends checks to the addresses of an offer would let anybody have us knock at doors
inside our network. A browser can reach us or it cannot; where it comes from is learnt when it does
(RFC 8445, section 7.3.1.3, read 2026-11-26). So all candidates are left out.
"""

from __future__ import annotations

import re
from typing import ClassVar

from blueroom.base.errors import NotAcceptable

_LARGEST_BYTES = 1 << 16
_FINGERPRINT = re.compile(r"^a=fingerprint:sha-\d+ ", re.MULTILINE)
_MEDIA = re.compile(r"^m=(\w+) ", re.MULTILINE)
_ADDRESSES = re.compile(r"^a=(candidate:.*|end-of-candidates)\r?\n", re.MULTILINE)
_HOST = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)", re.MULTILINE)


class OfferMalformed(NotAcceptable):
    """The body is no SDP offer as browsers make it."""

    code: ClassVar[str] = "offer_malformed"
    sentence: ClassVar[str] = "The offer cannot be read. It has to be SDP with ICE and DTLS."


class OfferRefused(NotAcceptable):
    """The offer asks for what is not done here."""

    code: ClassVar[str] = "offer_refused"
    sentence: ClassVar[str] = "Offer one video, one sound, or one of each."


class NoH264(NotAcceptable):
    """The browser cannot do H.264 by WebRTC."""

    code: ClassVar[str] = "no_h264"
    sentence: ClassVar[str] = (
        "This browser offers no H.264 by WebRTC. Use its normal way of sending and watching here, "
        "or another browser."
    )


class NoOpus(NotAcceptable):
    """The sound is offered in another codec only."""

    code: ClassVar[str] = "no_opus"
    sentence: ClassVar[str] = "The sound has to be offered as Opus."


def checked(sdp: str) -> str:
    """The offer to be given to aiortc.

    Raises:
        OfferMalformed: too long, no SDP, or without the fingerprint that DTLS is checked by.
        OfferRefused: it has other media than one video and one sound.
    """
    is_whole = sdp.startswith("v=0") and _FINGERPRINT.search(sdp)
    if len(sdp) > _LARGEST_BYTES or not is_whole:
        raise OfferMalformed
    kinds = _MEDIA.findall(sdp)
    if not kinds or set(kinds) - {"audio", "video"} or len(kinds) != len(set(kinds)):
        raise OfferRefused
    return _ADDRESSES.sub("", sdp if sdp.endswith("\n") else sdp + "\r\n")


def with_hosts(sdp: str, told: dict[str, str]) -> str:
    """An answer that names other addresses than ours: those by which we can be reached."""

    def replaced(found: re.Match[str]) -> str:
        return found[1] + told.get(found[2], found[2])

    return _HOST.sub(replaced, sdp)

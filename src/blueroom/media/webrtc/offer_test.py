"""Offers from outside."""

from __future__ import annotations

import pytest

from blueroom.media.webrtc.offer import OfferMalformed, OfferRefused, checked, with_hosts

BEGIN = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=fingerprint:sha-256 AA:BB\r\n"
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n"


def test_the_addresses_of_an_offer_are_left_out() -> None:
    addresses = (
        "a=candidate:1 1 udp 2113937151 192.168.1.7 445 typ host\r\n"
        "a=candidate:2 1 udp 1 a5b1.local 5000 typ host\r\n"
        "a=end-of-candidates\r\n"
    )

    assert checked(BEGIN + VIDEO + addresses + AUDIO + addresses) == BEGIN + VIDEO + AUDIO
    assert checked(BEGIN + VIDEO + addresses.rstrip()) == BEGIN + VIDEO


@pytest.mark.parametrize(
    "sdp", ["", "hello", VIDEO, "v=0\r\n" + VIDEO, BEGIN + VIDEO + "a=x\r\n" * 15_000]
)
def test_what_is_no_offer_is_refused(sdp: str) -> None:
    with pytest.raises(OfferMalformed):
        checked(sdp)


@pytest.mark.parametrize(
    "media", ["", VIDEO + VIDEO, AUDIO + AUDIO, VIDEO + "m=application 9 UDP/DTLS/SCTP x\r\n"]
)
def test_other_media_than_one_of_each_are_refused(media: str) -> None:
    with pytest.raises(OfferRefused):
        checked(BEGIN + media)


def test_an_answer_names_the_addresses_that_it_is_told_to() -> None:
    answer = (
        "c=IN IP4 10.0.0.5\r\n"
        "a=candidate:1 1 udp 2130706431 10.0.0.5 40000 typ host\r\n"
        "a=candidate:2 1 udp 2130706431 10.0.0.55 40001 typ host\r\n"
    )

    told = with_hosts(answer, {"10.0.0.5": "203.0.113.7"})

    assert told == answer.replace("31 10.0.0.5 ", "31 203.0.113.7 ")

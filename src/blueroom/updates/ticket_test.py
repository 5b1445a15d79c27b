from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blueroom.updates import ticket
from blueroom.updates.ticket import TicketExpired, TicketRefused

NOW = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
SECRET = b"a secret of the house"


def signed(**more: int) -> str:
    return ticket.sign(secret=SECRET, subject="person:3", topic="show/desk", now=NOW, **more)


def read(text: str, *, secret: bytes = SECRET, topic: str = "show/desk", after_s: int = 0) -> str:
    return ticket.read(text, secret=secret, topic=topic, now=NOW + timedelta(seconds=after_s))


def test_ticket_opens_its_topic_for_its_subject_until_its_time() -> None:
    assert read(signed()) == "person:3"
    assert read(signed(), after_s=299) == "person:3"


def test_ticket_is_refused_when_it_is_too_old() -> None:
    with pytest.raises(TicketExpired):
        read(signed(), after_s=300)
    with pytest.raises(TicketExpired):
        read(signed(valid_s=5), after_s=5)


def test_ticket_is_refused_elsewhere() -> None:
    with pytest.raises(TicketRefused):
        read(signed(), topic="show/wall")
    with pytest.raises(TicketRefused):
        read(signed(), secret=b"another secret")


def test_ticket_needs_no_quoting_in_an_address_nor_in_also() -> None:
    assert set(signed()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_ticket_is_refused_when_any_character_is_changed() -> None:
    good = signed()
    for index, character in enumerate(good):
        changed = good[:index] + ("A" if character != "A" else "B") + good[index + 1 :]
        with pytest.raises(TicketRefused):
            read(changed)


@pytest.mark.parametrize(
    "text", ["", ".", "1..", "1.e30.", "é.é.é", "\ud800.\ud800", "\0", "a" * 100_000, signed()[:-1]]
)
def test_ticket_is_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(TicketRefused):
        read(text)


def test_ticket_of_another_purpose_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    good = signed()
    monkeypatch.setattr(ticket, "_PURPOSE", b"another purpose")

    with pytest.raises(TicketRefused):
        read(good)

from __future__ import annotations

from dataclasses import dataclass

import pytest

from blueroom.posts import channels
from blueroom.posts.channels import open_channels
from blueroom.posts.models import Channel
from blueroom.room.models import Account, SessionState


@dataclass
class Network:
    slug: str
    listens_without_account: bool


@pytest.fixture(autouse=True)
def three_networks(monkeypatch):
    found = [Network("open", True), Network("shut", False), Network("rehearsal", True)]
    monkeypatch.setattr(channels, "networks", lambda: {one.slug: one for one in found})


def account(room, moment, network="shut"):
    return Account.objects.create(
        room=room, network=network, handle="room", sealed=b"", created_at=moment
    )


def listened():
    return list(Channel.objects.order_by("network").values_list("network", "account_id"))


def test_open_session_is_listened_for_wherever_it_can_be(session):
    assert (open_channels(), open_channels()) == (1, 0)
    assert listened() == [("open", None)]


def test_account_opens_a_network_and_joins_a_channel_that_was_there(session, room, moment):
    open_channels()
    shut, opened = account(room, moment), account(room, moment, "open")

    assert (open_channels(), open_channels()) == (2, 0)
    assert listened() == [("open", opened.pk), ("shut", shut.pk)]


def test_rehearsal_is_listened_for_nowhere_else(session):
    session.is_rehearsal = True
    session.save()

    open_channels()

    assert listened() == [("rehearsal", None)]


@pytest.mark.parametrize("state", [SessionState.PLANNED, SessionState.CLOSED])
def test_session_that_takes_no_questions_is_not_listened_for(session, state):
    session.state = state
    session.save()

    assert open_channels() == 0

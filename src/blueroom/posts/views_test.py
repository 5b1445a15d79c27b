from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from blueroom.posts.models import Channel
from blueroom.room.models import Membership, Role, Session

PASSWORD = "une phrase assez longue"


@pytest.fixture
def producer(make_member: Callable[..., Membership], client: Client) -> Client:
    """A browser in which a producer is logged in."""
    client.login(username=make_member(Role.PRODUCER, "Ana").person.username, password=PASSWORD)
    return client


def test_switch_channel_turns_the_listening_off_and_on(producer: Client, session: Session) -> None:
    Channel.objects.create(session=session, network="bluesky", state="listening")

    off = producer.post("/sessions/askines/channels/bluesky/", {"enabled": ""})
    is_off = Channel.objects.values_list("is_enabled", "state").get()
    producer.post("/sessions/askines/channels/bluesky/", {"enabled": "on"})
    is_on = Channel.objects.values_list("is_enabled", "state").get()

    assert off["Location"] == "/sessions/askines/"
    assert (is_off, is_on) == ((False, "off"), (True, "waiting"))


def test_switch_channel_knows_the_session_s_own_only(producer: Client, session: Session) -> None:
    assert producer.post("/sessions/askines/channels/nowhere/").status_code == 404
    assert producer.get("/sessions/askines/channels/nowhere/").status_code == 405


def test_switch_channel_is_not_for_moderators(
    make_member: Callable[..., Membership], client: Client, session: Session
) -> None:
    Channel.objects.create(session=session, network="bluesky")
    client.login(username=make_member(Role.MODERATOR, "Mo").person.username, password=PASSWORD)

    assert client.post("/sessions/askines/channels/bluesky/").status_code == 403
    assert Channel.objects.get().is_enabled

"""A picture from the desk to Bluesky's own server, and back: studio, publish and the connector."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from blueroom.base import outbound
from blueroom.desk.actions import answer_question, decide
from blueroom.desk.models import Question
from blueroom.posts.models import Author, Post
from blueroom.publish.actions import ask_for_reply, take_back_reply
from blueroom.publish.models import Reply
from blueroom.publish.worker import send_due_replies
from blueroom.room.actor import Actor
from blueroom.room.models import Account, Room
from blueroom.room.seal import Sealed, seal
from blueroom.studio.actions import add_photo
from blueroom.studio.photos import PHOTO_BYTES
from blueroom.studio.queries import photo_path
from tests.atproto.person import Person
from tests.atproto.server import Network

pytestmark = [pytest.mark.pds, pytest.mark.django_db]

ALT = "Un carnet ouvert : une partition au crayon 🎼"


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A room with an empty folder that may call this machine."""
    settings.DATA = tmp_path
    monkeypatch.setenv("BLUEROOM_OUTBOUND_ALLOW", "127.0.0.1,localhost")
    outbound.door.cache_clear()
    yield
    outbound.door.cache_clear()


@pytest.fixture
def account(
    person: Callable[..., Person], room: Room, atproto: Network, moment: datetime
) -> Person:
    """The room's account."""
    made = person("room")
    fields = {
        "handle": made.handle,
        "app_password": made.password,
        "service": atproto.pds_url,
        "directory": atproto.plc_url,
    }
    Account.objects.create(
        room=room,
        network="bluesky",
        handle=made.handle,
        sealed=seal(Sealed(fields=fields)),
        created_at=moment,
    )
    return made


@pytest.fixture
def question(
    person: Callable[..., Person],
    make_question: Callable[..., Question],
    moderator: Actor,
    moment: datetime,
) -> Question:
    """A fan's post, approved."""
    asked = person("fan").post("Vous notez où ? #AskInes")
    question = make_question("Vous notez où ?")
    fan = Author.objects.create(network="bluesky", remote_id="did:plc:fan", name="Zoé")
    Post.objects.filter(pk=question.post_id).update(
        network="bluesky", remote_id=asked.uri, version=asked.cid, author=fan
    )
    return decide(question_id=question.pk, verb="approve", now=moment, by=moderator)


def photograph() -> bytes:
    """A large one, upright only for who reads EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    noise = Image.effect_noise((3000, 2000), 90).convert("RGB")
    noise.save(written, "JPEG", quality=95, exif=exif)
    return written.getvalue()


def test_a_picture_goes_under_the_fan_s_post_and_is_taken_back(
    account: Person, question: Question, atproto: Network, moderator: Actor, moment: datetime
) -> None:
    data = photograph()
    answer = add_photo(question_id=question.pk, picture=data, alt=ALT, now=moment, by=moderator)
    answer_question(question_id=question.pk, text="Ici.", now=moment, by=moderator)

    ask_for_reply(question_id=question.pk, now=moment, by=moderator)
    send_due_replies()

    reply = Reply.objects.get()
    assert (reply.state, reply.media, reply.error_message) == ("sent", "photo", "")
    [post] = account.posts()
    embed = post["value"]["embed"]
    [image] = embed["images"]
    assert (post["value"]["text"], embed["$type"]) == ("Ici.", "app.bsky.embed.images")
    assert (image["alt"], image["aspectRatio"]) == (
        ALT,
        {"width": answer.photo_width_px, "height": answer.photo_height_px},
    )
    params = {"did": account.did, "cid": image["image"]["ref"]["$link"]}
    blob = httpx.get(
        f"{atproto.pds_url}/xrpc/com.atproto.sync.getBlob", params=params, trust_env=False
    )
    assert blob.content == photo_path(answer.photo).read_bytes()
    assert len(blob.content) <= PHOTO_BYTES < len(data)
    with Image.open(io.BytesIO(blob.content)) as shown:
        assert shown.size == (answer.photo_width_px, answer.photo_height_px)
        assert shown.height > shown.width

    take_back_reply(question_id=question.pk, now=moment, by=moderator)

    assert account.posts() == []
    assert photo_path(answer.photo).is_file()  # on the phone page it stays

"""What the receiver of feeds is told of a session: the programme's slate in the room's look."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image

from blueroom.media.grants import Wish
from blueroom.media.slate import HOUSE_LOOK
from blueroom.room.actor import house
from blueroom.room.models import Logo, Session
from blueroom.room.themes import keep_logo, keep_theme
from blueroom.studio.conftest import Receiver
from blueroom.studio.door import Door
from blueroom.studio.stream import follow
from blueroom.updates.tell import Notice


def wish_of(session: Session) -> Wish:
    found = Door(lambda _figures: None).programme(session.pk)
    assert found
    return found


def test_slate_is_in_the_houses_look_where_the_room_has_none(session: Session) -> None:
    assert (wish_of(session).look, wish_of(session).goodbye) == (HOUSE_LOOK, "")


def test_slate_wears_and_says_what_the_room_chose(session: Session, moment: datetime) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "#00aa55").save(picture, "PNG")
    room, by = session.room, house(session.room_id)
    keep_theme(
        room=room,
        colours={"air": {"ground": "#1a0008"}},
        faces={"voice": "sans"},
        texts={"fr": {"name": "Radio Exemple", "goodbye": "Merci à {guest} !"}},
        now=moment,
        by=by,
    )
    keep_logo(room=room, light="day", picture=picture.getvalue(), now=moment, by=by)

    told = wish_of(session)

    look = told.look
    assert (told.room, told.goodbye) == ("Radio Exemple", f"Merci à {session.guest.name} !")
    assert (look.ground, look.card, look.voice) == ("#1a0008", HOUSE_LOOK.card, "text")
    assert look.logo == bytes(Logo.objects.get().png)


def test_receiver_reads_the_programme_again_when_the_session_changed(
    session: Session, receiver: Receiver
) -> None:
    assert list(follow(session.pk, Notice(studio=True))) == []
    assert list(follow(session.pk, Notice(session=True))) == []

    assert receiver.told == [("programme", session.pk)]

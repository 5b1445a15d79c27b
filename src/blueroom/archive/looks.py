"""The look that an archive brings, for a room that has none of its own."""

from __future__ import annotations

import logging
from datetime import datetime

import msgspec

from blueroom.archive import lines
from blueroom.archive.checks import Lines
from blueroom.base.errors import BlueRoomError
from blueroom.room.actor import Actor
from blueroom.room.models import Room
from blueroom.room.themes import LOGO_BYTES, keep_logo, keep_theme

log = logging.getLogger(__name__)


def take_look(archive: Lines, *, room: Room, now: datetime, by: Actor) -> None:
    """Give the room the archive's look, unless it has one; it is checked as one from a form is.

    One that this house does not take (it may have learned to want more contrast) is left, and
    logged: the session is there already, and worth more.
    """
    room.refresh_from_db(fields=["theme"])
    if room.theme or not archive.has(lines.LOOK):
        return
    look = archive.one(lines.LOOK, lines.Look)
    texts = {language: msgspec.to_builtins(said) for language, said in look.texts.items()}
    try:
        if look.colours or look.faces or texts:
            colours, faces = look.colours, dict[str, str](look.faces)
            keep_theme(room=room, colours=colours, faces=faces, texts=texts, now=now, by=by)
        for light, logo in look.logos.items():
            # One byte more than there may be: cut to size it might pass.
            picture = archive.read(logo.file, LOGO_BYTES + 1)
            keep_logo(room=room, light=light, picture=picture, now=now, by=by)
    except BlueRoomError as error:
        log.warning("the look of the archive was left: %s", error.message)

"""A room's own look on its screens: `{% theme session.room %}`, after the screen's assets."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blueroom.room.models import Room, Session
from blueroom.room.themes import colour_of, name_of, text_of, theme_path

register = template.Library()


@register.simple_tag
def theme(room: Room) -> SafeString:
    """The room's stylesheet; nothing for the house's look. design/web/theme.ts changes it."""
    path = theme_path(room)
    return (
        format_html('<link data-theme rel="stylesheet" href="{}">', path)
        if path
        else SafeString("")
    )


@register.simple_tag
def room_colour(room: Room, token: str, *, is_dark: bool) -> str:
    """A token's colour in the room's look, "#rrggbb"."""
    return colour_of(room, token, "air" if is_dark else "day")


@register.simple_tag
def room_text(room: Room, name: str) -> str:
    """What the room says its own way in the page's language; "" where it does not."""
    return text_of(room, name)


@register.simple_tag
def room_ask(session: Session) -> str:
    """The room's own invitation to ask; "" where it has none."""
    return text_of(session.room, "ask").replace("{guest}", session.guest.name)


@register.simple_tag
def room_name(room: Room) -> str:
    """How the room is called in the page's language."""
    return name_of(room)


@register.filter
def of(found: dict[str, object], key: str) -> object:
    """What a dictionary has under a key that the template computes; "" for nothing."""
    return found.get(key, "")

"""What announces a session elsewhere: its calendar file, and its picture on other sites."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from blueroom.audience.calendar import Event, calendar_file
from blueroom.audience.views.public import public_file
from blueroom.base.clock import now
from blueroom.media.invitation import Invitation, draw_invitation
from blueroom.room.cards import absolute
from blueroom.room.models import Session, SessionState
from blueroom.room.themes import name_of

PUBLIC_FOR = "public, max-age=300"
# Its address says what is on it: other words, another address.
PICTURE_FOR = "public, max-age=86400"


@public_file(PUBLIC_FOR)
def calendar(request: HttpRequest, session: Session) -> HttpResponse:
    """The session for people's calendars."""
    guest = session.guest.name
    page = page_address(request, session)
    event = Event(
        uid=f"{session.slug}@{request.get_host().partition(':')[0]}",
        stamp_at=now(),
        starts_at=session.starts_at,
        minutes=session.planned_minutes,
        zone=session.room.time_zone,
        title=f"{guest} – {name_of(session.room)}",
        description="\n".join((gettext("Ask %(guest)s your question.") % {"guest": guest}, page)),
        url=page,
        language=get_language() or "en",
    )
    answer = HttpResponse(calendar_file(event), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{session.slug}.ics"'
    return answer


@public_file(PICTURE_FOR)
def picture(request: HttpRequest, session: Session) -> HttpResponse:
    """The session's picture for other sites."""
    return HttpResponse(draw_invitation(invitation_of(session)), content_type="image/jpeg")


def picture_address(request: HttpRequest, session: Session) -> str:
    """The full address of the picture in the language spoken now; another one for other words."""
    mark = hashlib.sha256(msgspec.json.encode(invitation_of(session))).hexdigest()[:10]
    path = f"{reverse('phone_picture', args=[session.slug])}?lang={get_language()}&v={mark}"
    return request.build_absolute_uri(path)


def page_address(request: HttpRequest, session: Session) -> str:
    """The full address of the phone page."""
    path = reverse("phone", args=[session.slug])
    full = absolute(path)
    return full if "://" in full else request.build_absolute_uri(path)


def invitation_of(session: Session) -> Invitation:
    """What stands on the picture, in the language spoken now."""
    guest = session.guest.name
    return Invitation(
        room=name_of(session.room),
        guest=guest,
        title="" if session.title == guest else session.title,
        when=when_of(session),
        call=_call(session),
        hashtag=session.hashtags[0] if session.hashtags else "",
        language=get_language() or "en",
    )


def when_of(session: Session) -> str:
    """The day and the hour in the room's time, as one says them."""
    local = session.starts_at.astimezone(ZoneInfo(session.room.time_zone))
    return f"{date_format(local, 'l j F Y')}, {date_format(local, 'H:i')}"


def _call(session: Session) -> str:
    if session.state == SessionState.CLOSED:
        return gettext("The answers are here")
    return gettext("Ask your question")

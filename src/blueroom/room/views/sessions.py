"""The pages of sessions: which there are, one with its addresses, planning, going on air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import cast
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blueroom.base.clock import now
from blueroom.networks import registry
from blueroom.room import actions, forms, queries, rules
from blueroom.room.access import NotFound
from blueroom.room.links import path_of, secret_of
from blueroom.room.models import Link, Person, Room, Screen, Session
from blueroom.room.views import crew, full_address, room_for, session_for, tell


@crew
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    memberships = queries.memberships_of(cast(Person, request.user))
    roles = {member.room_id: member.role for member in memberships}
    sessions = queries.sessions_of(member.room for member in memberships)
    for session in sessions:
        role = roles[session.room_id]
        session.may_see = rules.may(role, "see_session")
        session.may_moderate = rules.may(role, "moderate")
        session.is_guest = rules.may(role, "choose_question") and not session.may_see
        session.starts_local = session.starts_at.astimezone(ZoneInfo(session.room.time_zone))
    prompters = queries.prompters_of(session for session in sessions if session.is_guest)
    for session in sessions:
        session.prompter = prompters.get(session.pk)
    may_plan = any(rules.may(role, "plan_session") for role in roles.values())
    context = {"sessions": sessions, "may_plan": may_plan, "several_rooms": len(roles) > 1}
    return render(request, "room/home.html", context)


@crew
@require_http_methods(["GET", "POST"])
def plan_session(request: HttpRequest) -> HttpResponse:
    room, by = room_for(request, "plan_session")
    at = now()
    initial = forms.SessionForm.initial_plan(room, at)
    form = forms.SessionForm(request.POST or None, room=room, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            session = actions.plan_session(room=room, now=at, by=by, **form.plan())
        except actions.FieldRefused as error:
            forms.add_refusal(form, error)
        else:
            return redirect("session", session.slug)
    return _session_form(request, form, room, session=None)


@crew
@require_http_methods(["GET", "POST"])
def change_session(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, "change_session")
    initial = forms.SessionForm.initial_change(session)
    form = forms.SessionForm(request.POST or None, room=session.room, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_session(session=session, now=now(), by=by, **form.plan())
        except actions.FieldRefused as error:
            forms.add_refusal(form, error)
        else:
            messages.success(request, gettext("The session is changed."))
            return redirect("session", session.slug)
    return _session_form(request, form, session.room, session=session)


def _session_form(
    request: HttpRequest, form: forms.SessionForm, room: Room, session: Session | None
) -> HttpResponse:
    forms.describe_fields(form)
    context = {"form": form, "room": room, "session": session, "lengths": forms.LENGTHS}
    status = 422 if form.errors else 200
    return render(request, "room/session_form.html", context, status=status)


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address of a session, as a card of its page shows it."""

    kind: str
    title: str
    hint: str
    url: str
    code: SafeString
    link: Link | None = None


def _code(url: str) -> SafeString:
    """The address as a QR code, an inline SVG."""
    drawn = segno.make(url, error="m", micro=False)
    return SafeString(
        drawn.svg_inline(border=0, omitsize=True, svgclass="qr", lineclass=None, dark="#14283c")
    )


def _addresses(request: HttpRequest, session: Session) -> list[Address]:
    def card(kind: str, path: str, title: str, hint: str, link: Link | None = None) -> Address:
        url = full_address(request, path)
        return Address(kind=kind, title=title, hint=hint, url=url, code=_code(url), link=link)

    hints = {
        Screen.PROMPTER: gettext(
            "For the guest, on a tablet: the question, what comes next, what the crew writes. "
            "Whoever has the address may put questions off and take them, without a password."
        )
    }
    on_walls = gettext(
        "For a television. Whoever has the address sees the wall, without a password."
    )
    screens = [
        card(
            "prompter" if link.screen == Screen.PROMPTER else "wall",
            path_of(link),
            f"{Screen(link.screen).label} {link.label}".strip(),
            hints.get(Screen(link.screen), on_walls),
            link,
        )
        for link in queries.links_in_use(session)
    ]
    overlay = gettext("Overlay")
    overlays = [
        card(
            "overlay",
            reverse("overlay", args=[secret_of(link)]),
            f"{overlay} {link.label}".strip(),
            gettext("For OBS, vMix or CasparCG: transparent. Its secret is that of the wall."),
        )
        for link in queries.links_in_use(session)
        if link.screen == Screen.WALL_QUESTIONS
    ]
    return [
        card(
            "phone",
            reverse("phone", args=[session.slug]),
            gettext("The audience’s phones"),
            gettext("Public. Show its code on screen, print it, post it."),
        ),
        card(
            "desk",
            reverse("desk", args=[session.slug]),
            gettext("The desk"),
            gettext("For moderators, who log in. A computer with a keyboard is best."),
        ),
        card(
            "studio",
            reverse("studio", args=[session.slug]),
            gettext("The studio"),
            gettext("For the crew: cameras, what is on air, and where answers begin and end."),
        ),
        card(
            "remote",
            reverse("remote", args=[session.slug]),
            gettext("The walls’ remote"),
            gettext(
                "For the crew: what walls show, which screens are open, the slate over them all."
            ),
        ),
        *screens,
        *overlays,
    ]


@crew
@require_GET
def session(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, "see_session")
    host = request.get_host().rsplit(":", 1)[0]
    # Channels belong to a later room and are reached through their foreign key, to be shown only.
    channels = session.channels.order_by("network")  # type: ignore[attr-defined]
    known = registry.networks()
    for channel in channels:
        network = known.get(channel.network)
        channel.name = gettext(network.name) if network else channel.network
    with timezone.override(ZoneInfo(session.room.time_zone)):
        context = {
            "session": session,
            "addresses": _addresses(request, session),
            "lacks_wall": not queries.links_in_use(session),
            "screens": Screen.choices,
            "channels": channels,
            "languages": [forms.LANGUAGE_NAMES.get(code, code) for code in session.languages],
            "may_change": rules.may(by.role, "change_session"),
            "may_export": rules.may(by.role, "export_session"),
            "is_local": not settings.PUBLIC_URL and host in ("localhost", "127.0.0.1", "[::1]"),
        }
        return render(request, "room/session.html", context)


@crew
@require_GET
def phone_code(request: HttpRequest, slug: str) -> HttpResponse:
    """The QR code of the phone page as a file, for titles and posters."""
    session, _by = session_for(request, slug, "see_session")
    drawing = BytesIO()
    url = full_address(request, reverse("phone", args=[session.slug]))
    segno.make(url, error="q", micro=False).save(drawing, kind="svg", scale=10, border=2)
    response = HttpResponse(drawing.getvalue(), content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="{session.slug}.svg"'
    return response


@dataclass(frozen=True)
class Step:
    """A change of a session's state: what does it, and what is said before and after."""

    change: Callable[..., Session]
    question: str
    consequence: str
    button: str
    done: str


def _step(request: HttpRequest, slug: str, verb: str, step: Step) -> HttpResponse:
    """Asks first (GET), does it then (POST)."""
    session, by = session_for(request, slug, verb)
    if request.method == "POST":
        try:
            step.change(session=session, now=now(), by=by)
            messages.success(request, step.done)
        except actions.WrongState as error:
            tell(request, error)
        return redirect("session", session.slug)
    return render(request, "room/step.html", {"session": session, "step": step, "verb": verb})


@crew
@require_http_methods(["GET", "POST"])
def open_session(request: HttpRequest, slug: str) -> HttpResponse:
    step = Step(
        actions.open_session,
        gettext("Open for questions?"),
        gettext("The phone page takes questions and the networks are listened to, off air."),
        pgettext("do it", "Open for questions"),
        gettext("Questions can come in."),
    )
    return _step(request, slug, "open_session", step)


@crew
@require_http_methods(["GET", "POST"])
def start_session(request: HttpRequest, slug: str) -> HttpResponse:
    step = Step(
        actions.start_session,
        gettext("Go on air now?"),
        gettext("Walls, desk and phones turn to night and say that you are live."),
        gettext("Go on air"),
        gettext("You are on air."),
    )
    return _step(request, slug, "start_session", step)


@crew
@require_http_methods(["GET", "POST"])
def close_session(request: HttpRequest, slug: str) -> HttpResponse:
    step = Step(
        actions.close_session,
        gettext("End this session?"),
        gettext(
            "No more questions are taken. Answers can still be written, and you can reopen it."
        ),
        gettext("End the session"),
        gettext("The session is over."),
    )
    return _step(request, slug, "close_session", step)


# Links


def _link(session: Session, link_id: int) -> Link:
    link = session.links.filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


@crew
@require_POST
def make_link(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, "renew_link")
    try:
        screen = request.POST.get("screen", "")
        actions.make_link(session=session, screen=screen, now=now(), by=by)
        messages.success(request, gettext("The new address is below."))
    except actions.FieldRefused as error:
        tell(request, error)
    return redirect("session", slug)


@crew
@require_POST
def renew_link(request: HttpRequest, slug: str, link_id: int) -> HttpResponse:
    session, by = session_for(request, slug, "renew_link")
    actions.renew_link(link=_link(session, link_id), now=now(), by=by)
    messages.success(request, gettext("The old address is dead. The new one is below."))
    return redirect("session", slug)


@crew
@require_POST
def revoke_link(request: HttpRequest, slug: str, link_id: int) -> HttpResponse:
    session, by = session_for(request, slug, "revoke_link")
    actions.revoke_link(link=_link(session, link_id), now=now(), by=by)
    messages.success(request, gettext("That address opens nothing any more."))
    return redirect("session", slug)

"""The room itself and its people: roles, invitations, coming in."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as log_in
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from blueroom.base.clock import now
from blueroom.room import actions, forms, queries, rules
from blueroom.room.access import NotFound
from blueroom.room.actor import Actor
from blueroom.room.language import remember_language
from blueroom.room.models import Invitation, Membership, Person, Role, Room
from blueroom.room.views import crew, full_address, room_for, tell, visitor_of


@crew
@require_http_methods(["GET", "POST"])
def change_room(request: HttpRequest) -> HttpResponse:
    room, by = room_for(request, "change_room")
    initial = model_to_dict(room, forms.RoomForm.base_fields)
    form = forms.RoomForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_room(room=room, now=now(), by=by, **form.cleaned_data)
        except actions.FieldRefused as error:
            forms.add_refusal(form, error)
        else:
            messages.success(request, gettext("The room is changed."))
            return redirect(request.get_full_path())
    forms.describe_fields(form)
    status = 422 if form.errors else 200
    return render(request, "room/room_form.html", {"form": form, "room": room}, status=status)


@crew
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The members; a POST invites somebody and shows the link this once."""
    room, by = room_for(request, "see_people")
    at, invited = now(), None
    form = forms.InviteForm(request.POST or None, giver=by.role)
    if request.method == "POST" and form.is_valid():
        _invitation, secret = actions.invite(
            room=room, role=form.cleaned_data["role"], now=at, by=by
        )
        url = full_address(request, reverse("welcome", args=[secret]))
        invited = {"url": url, "role": Role(form.cleaned_data["role"]).label}
    members = queries.members_of(room)
    for member in members:
        member.may_change = rules.may_give(by.role, member.role)
    labels = dict(Role.choices)
    context = {
        "room": room,
        "members": members,
        "invitations": queries.invitations_open(room, now=at),
        "roles": [(role, labels[role]) for role in rules.roles_given_by(by.role)],
        "form": form,
        "invited": invited,
        "my_id": by.person_id,
        "days": actions.INVITATION_DAYS,
    }
    return render(request, "room/people.html", context, status=422 if form.errors else 200)


def _member(request: HttpRequest, member_id: int, verb: str) -> tuple[Membership, Actor]:
    found = Membership.objects.select_related("person", "room").filter(pk=member_id).first()
    if found is None:
        raise NotFound
    return found, visitor_of(request).actor_in(found.room_id, verb)


def _to_people(room: Room) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("people", query={"room": room.slug}))


@crew
@require_POST
def change_role(request: HttpRequest, member_id: int) -> HttpResponse:
    member, by = _member(request, member_id, "change_role")
    try:
        role = request.POST.get("role", "")
        actions.change_role(membership=member, role=role, now=now(), by=by)
        values = {"name": str(member.person), "role": Role(role).label}
        messages.success(request, gettext("%(name)s is now: %(role)s.") % values)
    except (actions.LastOwner, actions.FieldRefused) as error:
        tell(request, error)
    return _to_people(member.room)


@crew
@require_POST
def remove_member(request: HttpRequest, member_id: int) -> HttpResponse:
    member, by = _member(request, member_id, "remove_member")
    try:
        actions.remove_member(membership=member, now=now(), by=by)
        sentence = gettext("%(name)s has no rights in this room any more.")
        messages.success(request, sentence % {"name": str(member.person)})
    except actions.LastOwner as error:
        tell(request, error)
    return _to_people(member.room)


@crew
@require_POST
def withdraw_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    found = Invitation.objects.select_related("room").filter(pk=invitation_id).first()
    if found is None:
        raise NotFound
    by = visitor_of(request).actor_in(found.room_id, "invite")
    try:
        actions.withdraw_invitation(invitation=found, now=now(), by=by)
        messages.success(request, gettext("That invitation opens nothing any more."))
    except actions.InvitationClosed as error:
        tell(request, error)
    return _to_people(found.room)


@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Somebody comes in by a one-time link: as a new person, or with the login they have."""
    invitation = queries.invitation_of(secret, now=now())
    if invitation is None:
        return render(request, "room/welcome_closed.html", status=410)
    if request.user.is_authenticated:
        return _join(request, secret, invitation)
    spoken = translation.get_language() or "en"
    form = forms.WelcomeForm(request.POST or None, initial={"language": spoken[:2]})
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.use_invitation(secret=secret, now=now(), **form.cleaned_data)
        except actions.FieldRefused as error:
            forms.add_refusal(form, error)
        except actions.InvitationClosed:
            return render(request, "room/welcome_closed.html", status=410)
        else:
            log_in(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            response = redirect("home")
            remember_language(response, person.language)
            return response
    forms.describe_fields(form)
    context = {"form": form, **_told(invitation)}
    response = render(request, "room/welcome.html", context, status=422 if form.errors else 200)
    response["Referrer-Policy"] = "same-origin"  # the address is a key
    return response


def _told(invitation: Invitation) -> dict[str, str]:
    """What somebody who comes in is told of it."""
    return {
        "room_name": invitation.room.name or gettext("Blue Room"),
        "role": Role(invitation.role).label,
    }


def _join(request: HttpRequest, secret: str, invitation: Invitation) -> HttpResponse:
    if request.method == "POST":
        try:
            person = cast(Person, request.user)
            actions.join_by_invitation(secret=secret, person=person, now=now())
        except (actions.AlreadyMember, actions.InvitationClosed) as error:
            tell(request, error)
        return redirect("home")
    response = render(request, "room/join.html", _told(invitation))
    response["Referrer-Policy"] = "same-origin"
    return response

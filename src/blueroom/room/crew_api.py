"""The API's rooms, and who and what belongs to them."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.design.theme import HOUSE_FACES
from blueroom.media.uploads import PictureUnknown
from blueroom.networks.registry import networks
from blueroom.room import actions, queries, themes
from blueroom.room.access import NotFound
from blueroom.room.actor import Actor
from blueroom.room.cards import absolute
from blueroom.room.models import Account, Invitation, Look, Membership, Role, Room, Token

router = Router(tags=["room"])


class RoomOut(Schema):
    """The caller's room. `look` is its light; the days hold for sessions to come.

    `held_words`, `ignored_words` and `allowed_domains` are what its desks hold and let through.
    """

    slug: str
    name: str
    languages: list[str]
    time_zone: str
    look: Look
    keep_raw_days: int
    keep_recordings_days: int
    held_words: list[str]
    ignored_words: list[str]
    allowed_domains: list[str]


class RoomChange(Schema):
    """What may be changed; what is left out stays."""

    name: str | None = Field(None, max_length=400)
    languages: list[str] | None = Field(None, max_length=20)
    time_zone: str | None = Field(None, max_length=60)
    look: Look | None = None
    keep_raw_days: int | None = None
    keep_recordings_days: int | None = None
    held_words: list[str] | None = Field(None, max_length=1000)
    ignored_words: list[str] | None = Field(None, max_length=1000)
    allowed_domains: list[str] | None = Field(None, max_length=1000)


def _room(request: HttpRequest, verb: str) -> tuple[Room, Actor]:
    room = request.auth.first_room(verb)
    return room, request.auth.actor_in(room.pk, verb)


@router.get("/room", response=RoomOut, summary="The room")
def room(request: HttpRequest) -> Room:
    return _room(request, "see_session")[0]


@router.patch("/room", response=RoomOut, summary="Change the room")
def change_room(request: HttpRequest, change: RoomChange) -> Room:
    found, by = _room(request, "change_room")
    wanted = RoomOut.from_orm(found).dict(exclude={"slug"}) | change.dict(exclude_none=True)
    return actions.change_room(room=found, now=now(), by=by, **wanted)


class ThemeOut(Schema):
    """The room's look. Colours by "day" and on "air": accent, ground, card, as "#rrggbb"; typefaces
    "voice" and "text"; texts by language; what is not there is the house's. `stylesheet` is the
    address of all tokens, "" for the house's look; `logos` are addresses.
    """

    colours: dict[str, dict[str, str]]
    faces: dict[str, str]
    texts: dict[str, dict[str, str]]
    logos: dict[str, str]
    stylesheet: str


class ThemePlan(Schema):
    """A whole look: what is left out is the house's. Logos stay as they are."""

    colours: dict[str, dict[str, str | None]] = Field({}, max_length=4)
    faces: dict[str, str] = Field({}, max_length=4)
    texts: dict[str, dict[str, str]] = Field({}, max_length=20)


class LogoPlan(Schema):
    """`data` is the picture (JPEG, PNG or WebP) as base64."""

    data: str = Field(max_length=7_000_000)


def _told_theme(room: Room) -> dict[str, Any]:
    theme = themes.theme_of(room)
    path = themes.theme_path(room)
    texts = {language: msgspec.to_builtins(said) for language, said in theme.texts.items()}
    return {
        "colours": theme.colours,
        "faces": {**HOUSE_FACES, **theme.faces},
        "texts": {
            language: {name: text for name, text in said.items() if text}
            for language, said in texts.items()
        },
        "logos": {
            light: absolute(reverse("logo", args=[kept.digest]))
            for light, kept in theme.logos.items()
        },
        "stylesheet": absolute(path) if path else "",
    }


@router.get("/room/theme", response=ThemeOut, summary="The room's look")
def theme(request: HttpRequest) -> dict[str, Any]:
    return _told_theme(_room(request, "see_session")[0])


@router.put("/room/theme", response=ThemeOut, summary="Give the room a look of its own")
def keep_theme(request: HttpRequest, plan: ThemePlan) -> dict[str, Any]:
    """Refused as `theme_unreadable` where a pair of colours has too little contrast: `failures`
    names it, its ratio, and the nearest colour that passes."""
    found, by = _room(request, "change_room")
    return _told_theme(themes.keep_theme(room=found, now=now(), by=by, **plan.dict()))


@router.delete("/room/theme", response={204: None}, summary="Back to the house's look")
def reset_theme(request: HttpRequest) -> Status[None]:
    found, by = _room(request, "change_room")
    themes.reset_theme(room=found, now=now(), by=by)
    return Status(204, None)


@router.put("/room/theme/logos/{light}", response=ThemeOut, summary="Give the room a logo")
def keep_logo(request: HttpRequest, light: str, plan: LogoPlan) -> dict[str, Any]:
    """`light` is "day" or "air"; one logo alone serves both."""
    found, by = _room(request, "change_room")
    try:
        picture = base64.b64decode(plan.data, validate=True)
    except binascii.Error:
        raise PictureUnknown from None
    return _told_theme(themes.keep_logo(room=found, light=light, picture=picture, now=now(), by=by))


@router.delete("/room/theme/logos/{light}", response={204: None}, summary="Take the logo away")
def remove_logo(request: HttpRequest, light: str) -> Status[None]:
    found, by = _room(request, "change_room")
    themes.remove_logo(room=found, light=light, now=now(), by=by)
    return Status(204, None)


class MemberOut(Schema):
    id: int
    name: str
    email: str
    role: Role
    since_at: datetime


def _told_member(membership: Membership) -> dict[str, Any]:
    return {
        "id": membership.pk,
        "name": str(membership.person),
        "email": membership.person.email,
        "role": membership.role,
        "since_at": membership.since_at,
    }


@router.get("/people", response=list[MemberOut], summary="The crew")
def people(request: HttpRequest) -> list[dict[str, Any]]:
    found, _by = _room(request, "see_people")
    return [_told_member(membership) for membership in queries.members_of(found)]


def _member(request: HttpRequest, member_id: int, verb: str) -> tuple[Membership, Actor]:
    found = Membership.objects.select_related("person", "room").filter(pk=member_id).first()
    if found is None:
        raise NotFound
    return found, request.auth.actor_in(found.room_id, verb)


class RolePlan(Schema):
    role: Role


@router.patch("/people/{member_id}", response=MemberOut, summary="Give another role")
def change_role(request: HttpRequest, member_id: int, plan: RolePlan) -> dict[str, Any]:
    membership, by = _member(request, member_id, "change_role")
    changed = actions.change_role(membership=membership, role=plan.role, now=now(), by=by)
    return _told_member(changed)


@router.delete("/people/{member_id}", response={204: None}, summary="Let somebody go")
def remove_member(request: HttpRequest, member_id: int) -> Status[None]:
    membership, by = _member(request, member_id, "remove_member")
    actions.remove_member(membership=membership, now=now(), by=by)
    return Status(204, None)


class InvitationOut(Schema):
    """`url` holds the secret and is told this once."""

    id: int
    role: Role
    expires_at: datetime
    url: str


@router.post("/invitations", response={201: InvitationOut}, summary="Invite somebody, by a link")
def invite(request: HttpRequest, plan: RolePlan) -> Status[dict[str, Any]]:
    found, by = _room(request, "invite")
    invitation, secret = actions.invite(room=found, role=plan.role, now=now(), by=by)
    made = {
        "id": invitation.pk,
        "role": invitation.role,
        "expires_at": invitation.expires_at,
        "url": absolute(reverse("welcome", args=[secret])),
    }
    return Status(201, made)


@router.delete("/invitations/{invitation_id}", response={204: None}, summary="Withdraw it")
def withdraw_invitation(request: HttpRequest, invitation_id: int) -> Status[None]:
    invitation = Invitation.objects.filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    by = request.auth.actor_in(invitation.room_id, "invite")
    actions.withdraw_invitation(invitation=invitation, now=now(), by=by)
    return Status(204, None)


class AccountPlan(Schema):
    """`fields` as the network wants them, see GET /networks."""

    fields: dict[str, str] = Field(max_length=20)


class AccountOut(Schema):
    id: int
    network: str
    handle: str
    checked_at: datetime | None


class FieldOut(Schema):
    name: str
    label: str
    secret: bool
    default: str
    hint: str


class NetworkOut(Schema):
    slug: str
    name: str
    account_fields: list[FieldOut]
    accounts: list[AccountOut]


@router.get("/networks", response=list[NetworkOut], summary="Networks, and the room's accounts")
def list_networks(request: HttpRequest) -> list[dict[str, Any]]:
    found, _by = _room(request, "see_networks")
    accounts = list(queries.accounts_of(found))
    return [
        {
            "slug": slug,
            "name": network.name,
            "account_fields": [FieldOut.from_orm(field) for field in network.account_fields],
            "accounts": [account for account in accounts if account.network == slug],
        }
        for slug, network in networks().items()
    ]


@router.post(
    "/networks/{network}/accounts",
    response={201: AccountOut},
    summary="Keep an account, once its network took it",
)
def keep_account(request: HttpRequest, network: str, plan: AccountPlan) -> Status[Account]:
    found, by = _room(request, "keep_account")
    connector = networks().get(network)
    if connector is None or not connector.account_fields:
        raise NotFound
    account = actions.keep_account(
        room=found, network=connector, fields=plan.fields, now=now(), by=by
    )
    return Status(201, account)


@router.delete("/accounts/{account_id}", response={204: None}, summary="Forget an account")
def remove_account(request: HttpRequest, account_id: int) -> Status[None]:
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    by = request.auth.actor_in(account.room_id, "remove_account")
    actions.remove_account(account=account, now=now(), by=by)
    return Status(204, None)


class TokenPlan(Schema):
    role: Role
    label: str = Field("", max_length=200)


class TokenLine(Schema):
    id: int
    role: Role
    label: str
    created_at: datetime


class TokenOut(TokenLine):
    """A new token; `secret` is told this once."""

    secret: str


@router.get("/tokens", response=list[TokenLine], summary="Tokens in force")
def tokens(request: HttpRequest) -> list[Token]:
    found, _by = _room(request, "make_token")
    return list(queries.tokens_of(found))


@router.post("/tokens", response={201: TokenOut}, summary="Make a token")
def make_token(request: HttpRequest, plan: TokenPlan) -> Status[dict[str, Any]]:
    found, by = _room(request, "make_token")
    token, secret = actions.make_token(
        room=found, role=plan.role, label=plan.label, now=now(), by=by
    )
    return Status(201, {**TokenLine.from_orm(token).dict(), "secret": secret})


@router.delete("/tokens/{token_id}", response={204: None}, summary="Revoke a token")
def revoke_token(request: HttpRequest, token_id: int) -> Status[None]:
    token = Token.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound
    by = request.auth.actor_in(token.room_id, "revoke_token")
    actions.revoke_token(token=token, now=now(), by=by)
    return Status(204, None)

"""What people do in a room: let others in, plan and run sessions, keep accounts, links, tokens.

Every verb checks the right of `by` itself and raises NotAllowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import available_timezones

from asgiref.sync import async_to_sync
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.db.transaction import on_commit
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson, NotAcceptable
from blueroom.base.ids import new_secret
from blueroom.networks.interface import ChecksAccount, Network
from blueroom.room import rules
from blueroom.room.actor import Actor
from blueroom.room.links import hash_secret, new_nonce
from blueroom.room.models import (
    Account,
    Guest,
    Invitation,
    Link,
    Look,
    Membership,
    Person,
    Role,
    Room,
    Screen,
    Session,
    SessionFormat,
    SessionState,
    Strictness,
    Token,
)
from blueroom.room.rules import FieldRefused
from blueroom.room.seal import Sealed, seal
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

INVITATION_DAYS = 7
PERSON_LANGUAGES = ("fr", "en")  # what the pages speak


class NotAllowed(NeedsPerson):
    code: ClassVar[str] = "not_allowed"
    sentence = _("Your role does not allow this. Ask an owner of the room.")  # type: ignore[assignment]


class WrongState(NotAcceptable):
    code: ClassVar[str] = "wrong_state"
    sentence = _("The session is not in a state that allows this.")  # type: ignore[assignment]


class InvitationClosed(NotAcceptable):
    """It was used, withdrawn, is too old, or never was: a stranger need not know which."""

    code: ClassVar[str] = "invitation_closed"
    sentence = _("This link was used already or is too old. Ask for a new one.")  # type: ignore[assignment]


class LastOwner(NotAcceptable):
    code: ClassVar[str] = "last_owner"
    sentence = _("A room keeps at least one owner. Make somebody else an owner first.")  # type: ignore[assignment]


class AlreadyMember(NotAcceptable):
    code: ClassVar[str] = "already_member"
    sentence = _("You are a member of this room already. The link is left for somebody else.")  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The first room, and the secret of the owner's link; None once somebody owns the room."""

    room: Room
    owner_secret: str | None


def require(by: Actor, verb: str, room_id: int) -> None:
    """Raises NotAllowed where the actor's role in that room may not do this."""
    if by.room_id != room_id or not rules.may(by.role, verb):
        raise NotAllowed(verb=verb)


def _require_may_give(by: Actor, role: str) -> None:
    if role not in Role.values:
        raise FieldRefused(_("Choose a role."), field="role")
    if not rules.may_give(by.role, role):
        raise NotAllowed(role=role)


# People


def open_house(*, now: datetime) -> Opened:
    """The first room with its one-time owner link. May be repeated: the link is then a new one.

    An older owner link that nobody used stops working.
    """
    with one_transaction():
        room = Room.objects.order_by("id").first() or Room.objects.create(
            # Without a name of its own it is called as the house is, in each reader's language.
            slug="room",
            name="",
            languages=["fr", "en"],
            created_at=now,
        )
        if room.memberships.filter(role=Role.OWNER).exists():
            return Opened(room=room, owner_secret=None)
        room.invitations.filter(role=Role.OWNER, used_at=None).delete()
        return Opened(room=room, owner_secret=_new_invitation(room, Role.OWNER, now)[1])


def _new_invitation(room: Room, role: str, now: datetime) -> tuple[Invitation, str]:
    secret = new_secret()
    invitation = Invitation.objects.create(
        room=room,
        role=role,
        secret_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    return invitation, secret


def invite(*, room: Room, role: str, now: datetime, by: Actor) -> tuple[Invitation, str]:
    """A link that makes one person a member within a week; the secret is shown this once."""
    require(by, "invite", room.pk)
    _require_may_give(by, role)
    with one_transaction():
        return _new_invitation(room, role, now)


def withdraw_invitation(*, invitation: Invitation, now: datetime, by: Actor) -> Invitation:
    """The invitation, which nobody can use any more."""
    require(by, "invite", invitation.room_id)
    _require_may_give(by, invitation.role)
    with one_transaction():
        if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(expires_at=now):
            raise InvitationClosed
    invitation.expires_at = now
    return invitation


def _take_invitation(secret: str, now: datetime) -> Invitation:
    """The invitation, now used: of two people at once, one gets it."""
    found = Invitation.objects.filter(
        secret_hash=hash_secret(secret), used_at=None, expires_at__gt=now
    )
    invitation = found.select_related("room").first()
    if invitation is None or not found.update(used_at=now):
        raise InvitationClosed
    return invitation


def use_invitation(
    *, secret: str, name: str, email: str, password: str, language: str, now: datetime
) -> Person:
    """Somebody new, who logs in with that e-mail address and is a member of the room.

    Raises:
        InvitationClosed: the link was used, withdrawn or is too old.
        FieldRefused: the name, e-mail address, password or language cannot be taken.
    """
    name = rules.clean_line(name, field="name", length_max=150)
    email = _clean_email(email)
    language = language if language in PERSON_LANGUAGES else PERSON_LANGUAGES[0]
    person = Person(username=email, email=email, first_name=name, language=language)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise FieldRefused(" ".join(error.messages), field="password") from error
    person.set_password(password)  # slow on purpose: not inside the transaction
    with one_transaction():
        invitation = _take_invitation(secret, now)
        if Person.objects.filter(Q(email=email) | Q(username=email)).exists():
            sentence = _(
                "Somebody with this e-mail address is here already. Log in, then come back."
            )
            raise FieldRefused(sentence, field="email")
        person.date_joined = now
        person.save()
        _join(invitation, person, now)
    return person


def join_by_invitation(*, secret: str, person: Person, now: datetime) -> Membership:
    """The membership that a person who has a login already gets. Raises as `use_invitation`."""
    with one_transaction():
        invitation = _take_invitation(secret, now)
        if Membership.objects.filter(room=invitation.room, person=person).exists():
            raise AlreadyMember
        return _join(invitation, person, now)


def _join(invitation: Invitation, person: Person, now: datetime) -> Membership:
    Invitation.objects.filter(pk=invitation.pk).update(used_by=person)
    return Membership.objects.create(
        room=invitation.room, person=person, role=invitation.role, since_at=now
    )


def choose_language(*, person: Person, language: str) -> Person:
    """The person, to whom pages speak that language from now on."""
    with one_transaction():
        person.language = language
        person.save(update_fields=["language"])
    return person


def _clean_email(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise FieldRefused(_("Enter an e-mail address."), field="email") from error
    if len(email) > 150:  # it is also the user name, which holds as many
        raise FieldRefused(_("This e-mail address is too long."), field="email")
    return email


def _keep_an_owner(membership: Membership) -> None:
    others = Membership.objects.filter(room_id=membership.room_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not others.exclude(pk=membership.pk).exists():
        raise LastOwner


def change_role(*, membership: Membership, role: str, now: datetime, by: Actor) -> Membership:
    """The membership with its new role.

    Raises:
        LastOwner: nobody would own the room.
    """
    require(by, "change_role", membership.room_id)
    _require_may_give(by, role)
    with one_transaction():
        kept = Membership.objects.select_for_update().get(pk=membership.pk)
        _require_may_give(by, kept.role)
        if role != Role.OWNER:
            _keep_an_owner(kept)
        kept.role = role
        kept.since_at = now
        kept.save(update_fields=["role", "since_at"])
    return kept


def remove_member(*, membership: Membership, now: datetime, by: Actor) -> Membership:
    """The membership as it was; the person keeps a login and loses every right in the room.

    Raises:
        LastOwner: nobody would own the room.
    """
    require(by, "remove_member", membership.room_id)
    with one_transaction():
        kept = Membership.objects.select_for_update().get(pk=membership.pk)
        _require_may_give(by, kept.role)
        _keep_an_owner(kept)
        kept.delete()
    return membership


# The room and its sessions


def change_room(
    *,
    room: Room,
    name: str,
    languages: Iterable[str],
    time_zone: str,
    look: str,
    keep_raw_days: int,
    now: datetime,
    by: Actor,
    keep_recordings_days: int | None = None,
    held_words: Iterable[str] | None = None,
    ignored_words: Iterable[str] | None = None,
    allowed_domains: Iterable[str] | None = None,
) -> Room:
    """The room as it is called from now on. Sessions that are planned keep their hour, and what
    they keep. None leaves the days, or a list, as they are; the lists hold for posts to come.

    Raises:
        FieldRefused: something that was entered cannot be taken.
    """
    require(by, "change_room", room.pk)
    if time_zone not in available_timezones():
        raise FieldRefused(_("Choose a time zone."), field="time_zone")
    if look not in Look.values:
        raise FieldRefused(_("Choose a light."), field="look")
    if not 0 <= keep_raw_days <= 365:
        raise FieldRefused(_("Between 0 and 365 days."), field="keep_raw_days")
    room.name = rules.clean_line(name, field="name", length_max=80)
    room.languages = rules.clean_languages(languages)
    room.time_zone, room.look, room.keep_raw_days = time_zone, look, keep_raw_days
    if keep_recordings_days is not None:
        room.keep_recordings_days = rules.clean_recordings_days(keep_recordings_days)
    if held_words is not None:
        room.held_words = rules.clean_words(held_words, field="held_words")
    if ignored_words is not None:
        room.ignored_words = rules.clean_words(ignored_words, field="ignored_words")
    if allowed_domains is not None:
        room.allowed_domains = rules.clean_domains(allowed_domains, field="allowed_domains")
    with one_transaction():
        room.save(
            update_fields=[
                "name", "languages", "time_zone", "look", "keep_raw_days", "keep_recordings_days",
                "held_words", "ignored_words", "allowed_domains",
            ]
        )  # fmt: skip
        for session_id in room.sessions.values_list("id", flat=True):
            changed(session_id, session=True, when=on_commit)
    return room


@dataclass(frozen=True, kw_only=True)
class _Plan:
    title: str
    guest: str
    hashtags: list[str]
    starts_at: datetime
    minutes: int
    languages: list[str]
    format: str


def _clean_plan(
    title: str,
    guest: str,
    hashtags: Iterable[str],
    starts_at: datetime,
    minutes: int,
    languages: Iterable[str],
    format: str,
) -> _Plan:
    guest = rules.clean_line(guest, field="guest", length_max=120)
    if format not in SessionFormat.values:
        raise FieldRefused(_("Choose a format."), field="format")
    return _Plan(
        title=rules.clean_line(title or guest, field="title", length_max=160),
        guest=guest,
        hashtags=rules.clean_hashtags(hashtags),
        starts_at=rules.clean_start(starts_at),
        minutes=rules.clean_minutes(minutes),
        languages=rules.clean_languages(languages),
        format=format,
    )


def _clean_strictness(strictness: str) -> str:
    if strictness not in Strictness.values:
        raise FieldRefused(_("Choose how much is held."), field="strictness")
    return strictness


def _guest(room: Room, name: str) -> Guest:
    return room.guests.filter(name=name).first() or Guest.objects.create(room=room, name=name)


def _free_slug(*names: str) -> str:
    stem = rules.slug_stem(*names)
    taken = set(Session.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    taken |= rules.RESERVED_SLUGS
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (stem, *numbered) if slug not in taken)


def plan_session(
    *,
    room: Room,
    guest: str,
    hashtags: Iterable[str],
    starts_at: datetime,
    now: datetime,
    by: Actor,
    title: str = "",
    minutes: int = 60,
    languages: Iterable[str] = (),
    format: str = SessionFormat.INTERVIEW,
    is_rehearsal: bool = False,
    keep_recordings_days: int | None = None,
    strictness: str = Strictness.NORMAL,
    needs_two: bool = False,
    takes_votes: bool = True,
    takes_hearts: bool = True,
    shows_counts: bool = True,
) -> Session:
    """A planned session with a link for each screen; a guest not known to the room is added.

    Without a title it is called like its guest; without languages it speaks the room's, and its
    recordings are kept as long as the room says.

    Raises:
        FieldRefused: something that was entered cannot be taken; `details["field"]` names it.
    """
    require(by, "plan_session", room.pk)
    spoken = list(languages) or room.languages
    plan = _clean_plan(title, guest, hashtags, starts_at, minutes, spoken, format)
    keep_days = room.keep_recordings_days if keep_recordings_days is None else keep_recordings_days
    keep_days = rules.clean_recordings_days(keep_days)
    with one_transaction():
        session = Session.objects.create(
            room=room,
            guest=_guest(room, plan.guest),
            slug=_free_slug(plan.guest, plan.title),
            title=plan.title,
            hashtags=plan.hashtags,
            languages=plan.languages,
            format=plan.format,
            starts_at=plan.starts_at,
            planned_minutes=plan.minutes,
            is_rehearsal=is_rehearsal,
            keep_raw_days=room.keep_raw_days,
            keep_recordings_days=keep_days,
            strictness=_clean_strictness(strictness),
            needs_two=needs_two,
            takes_votes=takes_votes,
            takes_hearts=takes_hearts,
            shows_counts=shows_counts,
            created_at=now,
        )
        for screen in Screen.values:
            _new_link(session, screen, "", now, by)
    return session


def change_session(
    *,
    session: Session,
    title: str,
    guest: str,
    hashtags: Iterable[str],
    starts_at: datetime,
    minutes: int,
    languages: Iterable[str],
    format: str,
    now: datetime,
    by: Actor,
    keep_recordings_days: int | None = None,
    strictness: str | None = None,
    needs_two: bool | None = None,
    takes_votes: bool | None = None,
    takes_hearts: bool | None = None,
    shows_counts: bool | None = None,
) -> Session:
    """The session with everything that was entered; its slug and so its addresses stay.

    None keeps its recordings as long as before, and what else it stands for as it was. Screens
    follow at once, also what the public may do and see.

    Raises as `plan_session`.
    """
    require(by, "change_session", session.room_id)
    plan = _clean_plan(title, guest, hashtags, starts_at, minutes, languages, format)
    with one_transaction():
        session.guest = _guest(session.room, plan.guest)
        session.title = plan.title
        session.hashtags = plan.hashtags
        session.languages = plan.languages
        session.format = plan.format
        session.starts_at = plan.starts_at
        session.planned_minutes = plan.minutes
        if keep_recordings_days is not None:
            session.keep_recordings_days = rules.clean_recordings_days(keep_recordings_days)
        if strictness is not None:
            session.strictness = _clean_strictness(strictness)
        switches = {
            "needs_two": needs_two,
            "takes_votes": takes_votes,
            "takes_hearts": takes_hearts,
            "shows_counts": shows_counts,
        }
        for name, is_on in switches.items():
            if is_on is not None:
                setattr(session, name, is_on)
        session.save(
            update_fields=[
                "guest", "title", "hashtags", "languages", "format", "starts_at", "planned_minutes",
                "keep_recordings_days", "strictness", *switches,
            ]
        )  # fmt: skip
        changed(session.pk, session=True, when=on_commit)
    return session


def keep_past_session(
    *,
    room: Room,
    slug: str,
    guest: str,
    title: str,
    hashtags: Iterable[str],
    languages: Iterable[str],
    format: str,
    starts_at: datetime,
    minutes: int,
    is_rehearsal: bool,
    created_at: datetime,
    opened_at: datetime | None,
    on_air_at: datetime | None,
    closed_at: datetime,
    by: Actor,
    shows_counts: bool = True,
) -> Session:
    """A session that happened elsewhere, closed, with no links; its slug is made unique.

    Its recordings are kept until somebody erases them: they were brought here to be kept.

    Raises as `plan_session`.
    """
    require(by, "plan_session", room.pk)
    plan = _clean_plan(title, guest, hashtags, starts_at, minutes, languages, format)
    with one_transaction():
        return Session.objects.create(
            room=room,
            guest=_guest(room, plan.guest),
            slug=_free_slug(slug, plan.guest, plan.title),
            title=plan.title,
            hashtags=plan.hashtags,
            languages=plan.languages,
            format=plan.format,
            state=SessionState.CLOSED,
            starts_at=plan.starts_at,
            planned_minutes=plan.minutes,
            is_rehearsal=is_rehearsal,
            keep_raw_days=room.keep_raw_days,
            keep_recordings_days=0,
            shows_counts=shows_counts,
            created_at=created_at,
            opened_at=opened_at,
            on_air_at=on_air_at,
            closed_at=closed_at,
        )


def _change_state(session: Session, verb: str, by: Actor, **times: datetime | None) -> Session:
    require(by, verb, session.room_id)
    allowed, state = rules.STATE_CHANGES[verb]
    with one_transaction():
        kept = Session.objects.select_for_update().get(pk=session.pk)
        if kept.state not in allowed:
            label = SessionState(kept.state).label
            sentence = _("The session is in the state “%(state)s”, which does not allow this.")
            raise WrongState(sentence % {"state": label}, state=kept.state)
        for name, at in times.items():
            setattr(session, name, at)
        session.state = state
        session.save(update_fields=["state", *times])
        changed(session.pk, session=True, at_once=True, when=on_commit)
    return session


def open_session(*, session: Session, now: datetime, by: Actor) -> Session:
    """The session, taking questions; from on air it goes back off air, from closed it reopens.

    Raises:
        WrongState: it is open already.
    """
    opened_at = session.opened_at or now
    return _change_state(
        session, "open_session", by, opened_at=opened_at, on_air_at=None, closed_at=None
    )


def start_session(*, session: Session, now: datetime, by: Actor) -> Session:
    """The session, on air; one that was only planned takes questions from now on.

    Raises:
        WrongState: it is on air or closed.
    """
    opened_at = session.opened_at or now
    return _change_state(session, "start_session", by, opened_at=opened_at, on_air_at=now)


def close_session(*, session: Session, now: datetime, by: Actor) -> Session:
    """The session, over: it takes no more questions.

    Raises:
        WrongState: it is closed already.
    """
    return _change_state(session, "close_session", by, closed_at=now)


# Links and tokens


def _new_link(session: Session, screen: str, label: str, now: datetime, by: Actor) -> Link:
    return Link.objects.create(
        session=session,
        screen=screen,
        nonce=new_nonce(),
        label=label,
        created_at=now,
        created_by_id=by.person_id,
    )


def make_link(*, session: Session, screen: str, now: datetime, by: Actor) -> Link:
    """One more address of a screen; those that are there stay."""
    require(by, "renew_link", session.room_id)
    if screen not in Screen.values:
        raise FieldRefused(_("Choose a screen."), field="screen")
    with one_transaction():
        return _new_link(session, screen, "", now, by)


def revoke_link(*, link: Link, now: datetime, by: Actor) -> Link:
    """The link, which opens nothing any more. May be repeated: the first time stays."""
    require(by, "revoke_link", link.session.room_id)
    with one_transaction():
        Link.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
    link.refresh_from_db(fields=["revoked_at"])
    return link


def renew_link(*, link: Link, now: datetime, by: Actor) -> Link:
    """A new link to the same screen; the old one opens nothing any more."""
    require(by, "renew_link", link.session.room_id)
    with one_transaction():
        Link.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
        return _new_link(link.session, link.screen, link.label, now, by)


def make_token(*, room: Room, role: str, label: str, now: datetime, by: Actor) -> tuple[Token, str]:
    """A key of the API and its secret, which is shown this once."""
    require(by, "make_token", room.pk)
    if role != by.role:
        _require_may_give(by, role)
    label = rules.clean_line(label, field="label", length_max=60) if label.strip() else ""
    secret = f"room_{new_secret()}"
    with one_transaction():
        token = Token.objects.create(
            room=room,
            role=role,
            label=label,
            secret_hash=hash_secret(secret),
            created_at=now,
            created_by_id=by.person_id,
        )
    return token, secret


def revoke_token(*, token: Token, now: datetime, by: Actor) -> Token:
    """The token, which opens nothing any more. May be repeated: the first time stays."""
    require(by, "revoke_token", token.room_id)
    with one_transaction():
        Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    token.refresh_from_db(fields=["revoked_at"])
    return token


# Accounts on networks


def keep_account(
    *, room: Room, network: Network, fields: Mapping[str, str], now: datetime, by: Actor
) -> Account:
    """The room's account, tried on its network first where the network can, then kept encrypted.

    The same account entered again replaces what was kept.

    Raises:
        FieldRefused: a field is missing.
        networks.interface.Refused: the network does not take these credentials.
        networks.interface.Unavailable: the network does not answer.
    """
    require(by, "keep_account", room.pk)
    entered = {field.name: fields.get(field.name, "").strip() for field in network.account_fields}
    for name, value in entered.items():
        if not value:
            raise FieldRefused(_("Fill this in."), field=name)
    state: dict[str, object] = {}
    handle = async_to_sync(_handle_on_network)(network, entered, state)
    with one_transaction():
        account, _made = Account.objects.update_or_create(
            room=room,
            network=network.slug,
            handle=handle[:255],
            defaults={"sealed": seal(Sealed(fields=entered, state=state)), "checked_at": now},
            create_defaults={
                "sealed": seal(Sealed(fields=entered, state=state)),
                "checked_at": now,
                "created_at": now,
            },
        )
    return account


async def _handle_on_network(
    network: Network, fields: dict[str, str], state: dict[str, object]
) -> str:
    """How the account is called: as its network says, else as its first field does."""
    publisher = network.publisher(fields, state)
    if publisher is None:
        return next(iter(fields.values()), network.slug)
    try:
        if isinstance(publisher, ChecksAccount):
            profile = await publisher.check_account()
            return profile.handle or profile.name or profile.id
        shown = [field.name for field in network.account_fields if not field.secret]
        return fields[shown[0]] if shown else network.slug
    finally:
        await publisher.close()


def remove_account(*, account: Account, now: datetime, by: Actor) -> Account:
    """The account as it was; nothing of it is kept."""
    require(by, "remove_account", account.room_id)
    with one_transaction():
        Account.objects.filter(pk=account.pk).delete()
    return account

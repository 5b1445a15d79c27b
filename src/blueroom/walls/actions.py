"""What the crew does with walls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.transaction import on_commit

from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor, actor_of_membership, actor_of_token, house
from blueroom.room.links import new_nonce
from blueroom.room.models import Link, Membership, Screen, Session, Token
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction
from blueroom.studio.actions import put_on_slate
from blueroom.studio.models import Programme, ProgrammeState
from blueroom.updates.slate import Decided, Slate, slates
from blueroom.updates.tell import changed
from blueroom.walls import rules
from blueroom.walls.errors import LettersUnknown, NoSuchWall, NothingToFocus, PairingFull
from blueroom.walls.models import Layout, OpenScreen, Pairing, Panic, Scene, WallScene
from blueroom.walls.queries import questions_shown, walls_of
from blueroom.walls.report import Report


def _check(by: Actor, verb: str) -> None:
    if not may(by.role, verb):
        raise NotAllowed(verb=verb)


def show_scene(
    *,
    session: Session,
    walls: Sequence[int] | None,
    scene: str | None,
    layout: str | None = None,
    advance_s: int | None = None,
    lasts_s: int = 0,
    then: str = Scene.AUTO,
    now: datetime,
    by: Actor,
) -> list[WallScene]:
    """Tell questions walls what to show; what is None stays as it is. `walls` None: all of them.

    After `lasts_s` seconds the scene gives way to `then` by itself; 0: it stays, whatever was to
    come before.

    Raises: NoSuchWall.
    """
    _check(by, "moderate")
    with one_transaction():
        chosen = _chosen(session, walls, now)
        for one in chosen:
            one.scene = Scene(scene) if scene else one.scene
            one.layout = Layout(layout) if layout else one.layout
            if advance_s is not None:
                one.advance_s = max(0, min(advance_s, rules.ADVANCE_S_MAX))
            if lasts_s:
                one.until_at = now + timedelta(seconds=min(lasts_s, rules.LASTS_S_MAX))
                one.then_scene = Scene(then)
            shown = questions_shown(session, one)
            if one.focus_id not in shown:
                one.focus_id = shown[0] if shown and one.advance_s else None
            _keep(one, now, by, is_timed=bool(lasts_s))
    changed(session.pk, walls=True, at_once=True, when=on_commit)
    return chosen


def move_focus(
    *,
    session: Session,
    walls: Sequence[int] | None,
    steps: int,
    now: datetime,
    by: Actor,
) -> list[WallScene]:
    """Let another of several questions stand out: so many further on, or back. It goes round.

    Raises: NoSuchWall, or NothingToFocus where none of the walls shows several.
    """
    return _focus(
        session,
        walls,
        now,
        by,
        lambda shown, one: rules.moved(
            shown,
            focus_id=rules.focused(
                shown,
                focus_id=one.focus_id,
                advance_s=one.advance_s,
                since=one.since_at,
                now=now,
            ),
            by=steps,
        ),
    )


def focus_question(
    *,
    session: Session,
    walls: Sequence[int] | None,
    question_id: int | None,
    now: datetime,
    by: Actor,
) -> list[WallScene]:
    """Let that question stand out where it is shown; None: no question does.

    Raises: NoSuchWall, or NothingToFocus where none of the walls shows several.
    """
    return _focus(
        session, walls, now, by, lambda shown, _one: question_id if question_id in shown else None
    )


def _focus(
    session: Session,
    walls: Sequence[int] | None,
    now: datetime,
    by: Actor,
    choose: Callable[[list[int], WallScene], int | None],
) -> list[WallScene]:
    _check(by, "moderate")
    with one_transaction():
        chosen = _chosen(session, walls, now)
        shown = {one.link_id: questions_shown(session, one) for one in chosen}
        chosen = [one for one in chosen if shown[one.link_id]]
        if not chosen:
            raise NothingToFocus
        for one in chosen:
            one.focus_id = choose(shown[one.link_id], one)
            _keep(one, now, by)
    changed(session.pk, walls=True, at_once=True, when=on_commit)
    return chosen


def _chosen(session: Session, walls: Sequence[int] | None, now: datetime) -> list[WallScene]:
    links = [link for link in walls_of(session) if walls is None or link.pk in walls]
    if not links or (walls is not None and len(links) < len(set(walls))):
        raise NoSuchWall
    known = {one.link_id: one for one in WallScene.objects.filter(link__in=links)}
    return [known.get(link.pk) or WallScene(link=link, since_at=now) for link in links]


def _keep(chosen: WallScene, now: datetime, by: Actor, *, is_timed: bool = False) -> None:
    chosen.since_at, chosen.changed_by = now, by.name
    if not is_timed:  # whoever presses anything has taken over
        chosen.until_at, chosen.then_scene = None, ""
    chosen.save()


def advance_scenes(*, now: datetime) -> int:
    """Let scenes whose time is over give way to what was to follow; how many. May be repeated."""
    due = WallScene.objects.filter(until_at__lte=now)
    sessions: set[int] = set()
    with one_transaction():
        for one in due.select_for_update().select_related("link__session"):
            one.scene = Scene(one.then_scene or Scene.AUTO)
            one.since_at, one.until_at, one.then_scene = now, None, ""
            shown = questions_shown(one.link.session, one)
            if one.focus_id not in shown:
                one.focus_id = shown[0] if shown and one.advance_s else None
            one.save()
            sessions.add(one.link.session_id)
        for session_id in sessions:
            changed(session_id, walls=True, at_once=True, when=on_commit)
    return len(sessions)


# Screens


def note_report(*, link: Link, report: Report, now: datetime) -> None:
    """Keep what a screen said of itself; the oldest of too many at one address is forgotten."""
    said = {
        "kind": report.kind,
        "scene": report.scene,
        "title": report.title,
        "is_dark": report.is_dark,
        "is_covered": report.is_covered,
        "is_stale": report.is_stale,
        "frame_age_ms": report.frame_age_ms,
        "build": report.build,
        "width_px": report.width_px,
        "height_px": report.height_px,
        "still_relays": report.still_relays,
        "reported_at": now,
    }
    with one_transaction():
        known = OpenScreen.objects.filter(key=report.key, link=link)
        if report.is_closing:
            known.delete()
            return
        shows = known.filter(scene=report.scene, title=report.title, is_covered=report.is_covered)
        if shows.update(**said) or known.update(**said, shown_at=now):
            return
        opened = {"opened_at": now, "shown_at": now}
        OpenScreen.objects.get_or_create(
            key=report.key, defaults={"session": link.session, "link": link, **said, **opened}
        )
        OpenScreen.objects.filter(reported_at__lt=now - rules.REMEMBERED).delete()
        others = OpenScreen.objects.filter(link=link).order_by("-reported_at")
        kept = list(others.values_list("pk", flat=True)[: rules.SCREENS_A_LINK])
        OpenScreen.objects.filter(link=link).exclude(pk__in=kept).delete()


def forget_screen(*, session: Session, screen_id: int, by: Actor) -> None:
    """Take a screen off the list: it was switched off on purpose. If it reports, it is back."""
    _check(by, "moderate")
    with one_transaction():
        OpenScreen.objects.filter(session=session, pk=screen_id).delete()


# Pairing


def begin_pairing(*, address: str, now: datetime) -> Pairing:
    """A screen's letters, good for ten minutes. Raises: PairingFull."""
    with one_transaction():
        Pairing.objects.filter(created_at__lt=now - rules.PAIRING_FOR).delete()
        if (
            Pairing.objects.count() >= rules.PAIRINGS_MAX
            or Pairing.objects.filter(address=address).count() >= rules.PAIRINGS_AN_ADDRESS
        ):
            raise PairingFull(retry_after_s=rules.PAIRING_FOR.total_seconds())
        letters = rules.new_letters()
        while Pairing.objects.filter(letters=letters).exists():
            letters = rules.new_letters()
        return Pairing.objects.create(
            letters=letters, nonce=new_nonce(), address=address, created_at=now
        )


def pair_screen(
    *, session: Session, letters: str, link_id: int, look: str, now: datetime, by: Actor
) -> Link:
    """Make the screen that shows these letters one of the session's walls, or its overlay.

    Raises: LettersUnknown, NoSuchWall.
    """
    _check(by, "see_session")
    link = session.links.filter(pk=link_id, revoked_at__isnull=True).first()
    if link is None or (look == "overlay" and link.screen != Screen.WALL_QUESTIONS):
        raise NoSuchWall
    with one_transaction():
        waiting = Pairing.objects.filter(
            letters=rules.clean_letters(letters),
            created_at__gte=now - rules.PAIRING_FOR,
            link__isnull=True,
        )
        if not waiting.update(link=link, look=look):
            raise LettersUnknown
    return link


# The slate


def cover_screens(
    *, session: Session, is_on: bool, subject: str, now: datetime, by: Actor
) -> Slate:
    """Put the slate on every screen of the session, or take it off. May be repeated.

    The screens hear it at once and without the database; `write_panic` follows.
    """
    _check(by, "cover_programme")
    slate = slates().decide(session.slug, is_on=is_on, by=subject, now=now)
    slates().keep(session.slug)
    return slate


def write_panic(*, decided: Decided, now: datetime) -> None:
    """Write down what was decided at the panic button, and cover the programme with the studio's
    own slate while that decision stands. May be repeated; nothing is done for a session that is
    not there any more.

    Going back leaves the programme on its slate: going live again is the studio's to decide.
    """
    session = Session.objects.filter(slug=decided.slug).first()
    if session is None:
        return
    by = _actor_of(decided.by, session.room_id)
    slate = decided.slate
    with one_transaction():
        Panic.objects.get_or_create(
            session=session,
            number=slate.number,
            defaults={"is_on": slate.is_on, "at": slate.since or now, "by_name": by.name},
        )
    if slates().of(session.slug).is_on:
        live = Programme.objects.filter(session=session, state=ProgrammeState.LIVE)
        if live.exists():
            put_on_slate(session=session, now=now, by=by)


def _actor_of(subject: str, room_id: int) -> Actor:
    """Who stands behind a ticket's subject; the house where they are gone meanwhile."""
    kind, _, number = subject.partition(":")
    if kind == "person":
        found = Membership.objects.select_related("person").filter(room_id=room_id)
        membership = found.filter(person_id=int(number)).first()
        by = actor_of_membership(membership) if membership else None
    else:
        token = Token.objects.filter(room_id=room_id, pk=int(number)).first()
        by = actor_of_token(token) if token else None
    return by if by is not None and may(by.role, "cover_programme") else house(room_id)

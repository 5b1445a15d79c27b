from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk.actions import decide
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.links import new_nonce
from blueroom.room.models import Link, Role, Screen
from blueroom.walls import rules
from blueroom.walls.actions import (
    advance_scenes,
    begin_pairing,
    focus_question,
    forget_screen,
    move_focus,
    note_report,
    pair_screen,
    show_scene,
)
from blueroom.walls.errors import LettersUnknown, NoSuchWall, NothingToFocus, PairingFull
from blueroom.walls.models import OpenScreen, Pairing, WallScene
from blueroom.walls.queries import open_screens, scene_lines
from blueroom.walls.report import Report


@pytest.fixture
def make_wall(session, moment):
    def make(screen=Screen.WALL_QUESTIONS):
        return Link.objects.create(
            session=session, screen=screen, nonce=new_nonce(), created_at=moment
        )

    return make


@pytest.fixture
def lined_up(make_question, moderator, moment):
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABC")]
    for question in questions:
        for verb in ("approve", "line_up"):
            decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    return [question.pk for question in questions]


def test_a_scene_is_shown_on_all_walls_or_on_one(session, make_wall, moderator, moment):
    first, second = make_wall(), make_wall()
    make_wall(Screen.WALL_VIDEOS)

    show_scene(session=session, walls=None, scene="countdown", now=moment, by=moderator)
    show_scene(session=session, walls=[second.pk], scene="thanks", now=moment, by=moderator)

    told = WallScene.objects.order_by("link_id").values_list("link_id", "scene", "changed_by")
    assert list(told) == [(first.pk, "countdown", "Léa"), (second.pk, "thanks", "Léa")]


def test_a_wall_of_another_session_is_none_of_these(session, make_wall, moderator, moment):
    wall = make_wall()
    with pytest.raises(NoSuchWall):
        show_scene(session=session, walls=[wall.pk, 999], scene="next", now=moment, by=moderator)
    assert not WallScene.objects.exists()


def test_a_role_without_the_right_changes_no_wall(session, make_wall, moment):
    make_wall()
    by = Actor(name="Zoé", role=Role.VIEWER, room_id=session.room_id)
    with pytest.raises(NotAllowed):
        show_scene(session=session, walls=None, scene="slate", now=moment, by=by)


def test_arrows_move_the_focus_and_go_round(session, make_wall, lined_up, moderator, moment):
    make_wall()
    show_scene(session=session, walls=None, scene=None, layout="voices", now=moment, by=moderator)

    def press(steps, at=moment):
        (one,) = move_focus(session=session, walls=None, steps=steps, now=at, by=moderator)
        return one.focus_id

    assert [press(1), press(1), press(1), press(1)] == [*lined_up, lined_up[0]]
    assert press(-1) == lined_up[2]
    # It goes on by itself: the arrow moves on from what stands out at that moment.
    show_scene(session=session, walls=None, scene=None, advance_s=10, now=moment, by=moderator)
    assert press(1, moment + timedelta(seconds=25)) == lined_up[2]


def test_a_scene_gives_way_when_its_time_is_over(session, make_wall, moderator, moment):
    wall = make_wall()
    show_scene(
        session=session,
        walls=None,
        scene="countdown",
        lasts_s=300,
        then="question",
        now=moment,
        by=moderator,
    )
    told = [(line.scene, line.until, line.then) for line in scene_lines(session)]
    assert told == [("countdown", moment + timedelta(seconds=300), "question")]

    assert advance_scenes(now=moment + timedelta(seconds=299)) == 0
    assert advance_scenes(now=moment + timedelta(seconds=300)) == 1

    kept = WallScene.objects.get(link=wall)
    assert (kept.scene, kept.until_at, kept.then_scene) == ("question", None, "")
    assert advance_scenes(now=moment + timedelta(days=1)) == 0


@pytest.mark.parametrize("press", ["scene", "layout", "focus"])
def test_whoever_presses_anything_stops_the_clock(
    session, make_wall, lined_up, moderator, moment, press
):
    make_wall()
    chosen = {"session": session, "walls": None, "now": moment, "by": moderator}
    show_scene(**chosen, scene="next", lasts_s=20, then="auto")

    if press == "focus":
        move_focus(**chosen, steps=1)
    else:
        show_scene(**chosen, scene=None, **({"layout": "three"} if press == "layout" else {}))

    assert advance_scenes(now=moment + timedelta(days=1)) == 0
    assert WallScene.objects.get().scene == "next"


def test_one_large_question_has_no_focus(session, make_wall, lined_up, moderator, moment):
    make_wall()
    with pytest.raises(NothingToFocus):
        focus_question(
            session=session, walls=None, question_id=lined_up[0], now=moment, by=moderator
        )


def report(**more):
    said = {"key": "0123456789ab", "kind": "questions", "scene": "question", "title": "A ?"}
    return Report(**(said | more))


def test_a_screen_is_known_by_what_it_last_said(session, make_wall, moderator, moment):
    wall = make_wall()
    later = moment + timedelta(seconds=5)
    note_report(link=wall, report=report(), now=moment)
    note_report(link=wall, report=report(is_stale=True), now=later)

    (screen,) = open_screens(session, now=later)
    assert (screen.opened_at, screen.shown_at, screen.reported_at) == (moment, moment, later)
    note_report(link=wall, report=report(scene="after", title=""), now=later)
    assert OpenScreen.objects.get().shown_at == later

    note_report(link=make_wall(), report=report(is_closing=True), now=later)  # not its own
    assert OpenScreen.objects.count() == 1
    note_report(link=wall, report=report(is_closing=True), now=later)
    assert not OpenScreen.objects.exists()


def test_a_screen_that_was_switched_off_is_forgotten(session, make_wall, moderator, moment):
    wall = make_wall()
    note_report(link=wall, report=report(), now=moment)
    long_after = moment + rules.REMEMBERED + timedelta(seconds=1)
    assert open_screens(session, now=long_after) == []

    forget_screen(session=session, screen_id=OpenScreen.objects.get().pk, by=moderator)

    assert not OpenScreen.objects.exists()


def test_letters_pair_a_screen_once_and_for_ten_minutes(session, make_wall, moderator, moment):
    wall = make_wall()
    typed = begin_pairing(address="192.0.2.7", now=moment).letters

    def pair(letters, at=moment, look="wall"):
        return pair_screen(
            session=session, letters=letters, link_id=wall.pk, look=look, now=at, by=moderator
        )

    with pytest.raises(LettersUnknown):
        pair(typed, moment + rules.PAIRING_FOR + timedelta(seconds=1))
    assert pair(f" {typed[:3].lower()}-{typed[3:]} ", look="overlay") == wall
    assert Pairing.objects.get().look == "overlay"
    with pytest.raises(LettersUnknown):
        pair(typed)


def test_one_address_cannot_use_up_all_letters(session, moment):
    for _ in range(rules.PAIRINGS_AN_ADDRESS):
        begin_pairing(address="192.0.2.7", now=moment)
    with pytest.raises(PairingFull):
        begin_pairing(address="192.0.2.7", now=moment)
    begin_pairing(address="192.0.2.8", now=moment)
    begin_pairing(address="192.0.2.7", now=moment + rules.PAIRING_FOR * 2)
    assert Pairing.objects.count() == 1


def test_an_overlay_is_made_of_a_questions_wall_alone(session, make_wall, moderator, moment):
    videos = make_wall(Screen.WALL_VIDEOS)
    letters = begin_pairing(address="", now=moment).letters
    with pytest.raises(NoSuchWall):
        pair_screen(
            session=session,
            letters=letters,
            link_id=videos.pk,
            look="overlay",
            now=moment,
            by=moderator,
        )

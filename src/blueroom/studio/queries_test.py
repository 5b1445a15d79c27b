from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.studio import actions, queries
from blueroom.studio.actions_test import epoch
from blueroom.studio.models import Recording

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


@pytest.fixture
def answer(approved, guest_feed, moderator, moment):
    """Ten seconds, from 5 s after the moment."""
    actions.mark_in(question_id=approved.pk, now=moment + 5 * S, by=moderator)
    return actions.mark_out(question_id=approved.pk, now=moment + 15 * S, by=moderator)


def record(feed, number, began_at, duration_s=None, moment=None):
    actions.begin_recording(
        feed_id=feed.pk, epoch=epoch(number, began_at), file=f"1/feed-{number}.mp4"
    )
    if duration_s is not None:
        actions.end_recording(
            feed_id=feed.pk, epoch=number, duration_s=duration_s, size_bytes=1, now=moment
        )


def stretches(answer):
    return [(piece.path.name, piece.in_s, piece.out_s) for piece in queries.pieces_of(answer)]


def test_pieces_of_lies_in_a_recording_that_grows(answer, guest_feed, moment):
    record(guest_feed, 0, moment)
    assert stretches(answer) == [("feed-0.mp4", 5.0, 15.0)]


def test_pieces_of_goes_over_a_camera_that_dropped(answer, guest_feed, moment):
    record(guest_feed, 0, moment, 8.0, moment)
    record(guest_feed, 1, moment + 11 * S)
    record(guest_feed, 2, moment + 40 * S)
    assert stretches(answer) == [("feed-0.mp4", 5.0, 8.0), ("feed-1.mp4", 0.0, 4.0)]


def test_pieces_of_leaves_out_what_was_erased(answer, guest_feed, moment):
    record(guest_feed, 0, moment)
    Recording.objects.update(erased_at=moment)
    assert stretches(answer) == []


def test_is_released_waits_for_the_delay(answer, session, guest_feed, producer, moment):
    out = moment + 15 * S
    assert not queries.is_released(answer, now=out - S)
    assert queries.is_released(answer, now=out)

    actions.set_delay(session=session, now=moment, by=producer, delay_s=10)
    assert queries.is_released(answer, now=out)  # off air nothing is held back
    actions.go_live(session=session, now=moment, by=producer)
    assert not queries.is_released(answer, now=out + 9 * S)
    assert queries.is_released(answer, now=out + 10 * S)


@pytest.mark.parametrize(
    ("shown", "is_public"),
    [
        ([], False),
        ([(0, 20)], True),
        ([(0, 14)], False),
        ([(6, 20)], False),
        ([(0, 9), (9.3, 20)], True),
        ([(0, 9), (11, 20)], False),
    ],
)
def test_is_answer_public_when_the_public_saw_all_of_it(
    answer, guest_feed, moment, shown, is_public
):
    for from_s, until_s in shown:
        actions.note_shown(
            feed_id=guest_feed.pk, from_at=moment + from_s * S, until_at=moment + until_s * S
        )
    assert queries.is_answer_public(answer) is is_public


def test_live_card_says_nothing_while_the_programme_is_off(session, guest_feed, producer, moment):
    assert queries.live_card(session) is None
    programme = actions.go_live(session=session, now=moment, by=producer)
    card = queries.live_card(session)
    assert (card.state, card.hls) == ("live", f"/hls/{programme.key}/live.m3u8")


def test_studio_state_takes_the_same_statements_for_one_feed_and_for_three(
    session, guest_feed, producer, moment, django_assert_num_queries
):
    actions.go_live(session=session, now=moment, by=producer)
    with django_assert_num_queries(7):
        assert [line.is_on_air for line in queries.studio_state(session).feeds] == [True]
    for name in ("Salle", "Régie"):
        actions.make_feed(session=session, kind="camera", name=name, now=moment, by=producer)
    with django_assert_num_queries(7):
        assert len(queries.studio_state(session).feeds) == 3


def test_public_clips_are_only_those_that_may_be_seen(answer):
    assert queries.public_clips([answer.question_id]) == {}
    actions.note_clip(answer_id=answer.pk, state="ready", path="/a/x/", is_public=False)
    assert queries.public_clips([answer.question_id]) == {}
    actions.note_clip(answer_id=answer.pk, state="ready", path="/a/x/", is_public=True)
    assert queries.public_clips([answer.question_id]) == {answer.question_id: "/a/x/"}

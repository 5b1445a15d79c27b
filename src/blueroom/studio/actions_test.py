from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blueroom.media.parts import Epoch
from blueroom.room.actions import NotAllowed, close_session
from blueroom.studio import actions, errors
from blueroom.studio.models import Answer, Feed, FeedState, Recording, Shown
from blueroom.studio.secrets import KEY, PAGE, feed_by, page_secret, stream_key

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


def epoch(number: int = 0, began_at: datetime = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)) -> Epoch:
    return Epoch(
        number=number,
        init=b"",
        codecs="avc1.42e01f,mp4a.40.2",
        width_px=1280,
        height_px=720,
        has_audio=True,
        began_at=began_at,
        file=f"feed-{number}.mp4",
    )


def test_make_feed_gives_two_secrets_that_open_only_their_own_door(session, producer, moment):
    feed = actions.make_feed(
        session=session, kind="camera", name=" Salle ", now=moment, by=producer
    )

    assert (feed.name, feed.state) == ("Salle", FeedState.READY)
    assert feed_by(page_secret(feed), purpose=PAGE) == feed
    assert feed_by(stream_key(feed), purpose=KEY) == feed
    assert feed_by(stream_key(feed), purpose=PAGE) is None
    assert feed_by(page_secret(feed), purpose=KEY) is None
    assert feed_by(page_secret(feed)[:-1] + "é", purpose=PAGE) is None
    assert feed_by("", purpose=KEY) is None


def test_make_feed_is_for_producers(session, moderator, moment):
    with pytest.raises(NotAllowed):
        actions.make_feed(session=session, kind="guest", name="Inès", now=moment, by=moderator)


def test_make_feed_stops_at_forty(session, producer, moment):
    for number in range(40):
        actions.make_feed(session=session, kind="fan", name=f"{number}", now=moment, by=producer)
    with pytest.raises(errors.TooManyFeeds):
        actions.make_feed(session=session, kind="guest", name="Inès", now=moment, by=producer)


def test_renew_feed_makes_both_old_secrets_worthless(
    guest_feed, producer, moment, receiver, django_capture_on_commit_callbacks
):
    page, key = page_secret(guest_feed), stream_key(guest_feed)
    monitor = guest_feed.monitor_key

    with django_capture_on_commit_callbacks(execute=True):
        renewed = actions.renew_feed(feed=guest_feed, now=moment, by=producer)

    assert feed_by(page, purpose=PAGE) is None
    assert feed_by(key, purpose=KEY) is None
    assert feed_by(page_secret(renewed), purpose=PAGE) == renewed
    assert renewed.monitor_key != monitor
    assert ("feed", guest_feed.pk) in receiver.told


def test_ask_by_video_waits_for_a_person(session, moment):
    feed = actions.ask_by_video(
        session=session, name="Zoé", asker="phone-1", agrees=True, now=moment
    )
    assert (feed.kind, feed.state, feed.asker, feed.consent_at) == (
        "fan",
        "waiting",
        "phone-1",
        moment,
    )
    with pytest.raises(errors.AlreadyAskedByVideo):
        actions.ask_by_video(session=session, name="Zoé", asker="phone-1", agrees=True, now=moment)


def test_ask_by_video_needs_consent_and_an_open_session(session, producer, moment):
    with pytest.raises(errors.ConsentMissing):
        actions.ask_by_video(session=session, name="Zoé", asker="a", agrees=False, now=moment)
    close_session(session=session, now=moment, by=producer)
    session.refresh_from_db()
    with pytest.raises(errors.SessionNotOpen):
        actions.ask_by_video(session=session, name="Zoé", asker="a", agrees=True, now=moment)


def test_step_feed_tests_then_admits_a_fan(session, moderator, moment):
    fan = actions.ask_by_video(session=session, name="Zoé", asker="a", agrees=True, now=moment)

    states = [
        actions.step_feed(feed=fan, verb=verb, now=moment, by=moderator).state
        for verb in ("test", "admit", "refuse", "test", "end")
    ]

    assert states == ["testing", "ready", "refused", "testing", "ended"]
    with pytest.raises(errors.FeedRefused):
        actions.step_feed(feed=fan, verb="admit", now=moment, by=moderator)


def test_a_fan_that_was_not_admitted_cannot_be_shown(session, producer, moment):
    fan = actions.ask_by_video(session=session, name="Zoé", asker="a", agrees=True, now=moment)
    with pytest.raises(errors.FeedRefused):
        actions.go_live(session=session, now=moment, by=producer, feed=fan)
    with pytest.raises(errors.FeedRefused):
        actions.show_on_wall(feed=fan, is_on=True, now=moment, by=producer)


def test_ending_the_feed_on_air_leaves_the_slate(session, guest_feed, producer, moment):
    actions.go_live(session=session, now=moment, by=producer)
    actions.step_feed(feed=guest_feed, verb="end", now=moment, by=producer)

    programme = actions.programme_of(session, now=moment)
    assert (programme.state, programme.feed) == ("slate", None)


def test_go_live_takes_the_guest_and_tells_the_receiver(
    session, guest_feed, producer, moment, receiver, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        programme = actions.go_live(session=session, now=moment, by=producer)

    assert (programme.state, programme.feed, programme.started_at) == ("live", guest_feed, moment)
    assert ("programme", session.pk) in receiver.told


def test_go_live_needs_somebody_who_sends(session, producer, moment):
    actions.make_feed(session=session, kind="guest", name="Inès", now=moment, by=producer)
    with pytest.raises(errors.NoFeed):
        actions.go_live(session=session, now=moment, by=producer)


def test_go_live_refuses_a_feed_of_another_session(session, guest_feed, producer, moment, room):
    other = type(session).objects.create(
        room=room,
        guest=session.guest,
        slug="autre",
        title="Autre",
        state="open",
        starts_at=moment,
        created_at=moment,
    )
    with pytest.raises(errors.FeedElsewhere):
        actions.go_live(session=other, now=moment, by=producer, feed=guest_feed)


def test_slate_keeps_the_feed_and_stop_ends(session, guest_feed, producer, moderator, moment):
    actions.go_live(session=session, now=moment, by=producer)

    covered = actions.put_on_slate(session=session, now=moment, by=moderator)
    assert (covered.state, covered.feed) == ("slate", guest_feed)

    stopped = actions.stop_programme(session=session, now=moment + S, by=producer)
    assert (stopped.state, stopped.stopped_at) == ("off", moment + S)


def test_a_moderator_covers_but_does_not_begin(session, guest_feed, moderator, moment):
    with pytest.raises(NotAllowed):
        actions.put_on_slate(session=session, now=moment, by=moderator)
    with pytest.raises(NotAllowed):
        actions.go_live(session=session, now=moment, by=moderator)


def test_delay_is_never_below_what_the_session_asks_for(session, producer, moment):
    programme = actions.set_delay(session=session, now=moment, by=producer, least_delay_s=7)
    assert (programme.delay_s, programme.least_delay_s) == (7, 7)

    with pytest.raises(errors.DelayTooShort):
        actions.set_delay(session=session, now=moment, by=producer, delay_s=3)
    assert actions.set_delay(session=session, now=moment, by=producer, delay_s=99).delay_s == 30


def test_dump_refuses_where_nothing_is_held(session, guest_feed, moderator, moment, receiver):
    with pytest.raises(errors.NothingHeld):
        actions.dump_held(session=session, now=moment, by=moderator)


def test_dump_takes_the_marks_that_reach_into_it(
    session, approved, guest_feed, moderator, moment, receiver
):
    receiver.held_s = 8.0
    answer = actions.mark_in(question_id=approved.pk, now=moment, by=moderator)
    actions.mark_out(question_id=approved.pk, now=moment + 20 * S, by=moderator)

    assert actions.dump_held(session=session, now=moment + 25 * S, by=moderator) == 8.0

    answer.refresh_from_db()
    assert (answer.out_at, answer.revision) == (moment + 17 * S, 2)

    actions.mark_in(question_id=approved.pk, now=moment + 30 * S, by=moderator)
    actions.dump_held(session=session, now=moment + 34 * S, by=moderator)
    assert list(Answer.objects.values_list("pk", flat=True)) == [answer.pk]


def test_marks_make_an_answer_and_ask_for_a_key_frame(
    approved, guest_feed, moderator, moment, receiver, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        begun = actions.mark_in(question_id=approved.pk, now=moment, by=moderator)
    again = actions.mark_in(question_id=approved.pk, now=moment + S, by=moderator)
    done = actions.mark_out(
        question_id=approved.pk, now=moment + 9 * S, by=moderator, at=moment + 8 * S
    )

    assert begun.pk == again.pk == done.pk
    assert (done.in_at, done.out_at, done.feed) == (moment + S, moment + 8 * S, guest_feed)
    assert ("key", guest_feed.pk) in receiver.told


def test_a_question_may_have_several_answers(approved, guest_feed, moderator, moment):
    for start in (0, 60):
        actions.mark_in(question_id=approved.pk, now=moment + start * S, by=moderator)
        actions.mark_out(question_id=approved.pk, now=moment + (start + 30) * S, by=moderator)
    assert approved.answers.count() == 2


def test_marks_are_refused_where_they_make_no_sense(
    approved, make_question, guest_feed, moderator, moment
):
    with pytest.raises(errors.NoAnswerOpen):
        actions.mark_out(question_id=approved.pk, now=moment, by=moderator)
    waiting = make_question("Et le soir ?", number=2)
    with pytest.raises(errors.NotApprovedForAir):
        actions.mark_in(question_id=waiting.pk, now=moment, by=moderator)
    actions.mark_in(question_id=approved.pk, now=moment, by=moderator)
    with pytest.raises(errors.MarksWrong):
        actions.mark_out(question_id=approved.pk, now=moment, by=moderator, at=moment)
    with pytest.raises(errors.MarksWrong):
        actions.mark_out(question_id=approved.pk, now=moment + 3601 * S, by=moderator)


def test_adjust_answer_grows_the_revision_and_refuses_a_stale_one(
    approved, guest_feed, moderator, moment
):
    actions.begin_recording(feed_id=guest_feed.pk, epoch=epoch(), file="1/feed-0.mp4")
    answer = actions.mark_in(question_id=approved.pk, now=moment, by=moderator)
    actions.mark_out(question_id=approved.pk, now=moment + 30 * S, by=moderator)
    marks = {"in_at": moment + 2 * S, "out_at": moment + 29 * S, "now": moment, "by": moderator}

    moved = actions.adjust_answer(answer=answer, revision=1, **marks)
    assert (moved.in_at, moved.out_at, moved.revision) == (moment + 2 * S, moment + 29 * S, 2)
    assert actions.adjust_answer(answer=answer, **marks).revision == 2  # nothing moved
    with pytest.raises(errors.AnswerChanged):
        actions.adjust_answer(answer=answer, revision=1, **(marks | {"in_at": moment}))
    nowhere = {"in_at": moment - 90 * S, "out_at": moment - 60 * S}
    with pytest.raises(errors.NothingRecorded):
        actions.adjust_answer(answer=answer, **(marks | nowhere))


def test_begin_recording_may_be_repeated(guest_feed, moment):
    for _ in range(2):
        actions.begin_recording(feed_id=guest_feed.pk, epoch=epoch(), file="1/feed-0.mp4")
    actions.end_recording(
        feed_id=guest_feed.pk, epoch=0, duration_s=12.5, size_bytes=99, now=moment
    )
    recording = Recording.objects.get()
    assert (recording.duration_s, recording.size_bytes, recording.ended_at) == (12.5, 99, moment)


def test_note_shown_makes_a_stretch_that_goes_on_longer(guest_feed, moment):
    actions.note_shown(feed_id=guest_feed.pk, from_at=moment, until_at=moment + S)
    actions.note_shown(feed_id=guest_feed.pk, from_at=moment + S, until_at=moment + 2 * S)
    actions.note_shown(feed_id=guest_feed.pk, from_at=moment + 9 * S, until_at=moment + 10 * S)
    assert list(Shown.objects.values_list("from_at", "until_at")) == [
        (moment, moment + 2 * S),
        (moment + 9 * S, moment + 10 * S),
    ]


def test_what_a_receiver_reports_is_kept(guest_feed, moment):
    actions.note_size(feed_id=guest_feed.pk, width_px=720, height_px=1280)
    actions.note_lost(feed_id=guest_feed.pk, code="feed_silent", message="Nothing came.")
    feed = Feed.objects.get(pk=guest_feed.pk)
    assert (feed.way, feed.width_px, feed.height_px, feed.code) == ("", 720, 1280, "feed_silent")

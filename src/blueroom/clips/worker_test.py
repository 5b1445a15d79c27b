from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.base.clock import now
from blueroom.clips import making, worker
from blueroom.clips.models import Clip
from blueroom.clips.queries import due_clips, due_renders
from blueroom.studio.models import Answer, Recording


@pytest.fixture
def long_ago(recording):
    """The recording, as if the session were over for a while."""
    began_at = now() - timedelta(minutes=5)
    Recording.objects.filter(pk=recording.pk).update(
        began_at=began_at, ended_at=began_at + timedelta(seconds=6)
    )
    return began_at


@pytest.fixture
def answer(question, feed, long_ago):
    return Answer.objects.create(
        question=question,
        feed=feed,
        in_at=long_ago + timedelta(seconds=1),
        out_at=long_ago + timedelta(seconds=2),
        made_at=long_ago,
    )


def test_rounds_find_nothing_where_nothing_is_to_be_done(session):
    rounds = (worker.cut_due_clips, worker.render_due, worker.hear_due, worker.tidy_clips)

    assert [one_round() for one_round in rounds] == [0, 0, 0, 0]
    assert worker.sweep_clips() == 0


def test_rounds_bring_an_answer_to_its_files(answer):
    assert worker.cut_due_clips() == 1
    assert Clip.objects.get().state == "ready"
    assert worker.cut_due_clips() == 0
    assert worker.render_due() == 1
    assert list(due_renders(now()).values_list("shape", flat=True)) == ["9x16"]


def test_round_goes_on_with_what_a_killed_process_left(answer):
    worker.cut_due_clips()
    Clip.objects.update(state="working", leased_until=now() - timedelta(seconds=1))

    assert worker.cut_due_clips() == 1
    assert Clip.objects.get().state == "ready"


def test_round_gives_a_clip_the_still_that_a_killed_process_left_out(answer, monkeypatch):
    worker.cut_due_clips()
    Clip.objects.update(poster="")

    worker.render_due()

    assert Clip.objects.get().poster


def test_round_leaves_alone_what_is_withdrawn(answer, question):
    worker.cut_due_clips()
    Clip.objects.update(state="due")
    question.withdrawn_at = now()
    question.save()

    assert list(due_clips(now())) == []
    assert (worker.cut_due_clips(), worker.render_due(), worker.tidy_clips()) == (0, 0, 1)


def test_round_asks_the_same_for_one_answer_and_for_three(
    question, feed, long_ago, django_assert_num_queries
):
    def mark(count):
        for _ in range(count):
            answer = Answer.objects.create(
                question=question,
                feed=feed,
                in_at=long_ago + timedelta(seconds=1),
                out_at=long_ago + timedelta(seconds=2),
                made_at=long_ago,
            )
            Clip.objects.create(
                answer=answer,
                slug=f"clip-{answer.pk}",
                state="ready",
                revision=1,
                created_at=long_ago,
                changed_at=long_ago,
                due_at=long_ago,
            )

    mark(1)
    with django_assert_num_queries(2):
        worker.cut_due_clips()
    mark(2)
    with django_assert_num_queries(2):
        worker.cut_due_clips()


def test_still_is_no_condition_for_a_clip(answer, monkeypatch):
    monkeypatch.setattr(making, "poster", _no_picture)

    worker.cut_due_clips()

    clip = Clip.objects.get()
    assert (clip.state, clip.poster) == ("ready", "")


def _no_picture(source):
    from blueroom.media.pictures import NoPicture

    raise NoPicture


def test_a_house_that_opens_takes_up_what_was_left_at_once(answer):
    worker.cut_due_clips()
    Clip.objects.update(state="working", leased_until=now() + timedelta(hours=1))

    assert worker.take_up_clips() == 1
    assert due_clips(now()).count() == 1

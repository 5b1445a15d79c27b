from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blueroom.audience.models import HeartCount
from blueroom.desk.actions import answer_question, decide, sort_posts
from blueroom.posts.actions import erase_author
from blueroom.report.contents import (
    Audience,
    Curve,
    Glance,
    Median,
    Moderator,
    NetworkReplies,
    OpenQuestions,
    Part,
    Places,
    Way,
)
from blueroom.report.models import AudienceCount
from blueroom.report.queries import report_of
from blueroom.room.actor import house
from blueroom.studio.models import Feed, Recording
from blueroom.walls.models import Panic


def read(evening, reader="producer"):
    return report_of(evening.session, reader, now=evening.at(60))


def erase(evening):
    """Eva objects."""
    by = house(evening.session.room_id)
    erase_author(author=evening.eva, now=evening.at(50), by=by)
    sort_posts(session_id=evening.session.pk, now=evening.at(50))


def test_report_counts_who_asked_and_who_got_an_answer(evening):
    assert read(evening).glance == Glance(
        people=6,
        posts=6,
        messages=1,
        askers=5,
        questions=5,
        lines=4,
        groups=1,
        approved=3,
        aired=2,
        answered=2,
        questions_answered=3,
        askers_answered=3,
    )


def test_report_tells_of_answers_in_the_order_they_came_on_air(evening, clip, replies):
    ana, eva = read(evening).answers
    assert (ana.number, ana.asker, ana.askers, ana.answer) == (1, "Ana", 2, "Oui.")
    assert (ana.on_air_s, ana.answer_s, ana.replies_sent) == (180, 90.0, 1)
    assert (ana.clip.path, ana.clip.poster) == ("/a/matin/", "/a/matin/poster.jpg")
    assert (ana.reply.state, ana.reply.url) == ("sent", "https://bsky.example/1")
    assert (eva.number, eva.asker, eva.on_air_s, eva.clip, eva.reply) == (2, "Eva", 180, None, None)


def test_report_tells_how_long_each_step_took(evening, clip, replies):
    report = read(evening)
    assert report.way == Way(
        to_air=Median(seconds=660.0, of=2),  # 20:01 to 20:12, 20:05 to 20:16
        on_air=Median(seconds=180.0, of=2),
        to_clip=Median(seconds=1.0, of=1),
        to_reply=Median(seconds=60.0, of=1),
    )
    assert report.replies == [
        NetworkReplies(
            code="rehearsal", name="Rehearsal", sent=1, failed=1, taken_back=0, waiting=0
        )
    ]


def test_report_draws_posts_from_a_quarter_of_an_hour_before_air_to_the_end(evening):
    posts = read(evening).posts
    assert (posts.from_at, posts.step_minutes, posts.earlier) == (evening.at(1), 1, 0)
    assert posts.values == [1.0] * 6 + [0.0] * 33
    assert (posts.peak, posts.peak_at) == (1, evening.at(1))


def test_report_tells_networks_languages_and_the_audience(evening):
    HeartCount.objects.create(session=evening.session, minute=evening.at(12), hearts=7)
    for minute, phones in ((12, 3), (14, 9)):
        AudienceCount.objects.create(
            session=evening.session, minute=evening.at(minute), phones=phones
        )
    report = read(evening)
    assert report.networks == [
        Part(code="rehearsal", name="Rehearsal", posts=5),
        Part(code="page", name="Phone page", posts=1),
    ]
    assert [(part.code, part.posts) for part in report.languages] == [("fr", 5), ("ar", 1)]
    assert report.audience == Audience(
        phones=Curve(
            from_at=evening.at(12),
            step_minutes=1,
            values=[3.0, 0.0, 9.0],
            peak=9,
            peak_at=evening.at(14),
        ),
        hearts=7,
        votes=0,
        votes_weighed=0,
    )


def test_report_tells_the_work_of_the_desk_and_names_people_to_producers_alone(evening):
    desk = read(evening).moderation
    assert (desk.approved, desk.rejected, desk.decisions, desk.decided) == (3, 0, 7, 3)
    assert desk.median == Median(seconds=240.0, of=3)  # 4, 3 and 17 minutes
    assert desk.people == [
        Moderator(
            name="Léa",
            decisions=7,
            approved=3,
            rejected=0,
            first=3,
            median=Median(seconds=240.0, of=3),
        )
    ]
    assert read(evening, "crew").moderation.people is None
    public = read(evening, "public")
    assert (public.moderation, public.troubles) == (None, None)


def test_erased_asker_is_in_no_report(evening, clip, replies):
    erase(evening)
    report = read(evening)
    assert (report.glance.people, report.glance.askers, report.glance.answered) == (5, 4, 1)
    assert [line.asker for line in report.answers] == ["Ana"]
    assert report.way.to_air == Median(seconds=660.0, of=1)
    assert report.moderation.decided == 2
    assert "Eva" not in str(report)


@pytest.mark.parametrize(("reader", "texts"), [("crew", ["Zeinab", "Flo"]), ("public", ["Zeinab"])])
def test_what_several_want_and_nobody_answered_is_left_to_follow_up(evening, reader, texts):
    for name, votes in (("زينب", 5), ("Flo", 2)):
        question = evening.asked[name]
        question.votes = votes
        question.save()
    latin = {"زينب": "Zeinab"}
    left = read(evening, reader).unanswered
    assert ([latin.get(one.asker, one.asker) for one in left.questions], left.more) == (texts, 0)


def test_report_tells_calmly_what_went_wrong(evening, replies):
    feed = Feed.objects.create(
        session=evening.session, name="Inès", nonce="n", monitor_key="m", created_at=evening.at(0)
    )
    for epoch, (began, ended) in enumerate(((9, 15), (15.5, 40)), 1):
        Recording.objects.create(
            feed=feed,
            epoch=epoch,
            file=f"{epoch}.mp4",
            began_at=evening.at(began),
            ended_at=evening.at(ended),
            width_px=1,
            height_px=1,
        )
    for number, (minute, is_on) in enumerate(((20, True), (21, False))):
        Panic.objects.create(
            session=evening.session, is_on=is_on, at=evening.at(minute), number=number
        )
    found = read(evening).troubles
    assert [(one.kind, one.subject, one.seconds, one.message) for one in found] == [
        ("feed_lost", "Inès", 30, ""),
        ("reply_failed", "Vous écrivez le matin ?", None, "Léa shall try again."),
        ("covered", "", 60, ""),
    ]
    assert [one.at for one in found] == [evening.at(15), evening.at(15), evening.at(20)]


def test_session_in_which_nothing_happened_has_a_report(session, moment):
    report = report_of(session, "producer", now=moment + timedelta(hours=1))
    assert (report.glance.people, report.glance.lines, report.posts) == (0, 0, None)
    assert report.places == Places(located=0, posts=0, places=[], more=0)
    assert (report.answers, report.unanswered) == ([], OpenQuestions(questions=[], more=0))
    assert report.way.to_air == Median(seconds=None, of=0)
    assert report.troubles == []


def test_report_takes_as_many_queries_for_many_answers_as_for_few(evening, clip, moderator):
    read(evening)  # its guest and room are known from now on
    with CaptureQueriesContext(connection) as few:
        read(evening)
    for name in ("زينب", "Flo"):
        question = decide(
            question_id=evening.asked[name].pk, verb="approve", now=evening.at(41), by=moderator
        )
        answer_question(question_id=question.pk, text="Non.", now=evening.at(42), by=moderator)
    with CaptureQueriesContext(connection) as many:
        report = read(evening)
    assert (len(report.answers), len(many)) == (4, len(few))

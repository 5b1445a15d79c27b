"""A session's report, read from the rooms when somebody asks for it: nothing of it is kept.

So what somebody erased, or took away themselves, is in no report from that moment on.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.translation import get_language

from blueroom.audience.models import HeartCount
from blueroom.desk.models import QuestionState
from blueroom.desk.queries import questions_of, states_counted
from blueroom.desk.rules import APPROVED
from blueroom.places.gazetteer import Place
from blueroom.posts.locations import gazetteer
from blueroom.posts.models import Location, Post, Sorting
from blueroom.posts.queries import curve_of
from blueroom.report import rules
from blueroom.report.answers import (
    Answers,
    answered_lines,
    failed_replies,
    open_questions,
    replies_by_network,
    way_of,
)
from blueroom.report.contents import (
    About,
    Audience,
    Curve,
    Glance,
    Part,
    PlaceLine,
    Places,
    Reader,
    Report,
)
from blueroom.report.errors import ReportNotShared
from blueroom.report.models import AudienceCount, SharedReport
from blueroom.report.moderation import moderation_of
from blueroom.report.names import language_name, network_name
from blueroom.report.troubles import troubles_of
from blueroom.room.links import nonce_in, seal_nonce
from blueroom.room.models import Session, SessionState

State = QuestionState
PURPOSE = "report"
PLACES_SHOWN = 120
AFTER_LAST = timedelta(minutes=2)


def report_of(session: Session, reader: Reader, *, now: datetime) -> Report:
    """The session's report as it is now, for who reads it."""
    answers = Answers(session, reader)
    lines = answered_lines(session, answers, now=now)
    posts = _posts(session)
    is_public = reader == "public"
    return Report(
        about=_about(session, now),
        glance=_glance(session, posts, answers),
        posts=_curve(session, now),
        networks=_parts(posts, 0),
        languages=_parts(posts, 1),
        places=_places(session, sum(posts.values())),
        audience=_audience(session),
        answers=lines,
        unanswered=open_questions(session, answers, reader, now=now),
        replies=replies_by_network(answers),
        way=way_of(lines, answers),
        moderation=None if is_public else moderation_of(session, reader),
        troubles=None if is_public else troubles_of(session, failed_replies(answers), now=now),
    )


def _about(session: Session, now: datetime) -> About:
    over_at = session.closed_at or now
    on_air_s = round((over_at - session.on_air_at).total_seconds()) if session.on_air_at else None
    return About(
        slug=session.slug,
        guest=session.guest.name,
        title=session.title,
        room=session.room.name,
        hashtags=session.hashtags,
        state=session.state,
        is_rehearsal=session.is_rehearsal,
        is_final=session.state == SessionState.CLOSED,
        starts_at=session.starts_at,
        opened_at=session.opened_at,
        on_air_at=session.on_air_at,
        closed_at=session.closed_at,
        on_air_s=on_air_s,
        read_at=now,
    )


Posts = dict[tuple[str, str, int], int]


def _posts(session: Session) -> Posts:
    """How many posts there are by network, language and what the desk made of them."""
    found = Post.objects.filter(session=session, deleted_at=None).order_by()
    counted = found.values_list("network", "language", "sorting").annotate(posts=Count("id"))
    return {(network, language, sorting): posts for network, language, sorting, posts in counted}


def _glance(session: Session, posts: Posts, answers: Answers) -> Glance:
    states = states_counted(session)
    asked = questions_of(session).order_by()
    is_answered = Q(state=State.ANSWERED) | Q(head__state=State.ANSWERED)
    counted = asked.aggregate(
        askers=Count("post__author", distinct=True),
        groups=Count("head", distinct=True),
        answered=Count("id", filter=is_answered),
        reached=Count("post__author", distinct=True, filter=is_answered),
    )
    there = Post.objects.filter(session=session, deleted_at=None)
    people = there.aggregate(people=Count("author", distinct=True))["people"]
    return Glance(
        people=people,
        posts=sum(posts.values()),
        messages=sum(n for (_, _, made), n in posts.items() if made == Sorting.MESSAGE),
        askers=counted["askers"],
        questions=sum(states.values()),
        lines=sum(states.values()) - states[State.MERGED],
        groups=counted["groups"],
        approved=sum(states[state] for state in APPROVED),
        aired=len(answers.on_air),
        answered=states[State.ANSWERED],
        questions_answered=counted["answered"],
        askers_answered=counted["reached"],
    )


def _parts(posts: Posts, at: int) -> list[Part]:
    """The posts by network (0) or language (1), the most first."""
    counted: Counter[str] = Counter()
    for key, number in posts.items():
        counted[str(key[at])] += number
    name = network_name if at == 0 else language_name
    return [
        Part(code=code, name=name(code), posts=number)
        for code, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def _curve(session: Session, now: datetime) -> Curve | None:
    """Posts by minute: from a quarter of an hour before the session was on air to its end; before
    that what came since the first post, of the last day."""
    first_at, values = curve_of(session)
    if first_at is None:
        return None
    last_at = first_at + len(values) * rules.MINUTE
    until_at = session.closed_at or min(now, max(last_at, session.on_air_at or now) + AFTER_LAST)
    wanted_at = (
        session.on_air_at - rules.BEFORE_AIR
        if session.on_air_at
        else until_at - timedelta(hours=24)
    )
    return rules.curve_from(
        first_at,
        values,
        from_at=min(max(first_at, wanted_at), until_at - rules.MINUTE),
        until_at=until_at,
    )


def _audience(session: Session) -> Audience:
    hearts = HeartCount.objects.filter(session=session).aggregate(hearts=Sum("hearts"))["hearts"]
    votes = questions_of(session).aggregate(given=Sum("votes_given"), weighed=Sum("votes"))
    return Audience(
        phones=_phones(session),
        hearts=hearts or 0,
        votes=votes["given"] or 0,
        votes_weighed=votes["weighed"] or 0,
    )


def _phones(session: Session) -> Curve | None:
    found = AudienceCount.objects.filter(session=session).order_by("minute")
    counted = dict(found.values_list("minute", "phones"))
    if not counted:
        return None
    first_at, last_at = next(iter(counted)), next(reversed(counted))
    minutes = round((last_at - first_at) / rules.MINUTE) + 1
    values = [counted.get(first_at + n * rules.MINUTE, 0) for n in range(minutes)]
    return rules.curve_from(first_at, values, from_at=first_at, until_at=last_at + rules.MINUTE)


def _places(session: Session, posts: int) -> Places:
    found = Location.objects.filter(session=session).exclude(level="").order_by()
    counted = dict(found.values_list("place").annotate(posts=Count("post")))
    first = sorted((code for code in counted if code), key=lambda code: (-counted[code], code))
    known = gazetteer().places(first[:PLACES_SHOWN])
    lines = [
        PlaceLine(
            code=place.code,
            level=place.level,
            name=_name(place),
            lat=round(place.lat, 3),
            lon=round(place.lon, 3),
            posts=counted[code],
        )
        for code, place in known.items()
    ]
    return Places(
        located=sum(counted.values()),
        posts=posts,
        places=lines,
        more=max(0, len(first) - PLACES_SHOWN),
    )


def _name(place: Place) -> str:
    return place.name_fr if (get_language() or "").startswith("fr") else place.name_en


# Shared


def share_of(session: Session) -> SharedReport | None:
    """The address by which the report is shared now."""
    return SharedReport.objects.filter(session=session, revoked_at=None).first()


def secret_of(share: SharedReport) -> str:
    """The secret part of that address."""
    return share.nonce + seal_nonce(share.nonce, purpose=PURPOSE)


def session_shared(secret: str) -> Session:
    """The session whose report that secret shows. Raises ReportNotShared."""
    nonce = nonce_in(secret, purpose=PURPOSE)
    found = SharedReport.objects.filter(nonce=nonce, revoked_at=None)
    share = found.select_related("session__guest", "session__room").first() if nonce else None
    if share is None:
        raise ReportNotShared
    return share.session

"""What the audience does: it asks, and sends hearts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache

from blueroom.audience import rules
from blueroom.audience.errors import (
    AskedTooOften,
    HeartsTooFast,
    NoLivePicture,
    NotTakingQuestions,
    QuestionEmpty,
    QuestionTooLong,
)
from blueroom.audience.hearts import hearts as gathered
from blueroom.audience.visitors import hash_address
from blueroom.base.ids import new_secret
from blueroom.desk.actions import sort_posts
from blueroom.desk.models import Question
from blueroom.networks import interface
from blueroom.posts.actions import receive
from blueroom.posts.models import Post
from blueroom.posts.rules import clean_line, clean_text
from blueroom.room.models import Session, SessionState
from blueroom.room.writing import one_transaction

NETWORK = "page"
TAKING = (SessionState.OPEN, SessionState.ON_AIR)


def ask(
    *,
    session: Session,
    text: str,
    name: str,
    place: str,
    asker: str,
    address: str,
    now: datetime,
) -> Question:
    """The question, stored and waiting at the desk. `asker` and `address` as in `visitors`.

    Raises:
        NotTakingQuestions: the session is planned or closed.
        QuestionEmpty, QuestionTooLong: the text.
        AskedTooOften: this phone or this address has to wait.
    """
    if session.state not in TAKING:
        raise NotTakingQuestions(state=session.state)
    text = clean_text(text[: 40 * rules.QUESTION_LENGTH_MAX])
    if not rules.is_written(text):
        raise QuestionEmpty
    if rules.length_of(text) > rules.QUESTION_LENGTH_MAX:
        raise QuestionTooLong(limit=rules.QUESTION_LENGTH_MAX)
    pace_address(address, now=now)
    post = interface.Post(
        network=NETWORK,
        id=new_secret(16),
        author=interface.Author(
            id=asker,
            name=clean_line(name, rules.NAME_LENGTH_MAX),
            place=clean_line(place, rules.NAME_LENGTH_MAX),
        ),
        text=text,
        published_at=now,
        asked=True,
    )
    with one_transaction():
        _pace_asker(asker, now)
        receive(session=session, posts=[post], now=now)
        # What came before it is sorted first: the posts of a burst, a slice at a time.
        while sort_posts(session_id=session.pk, now=now).posts:
            pass
        return Question.objects.get(
            post__session=session, post__network=NETWORK, post__remote_id=post.id
        )


def _pace_asker(asker: str, now: datetime) -> None:
    asked = Post.objects.filter(author__network=NETWORK, author__remote_id=asker)
    for pace in rules.ASKER_PACES:
        since = now - timedelta(seconds=pace.seconds)
        times = list(
            asked.filter(received_at__gt=since)
            .order_by("-received_at")
            .values_list("received_at", flat=True)[: pace.questions]
        )
        if len(times) == pace.questions:
            wait_s = pace.seconds - (now - times[-1]).total_seconds()
            raise AskedTooOften(retry_after_s=max(1.0, wait_s))


def pace_address(address: str, *, now: datetime) -> None:
    """Count one more thing asked for from this address. Raises AskedTooOften."""
    # Counted in memory only: an address, even hashed, is in no file.
    key = f"asked-from-{hash_address(address, now=now)}"
    pace = rules.ADDRESS_PACE
    cache.add(key, 0, timeout=pace.seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two lines
        return
    if count > pace.questions:
        raise AskedTooOften(retry_after_s=pace.seconds)


def send_hearts(*, slug: str, hearts: int, address: str, now: datetime) -> int:
    """How many of a phone's hearts counted; they are told and stored in a moment.

    Raises:
        NotFound: there is no such session.
        NoLivePicture: its programme is off.
        HeartsTooFast: none of them counted.
    """
    picture = gathered().picture(slug, now=now)
    if not picture.is_live:
        raise NoLivePicture
    counted = gathered().add(picture, hearts, address=address, now=now)
    if not counted:
        raise HeartsTooFast(retry_after_s=1.0)
    return counted

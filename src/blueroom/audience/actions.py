"""What the audience does: it asks, by video too, votes, and sends hearts."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, F

from blueroom.audience import rules
from blueroom.audience.errors import (
    AskedTooOften,
    HeartsOff,
    HeartsTooFast,
    NoLivePicture,
    NotTakingQuestions,
    NotUpForVote,
    QuestionEmpty,
    QuestionTooLong,
    VotedTooOften,
    VotedTooSoon,
    VotesOff,
)
from blueroom.audience.hearts import hearts as gathered
from blueroom.audience.hearts import source_of
from blueroom.audience.models import Vote, VoteCount
from blueroom.audience.paces import Paces
from blueroom.audience.queries import is_up_for_vote
from blueroom.audience.visitors import Device, hash_address, origin_of
from blueroom.base.ids import new_secret
from blueroom.desk.actions import note_votes, sort_posts
from blueroom.desk.models import Question, QuestionState
from blueroom.networks import interface
from blueroom.posts.actions import receive
from blueroom.posts.models import Post
from blueroom.posts.rules import clean_line, clean_text
from blueroom.room.models import Session, SessionState
from blueroom.room.writing import one_transaction
from blueroom.studio import actions as studio
from blueroom.studio.errors import ConsentMissing
from blueroom.studio.models import Feed

NETWORK = "page"
TAKING = (SessionState.OPEN, SessionState.ON_AIR)
VOTES_KEPT = timedelta(days=7)  # after the end of a session, in case it is opened again
_devices, _addresses = Paces(rules.DEVICE_VOTE_PACE), Paces(rules.ADDRESS_VOTE_PACE)


def ask(
    *,
    session: Session,
    text: str,
    name: str,
    place: str,
    asker: str,
    address: str,
    now: datetime,
    key: str = "",
) -> Question:
    """The question, stored and waiting at the desk. `asker` and `address` as in `visitors`.

    With a `key` of the phone's own choice it may be repeated: one key asks one question, whatever
    is sent again because an answer was lost.

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
    post_id = _post_id(asker, key)
    known = _question_asked(session, post_id)
    if known is not None:
        return known
    pace_address(address, now=now)
    post = interface.Post(
        network=NETWORK,
        id=post_id,
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
        asked = _question_asked(session, post_id)
        assert asked is not None
        return asked


def _post_id(asker: str, key: str) -> str:
    """Nobody can take the place of another's question: the asker is in it."""
    return hashlib.sha256(f"{asker} {key}".encode()).hexdigest()[:32] if key else new_secret(16)


def _question_asked(session: Session, post_id: str) -> Question | None:
    found = Question.objects.filter(
        post__session=session, post__network=NETWORK, post__remote_id=post_id
    )
    return found.first()


def ask_by_video(
    *,
    session: Session,
    text: str,
    name: str,
    agrees: bool,
    asker: str,
    address: str,
    now: datetime,
) -> Feed:
    """A place in the queue of those who ask by video, with the question that they want to ask.

    The words of a question that this phone asked before mean that one; without words it is the
    newest of them that is still there.

    Raises: as `ask`, where the words are new, and as `studio.actions.ask_by_video`.
    """
    if session.state in TAKING and not agrees:  # before a question is made of it
        raise ConsentMissing
    with one_transaction():
        question = _asked_before(session, text, asker)
        if question is None and text.strip():
            question = ask(
                session=session,
                text=text,
                name=name,
                place="",
                asker=asker,
                address=address,
                now=now,
            )
        return studio.ask_by_video(
            session=session, name=name, asker=asker, agrees=agrees, now=now, question=question
        )


def _asked_before(session: Session, text: str, asker: str) -> Question | None:
    own = Question.objects.filter(
        session=session,
        post__network=NETWORK,
        post__author__remote_id=asker,
        withdrawn_at=None,
    ).exclude(state=QuestionState.REJECTED)
    wanted = clean_text(text[: 40 * rules.QUESTION_LENGTH_MAX])
    return (own.filter(text=wanted) if wanted.strip() else own).order_by("-id").first()


def _pace_asker(asker: str, now: datetime) -> None:
    asked = Post.objects.filter(author__network=NETWORK, author__remote_id=asker)
    for pace in rules.ASKER_PACES:
        since = now - timedelta(seconds=pace.seconds)
        times = list(
            asked.filter(received_at__gt=since)
            .order_by("-received_at")
            .values_list("received_at", flat=True)[: pace.times]
        )
        if len(times) == pace.times:
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
    if count > pace.times:
        raise AskedTooOften(retry_after_s=pace.seconds)


def send_hearts(*, slug: str, hearts: int, address: str, now: datetime) -> int:
    """How many of a phone's hearts counted; they are told and stored in a moment.

    Raises:
        NotFound: there is no such session.
        NoLivePicture: its programme is off.
        HeartsOff: the producer turned them off.
        HeartsTooFast: none of them counted.
    """
    picture = gathered().picture(slug, now=now)
    if not picture.is_live:
        raise NoLivePicture
    if not picture.takes_hearts:
        raise HeartsOff
    counted = gathered().add(picture, hearts, address=address, now=now)
    if not counted:
        raise HeartsTooFast(retry_after_s=1.0)
    return counted


def forget_paces() -> None:
    """Begin anew to count how often phones and addresses vote."""
    _devices.forget()
    _addresses.forget()


def vote(
    *,
    session: Session,
    question_id: int,
    is_for: bool,
    device: Device | None,
    address: str,
    now: datetime,
) -> bool:
    """Give a phone's vote for a question, or take it back; whether that changed anything.

    A phone has one vote for each question. What it weighs is counted in a moment.

    Raises:
        VotesOff: the producer turned them off.
        VotedTooSoon: the phone has no cookie of ours, or a fresh one.
        VotedTooOften: this phone or this address has to wait.
        NotUpForVote: the public does not vote on that question, or not any more.
    """
    if not session.takes_votes:
        raise VotesOff
    age_s = (now - device.since_at).total_seconds() if device else 0.0
    if device is None or age_s < rules.VOTE_AFTER_S:
        raise VotedTooSoon(retry_after_s=rules.VOTE_AFTER_S)
    if not (_devices.allows(device.id, now=now) and _addresses.allows(source_of(address), now=now)):
        raise VotedTooOften(retry_after_s=float(rules.DEVICE_VOTE_PACE.seconds))
    if session.state not in TAKING or not is_up_for_vote(session, question_id):
        raise NotUpForVote
    network, region = origin_of(address, session_id=session.pk)
    with one_transaction():
        if is_for:
            _, has_changed = Vote.objects.get_or_create(
                question_id=question_id,
                device=device.id,
                defaults={"network": network, "region": region, "at": now},
            )
        else:
            gone, _ = Vote.objects.filter(question_id=question_id, device=device.id).delete()
            has_changed = bool(gone)
        if has_changed:
            VoteCount.objects.update_or_create(question_id=question_id, defaults={"is_due": True})
    return has_changed


def count_votes(*, question_id: int) -> None:
    """Weigh a question's votes and tell the desk; may be repeated."""
    with one_transaction():
        # First, so that a vote that comes meanwhile makes it due again.
        VoteCount.objects.filter(pk=question_id).update(is_due=False)
        past = VoteCount.objects.get(pk=question_id)
        votes, given = _weighed(question_id)
        note_votes(
            question_id=question_id, votes=past.past_votes + votes, given=past.past_given + given
        )


def forget_votes(*, now: datetime, limit: int = 20) -> int:
    """Forget who voted in sessions that were closed a week ago; of how many questions.

    What their votes weighed stays.
    """
    over = Vote.objects.filter(
        question__session__state=SessionState.CLOSED,
        question__session__closed_at__lt=now - VOTES_KEPT,
    )
    found = list(over.order_by().values_list("question_id", flat=True).distinct()[:limit])
    for question_id in found:
        with one_transaction():
            votes, given = _weighed(question_id)
            Vote.objects.filter(question_id=question_id).delete()
            VoteCount.objects.filter(pk=question_id).update(
                past_votes=F("past_votes") + votes, past_given=F("past_given") + given
            )
    return len(found)


def erase_votes(*, device: str) -> int:
    """Take back every vote of a phone whose owner objects; how many. May be repeated."""
    with one_transaction():
        votes = Vote.objects.filter(device=device)
        VoteCount.objects.filter(question__public_votes__in=votes).update(is_due=True)
        erased, _ = votes.delete()
    return erased


def _weighed(question_id: int) -> tuple[int, int]:
    """What the votes for a question weigh, and how many there are."""
    rows = (
        Vote.objects.filter(question_id=question_id)
        .order_by()
        .values_list("region", "network")
        .annotate(given=Count("id"))
    )
    votes = Counter({(region, network): given for region, network, given in rows})
    return rules.weigh(votes), votes.total()

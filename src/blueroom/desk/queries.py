"""What the desk and the public screens read of questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from blueroom.desk import rules
from blueroom.desk.models import Question, QuestionState
from blueroom.desk.wire import (
    Answered,
    Asker,
    Card,
    ChannelLine,
    Counts,
    DeskState,
    LastDecision,
    ReplyLine,
    Row,
)
from blueroom.posts.models import Channel
from blueroom.posts.queries import counts_of
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session

SNAPSHOT_OPEN = 5000  # open questions that a desk is given at once; the rest is asked for by page
IDS_A_QUERY = 5000  # SQLite takes 32,766 parameters
SNAPSHOT_DONE = 300  # of the newest rejected and answered ones

_COLUMNS = (
    "id",
    "text",
    "state",
    "language",
    "revision",
    "askers",
    "votes",
    "published_at",
    "position",
    "answer_text",
    "last_verb",
    "last_by",
    "changed_at",
    "reply_state",
    "reply_url",
    "reply_code",
    "reply_message",
    "post__network",
    "post__url",
    "post__author__name",
    "post__author__handle",
    "post__author__place",
)


def questions_of(session: Session) -> QuerySet[Question]:
    """The session's questions whose authors have not taken them away."""
    return Question.objects.filter(session=session, withdrawn_at__isnull=True)


def rows(found: QuerySet[Question]) -> list[Row]:
    """Rows for the desk, in the order of the query; one statement whatever the number."""
    return [_row(*values) for values in found.values_list(*_COLUMNS)]


def _row(
    id: int,
    text: str,
    state: str,
    language: str,
    revision: int,
    askers: int,
    votes: int,
    published_at: datetime,
    position: int | None,
    answer: str,
    verb: str,
    by: str,
    changed_at: datetime,
    reply_state: str,
    reply_url: str,
    reply_code: str,
    reply_message: str,
    network: str,
    url: str,
    name: str,
    handle: str,
    place: str,
) -> Row:
    reply = ReplyLine(state=reply_state, url=reply_url, code=reply_code, message=reply_message)
    return Row(
        id=id,
        text=text,
        state=state,
        language=language,
        network=network,
        revision=revision,
        askers=askers,
        votes=votes,
        published_at=published_at,
        author=Asker(name=name, handle=handle, place=place),
        url=url,
        position=position,
        answer=answer,
        last=LastDecision(verb=verb, by=by, at=changed_at) if verb else None,
        reply=reply if reply_state else None,
    )


def row_of(question_id: int) -> Row:
    """One question's row. Raises Question.DoesNotExist."""
    found = rows(Question.objects.filter(pk=question_id))
    if not found:
        raise Question.DoesNotExist
    return found[0]


def rows_of_ids(session_id: int, ids: Iterable[int]) -> list[Row]:
    """Rows of those that are still there, by id."""
    wanted = sorted(ids)
    found = Question.objects.filter(session_id=session_id, withdrawn_at__isnull=True)
    return [
        row
        for start in range(0, len(wanted), IDS_A_QUERY)
        for row in rows(found.filter(id__in=wanted[start : start + IDS_A_QUERY]).order_by("id"))
    ]


def questions_page(
    session: Session,
    *,
    state: str = "",
    text: str = "",
    after: int = 0,
    limit: int = 100,
    is_newest_first: bool = False,
) -> list[Row]:
    """Rows that come after the id `after` in the order asked for; 0 begins at its beginning.

    `text` is looked for in words and names.
    """
    found = questions_of(session)
    if after:
        found = found.filter(id__lt=after) if is_newest_first else found.filter(id__gt=after)
    if state:
        found = found.filter(state=state)
    if text:
        found = found.filter(
            Q(text__icontains=text)
            | Q(post__author__name__icontains=text)
            | Q(post__author__handle__icontains=text)
        )
    return rows(found.order_by("-id" if is_newest_first else "id")[:limit])


def desk_counts(session: Session, *, now: datetime) -> Counts:
    """How much came in, and where the questions stand."""
    arrived = counts_of(session, now=now)
    states = states_counted(session)
    questions = sum(states.values())
    return Counts(
        posts=arrived.posts,
        messages=max(0, arrived.posts - questions),
        questions=questions,
        answered=states[QuestionState.ANSWERED],
        by_state=states,
        by_network=arrived.by_network,
        curve=arrived.curve,
    )


def channel_lines(session: Session) -> list[ChannelLine]:
    """How the listening goes, by network."""
    return [
        ChannelLine(
            network=channel.network,
            state=channel.state if channel.is_enabled else "off",
            behind_s=round(channel.behind_s, 1),
            message=channel.error_message,
        )
        for channel in Channel.objects.filter(session=session).order_by("network")
    ]


def desk_state(session: Session, *, now: datetime) -> DeskState:
    """The desk's snapshot, newest questions first."""
    found = questions_of(session).order_by("-id")
    still_open = rows(found.filter(state__in=rules.OPEN)[: SNAPSHOT_OPEN + 1])
    done = rows(found.exclude(state__in=rules.OPEN)[: SNAPSHOT_DONE + 1])
    more = len(still_open) > SNAPSHOT_OPEN or len(done) > SNAPSHOT_DONE
    return DeskState(
        session=card_of_session(session),
        rows=[*still_open[:SNAPSHOT_OPEN], *done[:SNAPSHOT_DONE]],
        more=more,
        counts=desk_counts(session, now=now),
        channels=channel_lines(session),
    )


def _cards(found: QuerySet[Question]) -> list[Card]:
    return [card_of_row(row) for row in rows(found)]


def card_of_row(row: Row) -> Card:
    """What the public sees of a question."""
    return Card(
        id=row.id,
        text=row.text,
        language=row.language,
        network=row.network,
        askers=row.askers,
        author=row.author,
    )


def card_on_air(session: Session) -> Card | None:
    """The question on air."""
    found = _cards(questions_of(session).filter(state=QuestionState.ON_AIR))
    return found[0] if found else None


def cards_next(session: Session, *, limit: int = 3) -> list[Card]:
    """The head of the running order."""
    lined_up = questions_of(session).filter(state=QuestionState.LINED_UP)
    return _cards(lined_up.order_by("position", "id")[:limit])


def cards_answered(session: Session, *, limit: int = 20) -> list[Answered]:
    """The newest answered questions with their answers."""
    answered = (
        questions_of(session).filter(state=QuestionState.ANSWERED).order_by("-answered_at")[:limit]
    )
    times: Sequence[datetime | None] = [question.answered_at for question in answered]
    return [
        Answered(card=card_of_row(row), answer=row.answer, answered_at=at)
        for row, at in zip(rows(answered), times, strict=True)
        if at is not None
    ]


def states_counted(session: Session) -> dict[str, int]:
    """How many questions are in each state, none left out."""
    found = questions_of(session).order_by().values_list("state").annotate(number=Count("id"))
    return dict.fromkeys(QuestionState.values, 0) | dict(found)


def questions_counted(session: Session) -> tuple[int, int]:
    """How many questions there are, and how many of them are answered."""
    states = states_counted(session)
    return sum(states.values()), states[QuestionState.ANSWERED]

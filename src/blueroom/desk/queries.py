"""What the desk and the public screens read of questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from blueroom.desk import rules
from blueroom.desk.criteria import Criteria, questions_sought
from blueroom.desk.models import Note, Question, QuestionState
from blueroom.desk.presence import people_at
from blueroom.desk.wire import (
    Answered,
    Asker,
    Card,
    ChannelLine,
    Clarifying,
    Counts,
    DeskState,
    LastDecision,
    Proposal,
    Reason,
    ReplyLine,
    Row,
)
from blueroom.posts.models import Channel
from blueroom.posts.queries import counts_of
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session

SNAPSHOT_OPEN = 5000  # open questions that a desk is given at once; the rest is asked for by page
IDS_A_QUERY = 5000  # SQLite takes 32,766 parameters
MEMBERS_SHOWN = 500
SNAPSHOT_HELD = 1000  # apart, so that a flood that is held leaves the others their places
SNAPSHOT_DONE = 300  # of the newest rejected and answered ones

_COLUMNS = (
    "id",
    "text",
    "air_text",
    "translation",
    "translation_language",
    "state",
    "language",
    "revision",
    "head_id",
    "askers",
    "networks",
    "votes",
    "votes_given",
    "published_at",
    "position",
    "answer_text",
    "reasons",
    "proposal_score",
    "first_by_name",
    "is_sensitive",
    "notes",
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
    "wording__text",
    "wording__language",
    "wording__post__author__name",
    "wording__post__author__handle",
    "wording__post__author__place",
    "proposal__id",
    "proposal__text",
    "proposal__withdrawn_at",
    "clarification__state",
    "clarification__text",
    "clarification__url",
    "clarification__error_code",
    "clarification__error_message",
    "clarification__by_name",
    "clarification__asked_at",
)


def questions_of(session: Session) -> QuerySet[Question]:
    """The session's questions whose authors have not taken them away."""
    return Question.objects.filter(session=session, withdrawn_at__isnull=True)


def rows(found: QuerySet[Question]) -> list[Row]:
    """Rows for the desk, in the order of the query; one statement whatever the number."""
    return [
        _row(dict(zip(_COLUMNS, values, strict=True))) for values in found.values_list(*_COLUMNS)
    ]


def _row(of: dict[str, Any]) -> Row:
    own, others = of["text"], of["wording__text"]
    shown = of["air_text"] or others or own
    # Whose words are shown is who is named beside them.
    author = "wording__post__author" if others else "post__author"
    reply = ReplyLine(
        state=of["reply_state"],
        url=of["reply_url"],
        code=of["reply_code"],
        message=of["reply_message"],
    )
    return Row(
        id=of["id"],
        text=shown,
        original=own if shown != own else "",
        translation=of["translation"],
        translation_language=of["translation_language"],
        state=of["state"],
        language=of["wording__language"] if others else of["language"],
        network=of["post__network"],
        revision=of["revision"],
        head=of["head_id"],
        askers=of["askers"],
        networks=of["networks"] or [of["post__network"]],
        votes=of["votes"],
        votes_given=of["votes_given"],
        are_votes_odd=rules.are_votes_odd(of["votes"], of["votes_given"]),
        published_at=of["published_at"],
        author=Asker(
            name=of[f"{author}__name"],
            handle=of[f"{author}__handle"],
            place=of[f"{author}__place"],
        ),
        url=of["post__url"],
        position=of["position"],
        answer=of["answer_text"],
        reasons=[Reason(**reason) for reason in of["reasons"] or ()],
        proposal=_proposal(of),
        first_by=of["first_by_name"],
        is_sensitive=of["is_sensitive"],
        notes=of["notes"],
        last=(
            LastDecision(verb=of["last_verb"], by=of["last_by"], at=of["changed_at"])
            if of["last_verb"]
            else None
        ),
        reply=reply if of["reply_state"] else None,
        clarification=_clarifying(of),
    )


def _clarifying(of: dict[str, Any]) -> Clarifying | None:
    if of["clarification__state"] is None:
        return None
    return Clarifying(
        state=of["clarification__state"],
        text=of["clarification__text"],
        url=of["clarification__url"],
        code=of["clarification__error_code"],
        message=of["clarification__error_message"],
        by=of["clarification__by_name"],
        at=of["clarification__asked_at"],
    )


def _proposal(of: dict[str, Any]) -> Proposal | None:
    if of["proposal__id"] is None or of["proposal__withdrawn_at"] or of["head_id"]:
        return None
    return Proposal(
        id=of["proposal__id"],
        text=of["proposal__text"],
        score=round(of["proposal_score"] or 0.0, 2),
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
    criteria: Criteria,
    *,
    now: datetime,
    after: int = 0,
    limit: int = 100,
    is_newest_first: bool = False,
) -> list[Row]:
    """Rows that come after the id `after` in the order asked for; 0 begins at its beginning."""
    found = questions_sought(session, criteria, now=now)
    if after:
        found = found.filter(id__lt=after) if is_newest_first else found.filter(id__gt=after)
    return rows(found.order_by("-id" if is_newest_first else "id")[:limit])


def questions_found(session: Session, criteria: Criteria, *, now: datetime) -> int:
    """How many questions meet the criteria."""
    return questions_sought(session, criteria, now=now).count()


def members_of(question_id: int) -> list[Row]:
    """Who else asks it: the rows of a group's members, oldest first."""
    members = Question.objects.filter(head_id=question_id, withdrawn_at__isnull=True)
    return rows(members.order_by("id")[:MEMBERS_SHOWN])


def notes_of(question_id: int) -> list[Note]:
    """The notes beside a question, oldest first."""
    return list(Note.objects.filter(question_id=question_id))


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
        to_compare=Question.objects.filter(session=session, to_compare=True).count(),
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
    not_held = [state for state in rules.OPEN if state != QuestionState.HELD]
    still_open = rows(found.filter(state__in=not_held)[: SNAPSHOT_OPEN + 1])
    held = rows(found.filter(state=QuestionState.HELD)[: SNAPSHOT_HELD + 1])
    closed = found.exclude(state__in=(*rules.OPEN, QuestionState.MERGED))
    done = rows(closed[: SNAPSHOT_DONE + 1])
    more = len(still_open) > SNAPSHOT_OPEN or len(held) > SNAPSHOT_HELD or len(done) > SNAPSHOT_DONE
    return DeskState(
        session=card_of_session(session),
        rows=[*still_open[:SNAPSHOT_OPEN], *held[:SNAPSHOT_HELD], *done[:SNAPSHOT_DONE]],
        more=more,
        counts=desk_counts(session, now=now),
        channels=channel_lines(session),
        needs_two=session.needs_two,
        crew=people_at(session, now=now),
    )


def _cards(found: QuerySet[Question], session: Session) -> list[Card]:
    return [card_of_row(row, shows_counts=session.shows_counts) for row in rows(found)]


def card_of_row(row: Row, *, shows_counts: bool = True) -> Card:
    """What the public sees of a question; without counts it is as if one person asked it."""
    return Card(
        id=row.id,
        text=row.text,
        language=row.language,
        translation=row.translation,
        translation_language=row.translation_language,
        network=row.network,
        askers=row.askers if shows_counts else 1,
        author=row.author,
    )


def card_on_air(session: Session) -> Card | None:
    """The question on air."""
    on_air = questions_of(session).filter(state=QuestionState.ON_AIR)
    found = _cards(on_air, session)
    return found[0] if found else None


def cards_next(session: Session, *, limit: int = 3) -> list[Card]:
    """The head of the running order."""
    lined_up = questions_of(session).filter(state=QuestionState.LINED_UP)
    return _cards(lined_up.order_by("position", "id")[:limit], session)


def cards_answered(session: Session, *, limit: int = 20) -> list[Answered]:
    """The newest answered questions with their answers."""
    answered = (
        questions_of(session).filter(state=QuestionState.ANSWERED).order_by("-answered_at")[:limit]
    )
    shows = session.shows_counts
    times: Sequence[datetime | None] = [question.answered_at for question in answered]
    return [
        Answered(card=card_of_row(row, shows_counts=shows), answer=row.answer, answered_at=at)
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

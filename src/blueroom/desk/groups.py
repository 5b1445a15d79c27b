"""Questions that ask the same: which belong together, merged and split, and whose words are shown.

A group is its head and the members that point to it; only the head is listed and decided on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.db.transaction import on_commit

from blueroom.desk import alike, rules
from blueroom.desk.errors import NoProposal, NotAllowedFrom, NotInGroup, NotMergeable
from blueroom.desk.models import Question, QuestionState
from blueroom.desk.screening import NEAR_COPIES, reason
from blueroom.desk.steps import move_question, take_question, tell
from blueroom.grouping.heads import Asked
from blueroom.room.actor import Actor, house
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

State = QuestionState
IDS_A_QUERY = 900  # SQLite before 3.32 takes 999 parameters


# Where new questions belong


class Newcomer(NamedTuple):
    """A question that is about to be stored, as much of it as tells where it belongs."""

    post_id: int
    author_id: int
    text: str
    language: str
    key: str
    is_held: bool


@dataclass(frozen=True)
class Placement:
    """Where a newcomer belongs. One of the heads at most: of a question that is there already, or
    the post of another newcomer of the same call; all None where it stands for itself.

    A proposal is only proposed to the moderators, with how sure the machine is, 0 to 1. `reason` is
    why to hold it on account of where it belongs. `to_compare`: a worker has yet to compare it.
    """

    head_id: int | None = None
    head_post_id: int | None = None
    proposal_id: int | None = None
    proposal_post_id: int | None = None
    score: float | None = None
    reason: str = ""
    to_compare: bool = False


@dataclass
class _Head:
    """Who asked in certain words, and where these belong: the head of a group, or one that is about
    to be stored."""

    id: int | None
    post_id: int | None
    author_ids: set[int]
    is_piled: bool = False


def place(session_id: int, newcomers: Sequence[Newcomer], *, now: datetime) -> list[Placement]:
    """Where each of these belongs, in their order: with who said the same word for word, else with
    whom `alike` says.

    Who is held joins only what is held, so that nobody unread counts as an asker of a question
    that may go public; but whoever says again what they said adds nothing, and may.
    """
    heads = _heads_by_key(session_id, {one.key for one in newcomers if one.key})
    joined: list[_Head | None] = []
    strangers = []
    for one in newcomers:
        found = heads.get((one.key, one.is_held)) if one.key else None
        clean = heads.get((one.key, False)) if one.key and one.is_held else None
        if clean is not None and one.author_id in clean.author_ids:
            found = clean
        joined.append(found)
        if found is not None:
            found.author_ids.add(one.author_id)
        elif one.key:
            heads[one.key, one.is_held] = _Head(None, one.post_id, {one.author_id})
            if not one.is_held:
                strangers.append(one)
    places = _places_of(session_id, strangers, heads, now)
    return [
        places.get(one.post_id, Placement())
        if found is None
        else Placement(
            head_id=found.id,
            head_post_id=found.post_id,
            reason=NEAR_COPIES if found.is_piled and not one.is_held else "",
        )
        for one, found in zip(newcomers, joined, strict=True)
    ]


def _places_of(
    session_id: int,
    strangers: Sequence[Newcomer],
    heads: dict[tuple[str, bool], _Head],
    now: datetime,
) -> dict[int, Placement]:
    """Where those belong whose words nobody said, by post; `heads` then leads there who says the
    same as they. What is too much at once stands for itself until a worker compares it.
    """
    allowed = alike.sessions.allow(len(strangers), now)
    compared, late = strangers[:allowed], strangers[allowed:]
    asked = [Asked(one.post_id, one.text, one.language) for one in compared]
    places = {one.post_id: Placement(to_compare=True) for one in late}
    for one, where in zip(compared, alike.sessions.place(session_id, asked, now), strict=True):
        head = heads[one.key, False]
        if where.how == "joins":
            head.id, head.post_id = where.head_id, where.head_post_id
            places[one.post_id] = Placement(head_id=head.id, head_post_id=head.post_id)
            continue
        head.is_piled = where.how == "piled"
        pile = heads.get((one.key, True)) if head.is_piled else None
        if pile is not None:  # who says it word for word is held already
            head.id, head.post_id = pile.id, pile.post_id
        places[one.post_id] = Placement(
            head_id=pile.id if pile else None,
            head_post_id=pile.post_id if pile else None,
            proposal_id=where.head_id,
            proposal_post_id=where.head_post_id,
            score=where.score,
            reason=NEAR_COPIES if head.is_piled else "",
        )
    return places


def _heads_by_key(session_id: int, keys: set[str]) -> dict[tuple[str, bool], _Head]:
    """The heads of those who said the same words, by these and by whether they are held."""
    wanted = sorted(keys)
    heads: dict[int, _Head] = {}
    found: dict[tuple[str, bool], _Head] = {}
    for start in range(0, len(wanted), IDS_A_QUERY):
        rows = (
            Question.objects.filter(
                session_id=session_id,
                key__in=wanted[start : start + IDS_A_QUERY],
                withdrawn_at__isnull=True,
            )
            .order_by("id")
            .values_list("id", "key", "state", "head_id", "head__state", "post__author_id")
        )
        for id_, key, state, head_id, head_state, author_id in rows:
            is_held = (head_state or state) == State.HELD
            head = heads.setdefault(head_id or id_, _Head(head_id or id_, None, set()))
            head.author_ids.add(author_id)
            found.setdefault((key, is_held), head)
    return found


def compare_late(*, session_id: int, now: datetime, limit: int = 64) -> int:
    """Compare questions that came when too much came, oldest first; how many. What somebody has
    decided on meanwhile stays where it is.
    """
    with one_transaction():
        waiting = Question.objects.filter(session_id=session_id, to_compare=True).order_by("id")
        locked = waiting.select_for_update(skip_locked=True, of=("self",))
        questions = list(locked[: alike.sessions.allow(limit, now)])
        if not questions:
            return 0
        unread = [one for one in questions if one.state == State.WAITING and not one.last_verb]
        asked = [Asked(one.post_id, one.text, one.language) for one in unread]
        by_post = {one.post_id: one.pk for one in unread}
        found = alike.sessions.place(session_id, asked, now)
        # Not before: what is a line for good is what others are compared with.
        ids = [one.pk for one in questions]
        Question.objects.filter(pk__in=ids).update(to_compare=False)
        heads = set()
        for one, where in zip(unread, found, strict=True):
            head_id = where.head_id or by_post.get(where.head_post_id or 0)
            if head_id is None:
                continue
            change: dict[str, Any] = {"proposal_id": head_id, "proposal_score": where.score}
            if where.how == "joins":
                change = {"head_id": head_id, "state": State.MERGED}
                Question.objects.filter(head_id=one.pk).update(head_id=head_id)
                heads.add(head_id)
            elif where.how == "piled":
                change |= {"state": State.HELD, "reasons": [reason(NEAR_COPIES)]}
            Question.objects.filter(pk=one.pk).update(**change)
        count_askers(heads)
        changed(session_id, questions=[*ids, *heads], counts=True, when=on_commit)
    return len(questions)


# What people do with groups


def merge_questions(
    *, head_id: int, question_ids: Iterable[int], now: datetime, by: Actor
) -> list[Question]:
    """Put questions, with all of their own members, under a head. What is there already stays.

    Raises:
        NotMergeable: one is on air, was answered, or is of another session.
        Withdrawn: an author took it away.
    """
    with one_transaction():
        head = take_question(head_id)
        if head.head_id is not None:
            head = take_question(head.head_id)
        merged = []
        for question_id in dict.fromkeys(question_ids):
            question = take_question(question_id)
            if head.pk in (question.pk, question.head_id):
                continue
            _merge(question, head, now, by)
            merged.append(question)
        if merged:
            count_askers([head.pk])
            tell([head])
    return merged


def _merge(question: Question, head: Question, now: datetime, by: Actor) -> None:
    is_elsewhere = question.session_id != head.session_id
    if is_elsewhere or State(question.state) not in (*rules.MEMBERS, State.MERGED):
        raise NotMergeable(state=question.state)
    former, members = question.head_id, list(question.members.values_list("pk", flat=True))
    move_question(
        question,
        verb="merge",
        to=State.MERGED,
        by=by,
        now=now,
        change={"head_id": head.pk, "proposal_id": None, "proposal_score": None},
        kept={"members": members} if members else None,
    )
    Question.objects.filter(pk__in=members).update(head_id=head.pk)
    if former is not None:
        _forget_words(former, question, now)
        count_askers([former])


def split_question(
    *, question_id: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Take a member out of its group; it waits.

    Raises:
        NotInGroup: it is no member of one.
        StaleRevision, Withdrawn: as `decide`.
    """
    with one_transaction():
        question = take_question(question_id, revision)
        head_id = question.head_id
        if head_id is None:
            raise NotInGroup
        move_question(
            question, verb="split", to=_alone(question), by=by, now=now, change={"head_id": None}
        )
        _forget_words(head_id, question, now)
        count_askers([head_id])
    return question


def _alone(question: Question) -> QuestionState:
    """Where a question stands that belongs to no group any more."""
    return State.HELD if question.reasons else State.WAITING


def put_back_group(question: Question, *, former_id: int | None, members: Sequence[int]) -> None:
    """After undoing: bring along who came along, and count anew where it was and where it is."""
    if question.head_id is not None:
        question.members.update(head_id=question.head_id)
    else:
        ours = Question.objects.filter(pk__in=members, head_id=former_id)
        ours.update(head_id=question.pk)
    count_askers(pk for pk in {question.head_id, former_id, question.pk} if pk is not None)


def head_to_return_to(head_id: int) -> int:
    """Where a member goes that is put back into its group: the head, or the one that took it in.

    Raises:
        NotMergeable: there is no such group any more.
    """
    head = Question.objects.get(pk=head_id)
    if head.withdrawn_at:
        raise NotMergeable(state=head.state)
    return head.head_id or head.pk


def choose_wording(
    *, question_id: int, member_id: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Show a group in the words of one of its members, or of the head itself.

    Where two people have to approve, what is approved waits again: these words are others.

    Raises:
        NotInGroup: they are of another group.
        NotAllowedFrom: it was answered.
        StaleRevision, Withdrawn: as `decide`.
    """
    with one_transaction():
        question = take_question(question_id, revision)
        member = take_question(member_id)
        if member.pk != question.pk and member.head_id != question.pk:
            raise NotInGroup
        wording_id = None if member.pk == question.pk else member.pk
        if (question.wording_id, question.air_text) == (wording_id, ""):
            return question
        change = {"wording_id": wording_id, "air_text": "", **rules.UNTRANSLATED}
        change_words(question, verb="wording", change=change, now=now, by=by)
    return question


def change_words(
    question: Question, *, verb: str, change: dict[str, object], now: datetime, by: Actor
) -> None:
    """Other words for a question. Raises NotAllowedFrom where it was answered, or is a member."""
    state = State(question.state)
    if state in (State.ANSWERED, State.MERGED):
        raise NotAllowedFrom(state=state, verb=verb)
    is_unread = question.session.needs_two and state in rules.APPROVED
    to = State.WAITING if is_unread else state
    move_question(question, verb=verb, to=to, by=by, now=now, change=change)


# What a machine proposes


def accept_proposal(
    *, question_id: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Merge a question into the group that a machine proposed for it.

    Raises:
        NoProposal: there is none any more.
        NotMergeable, StaleRevision, Withdrawn: as `merge_questions`, `decide`.
    """
    with one_transaction():
        question = take_question(question_id, revision)
        if question.proposal_id is None:
            raise NoProposal
        head_id = question.proposal_id
        merge_questions(head_id=head_id, question_ids=[question_id], now=now, by=by)
    return take_question(question_id)


def refuse_proposal(
    *, question_id: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Keep a question apart from the group that a machine proposed for it. Raises as above."""
    with one_transaction():
        question = take_question(question_id, revision)
        if question.proposal_id is None:
            raise NoProposal
        change = {"proposal_id": None, "proposal_score": None}
        to = State(question.state)
        move_question(question, verb="keep_apart", to=to, by=by, now=now, change=change)
    return question


# When somebody goes


def leave_group(question: Question, now: datetime) -> None:
    """A question whose author changed it or took it away stands for its group no longer.

    Its words disappear wherever they were shown. What it was the head of goes to the oldest other
    member, which has to be approved anew: nobody read these words.
    """
    if question.head_id is not None:
        head_id, question.head_id = question.head_id, None
        question.save(update_fields=["head_id", "state"])
        _forget_words(head_id, question, now)
        count_askers([head_id])
        return
    members = list(question.members.order_by("id"))
    if not members:
        return
    heir, *others = members
    closed = (State.REJECTED, State.LATER, State.HELD)
    to = State(question.state) if question.state in closed else _alone(heir)
    by = house(question.session.room_id)
    heir.session = question.session
    move_question(heir, verb="inherit", to=to, by=by, now=now, change={"head_id": None})
    Question.objects.filter(pk__in=[one.pk for one in others]).update(head_id=heir.pk)
    question.askers, question.networks, question.wording_id = 1, None, None
    question.translation = question.translation_language = ""
    count_askers([heir.pk])


def _forget_words(head_id: int, member: Question, now: datetime) -> None:
    """A head that shows the words of who is no longer with it shows its own, once read again."""
    head = Question.objects.select_related("session").get(pk=head_id)
    if head.wording_id != member.pk:
        return
    shown = (State.APPROVED, State.LINED_UP, State.ON_AIR)
    to = State.WAITING if head.state in shown else State(head.state)
    by = house(head.session.room_id)
    change = {"wording_id": None, **rules.UNTRANSLATED}
    move_question(head, verb="edit", to=to, by=by, now=now, change=change)


def count_askers(head_ids: Iterable[int]) -> None:
    """Count anew how many different people ask the question of each group, and where."""
    wanted = sorted(set(head_ids))
    for start in range(0, len(wanted), IDS_A_QUERY // 2):
        _count_some(wanted[start : start + IDS_A_QUERY // 2])


def _count_some(head_ids: Sequence[int]) -> None:
    asking = (
        Question.objects.filter(Q(pk__in=head_ids) | Q(head_id__in=head_ids))
        .filter(withdrawn_at__isnull=True)
        .annotate(group_id=Coalesce("head_id", "id"))
        .order_by()
    )
    people = asking.values("group_id").annotate(
        people=Count("post__author_id", distinct=True), questions=Count("id")
    )
    networks = defaultdict(list)
    places = asking.values_list("group_id", "post__network").distinct()
    for group_id, network in places.order_by("group_id", "post__network"):
        networks[group_id].append(network)
    for row in people:
        is_alone = row["questions"] == 1
        Question.objects.filter(pk=row["group_id"]).update(
            askers=row["people"], networks=None if is_alone else networks[row["group_id"]]
        )

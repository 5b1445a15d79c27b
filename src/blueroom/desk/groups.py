"""Questions that ask the same: which belong together, merged and split, and whose words are shown.

A group is its head and the members that point to it; only the head is listed and decided on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from blueroom.desk import rules
from blueroom.desk.errors import NoProposal, NotAllowedFrom, NotInGroup, NotMergeable
from blueroom.desk.models import Question, QuestionState
from blueroom.desk.steps import move_question, take_question, tell
from blueroom.room.actor import Actor, house
from blueroom.room.writing import one_transaction

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
    """Where a newcomer belongs. One of the ids at most: of a question that is there already, or of
    the post of another newcomer of the same call; all None where it stands for itself.

    `proposal_id` is only proposed to the moderators, with how sure the machine is, 0 to 1.
    """

    head_id: int | None = None
    head_post_id: int | None = None
    proposal_id: int | None = None
    score: float | None = None


def place(session_id: int, newcomers: Sequence[Newcomer]) -> list[Placement]:
    """Where each of these belongs, in their order. What joins texts that are not the same word for
    word goes in here, and nowhere else.

    Who is held joins only what is held, so that nobody unread counts as an asker of a question
    that may go public; but whoever says again what they said adds nothing, and may.
    """
    heads = _heads_by_key(session_id, {one.key for one in newcomers if one.key})
    placed = []
    for one in newcomers:
        found = heads.get((one.key, one.is_held)) if one.key else None
        clean = heads.get((one.key, False)) if one.key and one.is_held else None
        if clean is not None and one.author_id in clean.author_ids:
            found = clean
        if found is None:
            placed.append(Placement())
            if one.key:
                heads[one.key, one.is_held] = _Head(None, one.post_id, {one.author_id})
            continue
        found.author_ids.add(one.author_id)
        placed.append(Placement(head_id=found.id, head_post_id=found.post_id))
    return placed


@dataclass
class _Head:
    id: int | None
    post_id: int | None
    author_ids: set[int]


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
        change = {"wording_id": wording_id, "air_text": ""}
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
    count_askers([heir.pk])


def _forget_words(head_id: int, member: Question, now: datetime) -> None:
    """A head that shows the words of who is no longer with it shows its own, once read again."""
    head = Question.objects.select_related("session").get(pk=head_id)
    if head.wording_id != member.pk:
        return
    shown = (State.APPROVED, State.LINED_UP, State.ON_AIR)
    to = State.WAITING if head.state in shown else State(head.state)
    by = house(head.session.room_id)
    move_question(head, verb="edit", to=to, by=by, now=now, change={"wording_id": None})


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

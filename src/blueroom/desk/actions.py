"""What is done to questions. Each decision is one row in the past and one step of the revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import F, Max
from django.db.transaction import on_commit

from blueroom.desk import rules
from blueroom.desk.errors import (
    AlreadyQuestion,
    AlreadyReplied,
    AnswerEmpty,
    AnswerTooLong,
    NotAllowedFrom,
    NotApproved,
    NothingToUndo,
    SessionClosed,
    StaleRevision,
    Withdrawn,
)
from blueroom.desk.models import Decision, Question, QuestionState
from blueroom.desk.store import NewQuestion, insert_questions
from blueroom.networks import interface
from blueroom.posts.actions import receive
from blueroom.posts.models import Post, Sorting
from blueroom.posts.store import Received
from blueroom.room.actor import Actor, house
from blueroom.room.models import Session, SessionState
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

State = QuestionState
ANSWER_LIMIT = 10_000


@dataclass
class Sorted:
    """What one round of sorting did: how many posts it looked at, and which questions changed."""

    posts: int = 0
    question_ids: list[int] = field(default_factory=list)
    withdrawn_ids: list[int] = field(default_factory=list)


def sort_posts(*, session_id: int, now: datetime, limit: int = 5000) -> Sorted:
    """Make questions of new posts, follow edits and deletions; oldest posts first.

    May be repeated and run in several processes: what is not sorted is a state of the post.
    """
    done = Sorted()
    with one_transaction():
        posts = list(
            Post.objects.select_for_update(skip_locked=True)
            .filter(session_id=session_id, sorting=Sorting.NEW)
            .order_by("id")[:limit]
            .values_list(
                "id", "text", "language", "is_asked", "published_at", "edited_at", "deleted_at"
            )
        )
        if not posts:
            return done
        done.posts = len(posts)
        past = [post_id for post_id, *_, edited, deleted in posts if edited or deleted]
        known = (
            Question.objects.select_related("session").in_bulk(past, field_name="post_id")
            if past
            else {}
        )
        new = []
        asking = []
        for post_id, text, language, is_asked, published_at, _edited_at, deleted_at in posts:
            question = known.get(post_id)
            if question is not None:
                (_withdraw if deleted_at else _follow_edit)(question, text, now)
                (done.withdrawn_ids if deleted_at else done.question_ids).append(question.pk)
                asking.append(post_id)
            elif not deleted_at and rules.is_question(text, is_asked=is_asked):
                new.append(NewQuestion(session_id, post_id, text, language, published_at, now))
                asking.append(post_id)
        done.question_ids += insert_questions(new)
        _mark_sorted(session_id, [post[0] for post in posts], asking)
        changed(
            session_id,
            questions=[*done.question_ids, *done.withdrawn_ids],
            counts=True,
            at_once=bool(done.withdrawn_ids),
            when=on_commit,
        )
    return done


def take_in(*, session: Session, posts: Sequence[interface.Post], now: datetime) -> Received:
    """Store posts that were checked at the border, and sort them at once.

    Raises:
        SessionClosed: the session is over.
    """
    if session.state == SessionState.CLOSED:
        raise SessionClosed
    with one_transaction():
        received = receive(session=session, posts=posts, now=now, are_clean=True)
        while sort_posts(session_id=session.pk, now=now).posts:
            pass
    return received


def _mark_sorted(session_id: int, post_ids: list[int], asking: list[int]) -> None:
    posts = Post.objects.filter(session_id=session_id)
    posts.filter(id__in=asking).update(sorting=Sorting.QUESTION)
    if connection.vendor == "sqlite":
        # One writer: what is still new in the range of these ids is exactly the rest of them.
        rest = posts.filter(id__gte=post_ids[0], id__lte=post_ids[-1], sorting=Sorting.NEW)
    else:
        rest = posts.filter(id__in=post_ids).exclude(id__in=asking)
    rest.update(sorting=Sorting.MESSAGE)


def _follow_edit(question: Question, text: str, now: datetime) -> None:
    """An approved question whose words changed has to be read again."""
    to_state = question.state
    if question.state in (State.APPROVED, State.LINED_UP, State.ON_AIR):
        to_state = State.WAITING
    question.text = text
    _move(question, verb="edit", to=State(to_state), by=house(question.session.room_id), now=now)


def _withdraw(question: Question, text: str, now: datetime) -> None:
    if question.withdrawn_at:
        return
    question.text = ""
    question.answer_text = ""
    question.withdrawn_at = now
    _move(question, verb="withdraw", to=State.REJECTED, by=house(question.session.room_id), now=now)


def promote_post(*, post: Post, now: datetime, by: Actor) -> Question:
    """Make a question of a message, by hand.

    Raises:
        AlreadyQuestion: it is one.
        Withdrawn: its author took it away.
    """
    with one_transaction():
        post = Post.objects.select_for_update().get(pk=post.pk)
        if Question.objects.filter(post=post).exists():
            raise AlreadyQuestion
        if post.deleted_at:
            raise Withdrawn
        question = Question.objects.create(
            session_id=post.session_id,
            post=post,
            text=post.text,
            language=post.language,
            published_at=post.published_at,
            last_verb="promote",
            last_by=by.name,
            changed_at=now,
        )
        _keep(question, "promote", State.WAITING, None, by, now)
        Post.objects.filter(pk=post.pk).update(sorting=Sorting.QUESTION)
        changed(post.session_id, questions=[question.pk], counts=True, when=on_commit)
    return question


def decide(
    *, question_id: int, verb: str, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Approve, hold, put off, reject, line up or put on air.

    `revision` is the one the decision was made on; None takes whatever is there. Deciding what is
    already so changes nothing and adds no row.

    Raises:
        StaleRevision: somebody decided in the meantime.
        NotApproved: it would go public without having been approved.
        NotAllowedFrom: not from its present state.
        Withdrawn: its author took it away.
    """
    rule = rules.VERBS[verb]
    with one_transaction():
        question = _take(question_id, revision)
        if question.state == rule.leads:
            return question
        _check(question, rule)
        if rule.leads == State.ON_AIR:
            _clear_air(question, now, by)
        _move(question, verb=verb, to=rule.leads, by=by, now=now)
    return question


def answer_question(
    *, question_id: int, text: str, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Mark a question answered, with the answer in words; answering again changes the words.

    Raises: as `decide`, and
        AnswerEmpty, AnswerTooLong: the text.
        AlreadyReplied: the reply with the former words is out.
    """
    text = text.strip()
    if not text:
        raise AnswerEmpty
    if len(text) > ANSWER_LIMIT:
        raise AnswerTooLong
    with one_transaction():
        question = _take(question_id, revision)
        _check(question, rules.VERBS["answer"])
        if question.answer_text == text and question.state == State.ANSWERED:
            return question
        if question.reply_state in ("sending", "sent"):
            raise AlreadyReplied
        question.answer_text = text
        _move(question, verb="answer", to=State.ANSWERED, by=by, now=now)
    return question


def undo_decision(
    *, question_id: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Put a question back to where it was before its last standing decision; may be repeated.

    Raises: as `decide`, and
        NothingToUndo: no decision stands.
        AlreadyReplied: the reply has to be taken back first.
    """
    with one_transaction():
        question = _take(question_id, revision)
        past = question.decisions.values_list("verb", "from_state", "position")
        step = rules.step_to_undo(rules.Step(*row) for row in past)
        if step is None or step.verb == "promote":
            raise NothingToUndo
        if question.state == State.ANSWERED and question.reply_state in ("sending", "sent"):
            raise AlreadyReplied
        to_state = State(step.from_state)
        if to_state == State.ON_AIR:
            _clear_air(question, now, by)
        _move(question, verb="undo", to=to_state, by=by, now=now, position=step.position)
    return question


def clear_air(*, session: Session, now: datetime, by: Actor) -> Question | None:
    """Take down what is on air; it stays approved. None where nothing was."""
    with one_transaction():
        question = (
            Question.objects.select_for_update()
            .filter(session=session, state=State.ON_AIR)
            .select_related("session")
            .first()
        )
        if question is not None:
            _move(question, verb="off_air", to=State.APPROVED, by=by, now=now)
    return question


def move_in_order(
    *, question_id: int, position: int, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Put a lined-up question at that place of the running order, counted from 0.

    Raises:
        NotAllowedFrom: it is not in the running order.
        StaleRevision, Withdrawn: as in `decide`.
    """
    with one_transaction():
        question = _take(question_id, revision)
        if question.state != State.LINED_UP:
            raise NotAllowedFrom
        others = list(_running_order(question.session_id).exclude(pk=question.pk))
        others.insert(max(0, min(position, len(others))), question)
        for place, one in enumerate(others):
            if one.position != place:
                one.position = place
                one.save(update_fields=["position"])
        changed(
            question.session_id,
            questions=[one.pk for one in others],
            at_once=True,
            when=on_commit,
        )
    return question


def note_reply(*, question_id: int, state: str, url: str, code: str, message: str) -> None:
    """Remember where the reply stands; the room that sends it calls this."""
    with one_transaction():
        Question.objects.filter(pk=question_id).update(
            reply_state=state, reply_url=url, reply_code=code, reply_message=message
        )
        session_id = Question.objects.values_list("session_id", flat=True).get(pk=question_id)
        changed(session_id, questions=[question_id], at_once=True, when=on_commit)


def _take(question_id: int, revision: int | None) -> Question:
    """The question, locked, if it may still be decided on."""
    question = (
        Question.objects.select_for_update(of=("self",))
        .select_related("session")
        .get(pk=question_id)
    )
    if question.withdrawn_at:
        raise Withdrawn
    if revision is not None and revision != question.revision:
        raise StaleRevision(revision=question.revision, by=question.last_by)
    return question


def _check(question: Question, rule: rules.Verb) -> None:
    if question.state in rule.starts:
        return
    if rule.leads in rules.PUBLIC and question.state not in rules.APPROVED:
        raise NotApproved(state=question.state)
    raise NotAllowedFrom(state=question.state, verb=rule.name)


def _clear_air(question: Question, now: datetime, by: Actor) -> None:
    """One question is on air at a time: what was goes back to the approved ones."""
    others = Question.objects.select_related("session").filter(
        session_id=question.session_id, state=State.ON_AIR
    )
    for other in others.exclude(pk=question.pk):
        _move(other, verb="off_air", to=State.APPROVED, by=by, now=now)


def _running_order(session_id: int):  # type: ignore[no-untyped-def]  # QuerySet[Question]
    return Question.objects.filter(session_id=session_id, state=State.LINED_UP).order_by(
        "position", "id"
    )


def _move(
    question: Question,
    *,
    verb: str,
    to: QuestionState,
    by: Actor,
    now: datetime,
    position: int | None = None,
) -> None:
    """Change the state, keep the decision, tell the screens."""
    before, stood = State(question.state), question.position
    question.state = to
    question.position = None
    if to == State.LINED_UP:
        last = _running_order(question.session_id).aggregate(last=Max("position"))["last"]
        question.position = 0 if last is None else last + 1
        if position is not None and last is not None and position <= last:
            _running_order(question.session_id).filter(position__gte=position).update(
                position=F("position") + 1
            )
            question.position = position
    if to == State.ON_AIR:
        question.on_air_at = now
    if to == State.ANSWERED:
        question.answered_at = question.answered_at or now
    elif before == State.ANSWERED:
        question.answered_at = None
    question.revision += 1
    question.last_verb, question.last_by, question.changed_at = verb, by.name, now
    question.save()
    _keep(question, verb, before, stood, by, now)
    changed(question.session_id, questions=[question.pk], counts=True, at_once=True, when=on_commit)


def _keep(
    question: Question,
    verb: str,
    before: QuestionState,
    stood: int | None,
    by: Actor,
    now: datetime,
) -> None:
    Decision.objects.create(
        question=question,
        verb=verb,
        from_state=before,
        to_state=question.state,
        revision=question.revision,
        position=stood,
        by_person_id=by.person_id,
        by_name=by.name,
        at=now,
    )

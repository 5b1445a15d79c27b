"""What is done to questions. Each decision is one row in the past and one step of the revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import F
from django.db.transaction import on_commit

from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.desk import rules
from blueroom.desk.errors import (
    AlreadyQuestion,
    AlreadyReplied,
    AnswerEmpty,
    AnswerTooLong,
    LanguageUnusable,
    NotAllowedFrom,
    NotApproved,
    NoteUnusable,
    NothingToUndo,
    PersonNeeded,
    SecondPersonNeeded,
    SessionClosed,
    StaleRevision,
    Withdrawn,
    WordsUnusable,
)
from blueroom.desk.groups import (
    Newcomer,
    change_words,
    count_askers,
    head_to_return_to,
    leave_group,
    place,
    put_back_group,
)
from blueroom.desk.models import Note, Question, QuestionState
from blueroom.desk.screening import (
    BANNED,
    Seen,
    banned_authors,
    reason,
    reasons_in,
    screen_posts,
)
from blueroom.desk.search import forget_words
from blueroom.desk.steps import keep_decision, move_question, running_order, take_question
from blueroom.desk.store import NewQuestion, insert_questions
from blueroom.networks import interface
from blueroom.posts.actions import receive
from blueroom.posts.models import Post, Sorting
from blueroom.posts.rules import clean_language, clean_text
from blueroom.posts.store import Received, take_turn
from blueroom.room.access import NotFound
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
    """Make questions of new posts, hold what is unsafe, put together what asks the same, follow
    edits and deletions; oldest posts first.

    May be repeated and run in several processes: what is not sorted is a state of the post.
    """
    done = Sorted()
    with one_transaction():
        _take_turn(session_id)
        posts = [
            _Post(*row)
            for row in Post.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(session_id=session_id, sorting=Sorting.NEW)
            .order_by("id")[:limit]
            .values_list(*_POST_COLUMNS)
        ]
        if not posts:
            return done
        done.posts = len(posts)
        session = Session.objects.select_related("room").get(pk=session_id)
        past = [post.id for post in posts if post.edited_at or post.deleted_at]
        known = Question.objects.in_bulk(past, field_name="post_id") if past else {}
        new = []
        for post in posts:
            question = known.get(post.id)
            if question is not None:
                question.session = session
                (_withdraw if post.deleted_at else _follow_edit)(question, post, now)
                (done.withdrawn_ids if post.deleted_at else done.question_ids).append(question.pk)
            elif not post.deleted_at and rules.is_question(
                post.text, is_asked=post.is_asked, language=post.language
            ):
                new.append(post)
        done.question_ids += _store_new(session, new, now)
        asking = [*known, *(post.id for post in new)]
        _mark_sorted(session_id, [post.id for post in posts], asking)
        forget_words(session_id, past)
        changed(
            session_id,
            questions=[*done.question_ids, *done.withdrawn_ids],
            counts=True,
            at_once=bool(done.withdrawn_ids),
            when=on_commit,
        )
    return done


def _take_turn(session_id: int) -> None:
    """Wait for who stores posts or questions of this session: their ids then become visible in
    their order, and `alike` misses none that is committed late."""
    with connection.cursor() as cursor:
        take_turn(cursor, session_id)


_POST_COLUMNS = (
    "id",
    "text",
    "alts",
    "language",
    "is_asked",
    "published_at",
    "edited_at",
    "deleted_at",
    "author_id",
    "author__name",
    "author__handle",
)


class _Post(NamedTuple):
    """A post as sorting needs it."""

    id: int
    text: str
    alts: str
    language: str
    is_asked: bool
    published_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    author_id: int
    name: str
    handle: str


def _store_new(session: Session, posts: Sequence[_Post], now: datetime) -> list[int]:
    """Questions of new posts: waiting, held, or in the group they belong to. The ids of all that
    changed by it, heads that others joined among them."""
    said = [rules.words_said(post.text) for post in posts]
    keys = [rules.key_of(words) for words in said]
    held = screen_posts(
        session,
        (
            Seen(
                author_id=post.author_id,
                text=post.text,
                alts=post.alts,
                name=post.name,
                handle=post.handle,
                language=post.language,
                key=key,
                words=len(words),
                at=post.published_at,
            )
            for post, words, key in zip(posts, said, keys, strict=True)
        ),
    )
    newcomers = [
        Newcomer(
            post_id=post.id,
            author_id=post.author_id,
            text=post.text,
            language=post.language,
            key=key,
            is_held=bool(reasons),
        )
        for post, key, reasons in zip(posts, keys, held, strict=True)
    ]
    placed = place(session.pk, newcomers, now=now)
    rows = [
        NewQuestion(
            session_id=session.pk,
            post_id=post.id,
            text=post.text,
            language=post.language,
            published_at=post.published_at,
            changed_at=now,
            key=key,
            reasons=[*reasons, reason(at.reason)] if at.reason else reasons,
            head_id=at.head_id,
            proposal_id=at.proposal_id,
            proposal_score=at.score,
            to_compare=at.to_compare,
        )
        for post, key, reasons, at in zip(posts, keys, held, placed, strict=True)
    ]
    followers = {row.post_id: at.head_post_id for row, at in zip(rows, placed, strict=True)
                 if at.head_post_id is not None}  # fmt: skip
    ids = insert_questions([row for row in rows if row.post_id not in followers])
    late = [
        row._replace(head_id=ids[followers[row.post_id]])
        for row in rows
        if row.post_id in followers
    ]
    ids |= insert_questions(late)
    proposals = defaultdict(list)
    for row, at in zip(rows, placed, strict=True):
        if at.proposal_post_id is not None:
            proposals[ids[at.proposal_post_id]].append(ids[row.post_id])
    for head_id, proposed in proposals.items():
        Question.objects.filter(pk__in=proposed).update(proposal_id=head_id)
    heads = {row.head_id for row in (*rows, *late) if row.head_id is not None}
    count_askers(heads)
    return sorted({*ids.values(), *heads})


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


def _follow_edit(question: Question, post: _Post, now: datetime) -> None:
    """A question whose words changed is another one: out of its group, and to be read again."""
    if question.withdrawn_at:
        return
    reasons = reasons_in(
        question.session,
        text=post.text,
        alts=post.alts,
        name=post.name,
        handle=post.handle,
        language=post.language,
    )
    are_alts_held = any(one["where"] == "alt" for one in question.reasons or ())
    if post.text == question.text and not reasons and not are_alts_held:
        return  # other words for a picture, as harmless
    if post.author_id in banned_authors(question.session, {post.author_id}):
        reasons.insert(0, reason(BANNED))
    to = _state_when_edited(question, is_held=bool(reasons))
    leave_group(question, now)
    question.text = post.text
    question.key = rules.key_of(rules.words_said(post.text))
    question.reasons = reasons or None
    question.air_text, question.wording_id = "", None
    question.translation = question.translation_language = ""
    question.proposal_id, question.proposal_score = None, None
    question.first_by_id, question.first_by_name = None, ""
    move_question(question, verb="edit", to=to, by=house(question.session.room_id), now=now)


def _state_when_edited(question: Question, *, is_held: bool) -> QuestionState:
    state = State(question.state)
    if state == State.REJECTED:
        return state
    if is_held:
        return State.HELD
    was_held_by_us = state == State.HELD and bool(question.reasons) and not question.last_verb
    return State.WAITING if was_held_by_us or state in rules.UNREAD_WHEN_EDITED else state


def hold_for_names(*, session_id: int, author_ids: Sequence[int], now: datetime) -> list[Question]:
    """Hold what is asked under a rude name that was learnt only now; what was held by it."""
    asked = Question.objects.filter(
        session_id=session_id,
        post__author__in=author_ids,
        withdrawn_at__isnull=True,
        state__in=rules.HELD_FOR_A_NAME,
    ).select_related("session__room", "post__author")
    held = []
    for question in asked:
        author = question.post.author
        reasons = reasons_in(
            question.session,
            text="",
            name=author.name,
            handle=author.handle,
            language=question.language,
        )
        if reasons:
            by = house(question.session.room_id)
            change = {"reasons": [*(question.reasons or []), *reasons]}
            move_question(question, verb="hold", to=State.HELD, by=by, now=now, change=change)
            held.append(question)
    return held


def _withdraw(question: Question, post: _Post, now: datetime) -> None:
    if question.withdrawn_at:
        return
    leave_group(question, now)
    question.text = question.air_text = question.answer_text = question.key = ""
    question.translation = question.translation_language = ""
    question.reasons = None
    question.wording_id = question.proposal_id = question.proposal_score = None
    question.withdrawn_at = now
    by = house(question.session.room_id)
    move_question(question, verb="withdraw", to=State.REJECTED, by=by, now=now)


def promote_post(*, post: Post, now: datetime, by: Actor) -> Question:
    """Make a question of a message, by hand.

    Raises:
        AlreadyQuestion: it is one.
        Withdrawn: its author took it away.
    """
    with one_transaction():
        _take_turn(post.session_id)
        found = Post.objects.select_related("session__room", "author")
        post = found.select_for_update(of=("self",)).get(pk=post.pk)
        if Question.objects.filter(post=post).exists():
            raise AlreadyQuestion
        if post.deleted_at:
            raise Withdrawn
        reasons = reasons_in(
            post.session,
            text=post.text,
            alts=post.alts,
            name=post.author.name,
            handle=post.author.handle,
            language=post.language,
        )
        question = Question.objects.create(
            session_id=post.session_id,
            post=post,
            text=post.text,
            key=rules.key_of(rules.words_said(post.text)),
            reasons=reasons or None,  # to be seen; somebody has just read it
            language=post.language,
            published_at=post.published_at,
            last_verb="promote",
            last_by=by.name,
            changed_at=now,
        )
        keep_decision(question, "promote", State.WAITING, None, by, now)
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
        SecondPersonNeeded, PersonNeeded: two people have to approve in this session.
    """
    rule = rules.VERBS[verb]
    with one_transaction():
        question = take_question(question_id, revision)
        if question.state == rule.leads:
            return question
        _check(question, rule)
        needs_two = question.session.needs_two and question.state not in rules.APPROVED
        if verb == "approve" and needs_two and _approve_first(question, revision, now, by):
            return question
        if rule.leads == State.ON_AIR:
            _clear_air(question, now, by)
        move_question(question, verb=verb, to=rule.leads, by=by, now=now)
    return question


def _approve_first(question: Question, revision: int | None, now: datetime, by: Actor) -> bool:
    """The first of two approvals: who approves is noted. False where this is the second one."""
    if by.person_id is None:
        raise PersonNeeded
    if revision is None:  # it has to be said what was read
        raise StaleRevision(revision=question.revision, by=question.last_by)
    if question.first_by_id == by.person_id:
        raise SecondPersonNeeded
    if question.first_by_id is not None:
        return False
    change = {"first_by_id": by.person_id, "first_by_name": by.name}
    to = State.HELD if question.state == State.HELD else State.WAITING
    move_question(question, verb="approve_1st", to=to, by=by, now=now, change=change)
    return True


def reword_question(
    *, question_id: int, text: str, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Edit a question for air; no text brings back what its author wrote.

    Where two people have to approve, what is approved waits again: these words are others.

    Raises:
        WordsUnusable: the text is too long.
        NotAllowedFrom, StaleRevision, Withdrawn: as `decide`.
    """
    text = _words_for_air(text)
    with one_transaction():
        question = take_question(question_id, revision)
        text = "" if text == question.text else text
        if question.air_text != text or (question.wording_id and not text):
            wording_id = question.wording_id if text else None
            change = {"air_text": text, "wording_id": wording_id, **rules.UNTRANSLATED}
            change_words(question, verb="reword", change=change, now=now, by=by)
    return question


def _words_for_air(text: str) -> str:
    """Raises:
    WordsUnusable: the text is too long.
    """
    text = clean_text(text[: 4 * rules.AIR_TEXT_LIMIT])
    if len(text) > rules.AIR_TEXT_LIMIT:
        raise WordsUnusable
    return text


def translate_question(
    *,
    question_id: int,
    text: str,
    language: str,
    now: datetime,
    by: Actor,
    revision: int | None = None,
) -> Question:
    """Keep what is shown of a question in another language, as a person said it; no text takes it
    away. It is public with the question, and gone when its words change.

    Where two people have to approve, what is approved waits again: these words are others.

    Raises:
        WordsUnusable: the text is too long.
        LanguageUnusable: the language is none, or the one that the question is in.
        NotAllowedFrom, StaleRevision, Withdrawn: as `decide`.
    """
    text = _words_for_air(text)
    with one_transaction():
        question = take_question(question_id, revision)
        language = clean_language(language) if text else ""
        if text and language in ("", question.worded_by.language):
            raise LanguageUnusable
        if (question.translation, question.translation_language) != (text, language):
            change = {"translation": text, "translation_language": language}
            change_words(question, verb="translate", change=change, now=now, by=by)
    return question


def mark_sensitive(
    *, question_id: int, is_sensitive: bool, now: datetime, by: Actor, revision: int | None = None
) -> Question:
    """Mark a question as one to be careful with, for the crew alone; or no longer.

    Raises: StaleRevision, Withdrawn, as `decide`.
    """
    with one_transaction():
        question = take_question(question_id, revision)
        if question.is_sensitive != is_sensitive:
            move_question(
                question,
                verb="mark" if is_sensitive else "unmark",
                to=State(question.state),
                by=by,
                now=now,
                change={"is_sensitive": is_sensitive},
            )
    return question


def write_note(*, question_id: int, text: str, now: datetime, by: Actor) -> Note:
    """Leave a note beside a question, for the crew alone.

    Raises:
        NoteUnusable: the text.
        Withdrawn: its author took it away.
    """
    text = clean_text(text[: 4 * rules.NOTE_LIMIT])
    if not text or len(text) > rules.NOTE_LIMIT:
        raise NoteUnusable
    with one_transaction():
        question = take_question(question_id)
        note = Note.objects.create(
            question=question, text=text, by_person_id=by.person_id, by_name=by.name, at=now
        )
        Question.objects.filter(pk=question.pk).update(notes=F("notes") + 1)
        changed(question.session_id, questions=[question.pk], at_once=True, when=on_commit)
    return note


def decide_on_many(
    *, session: Session, verb: str, revisions: Mapping[int, int], now: datetime, by: Actor
) -> tuple[list[int], dict[int, BlueRoomError]]:
    """Take one decision on many questions, each on the revision given: the ids of those decided
    on, and why the others were left. Each stands for itself; `verb` is one of `VERBS`, or "undo".
    """
    known = set(
        Question.objects.filter(session=session, pk__in=revisions).values_list("pk", flat=True)
    )
    done: list[int] = []
    refused: dict[int, BlueRoomError] = {pk: NotFound() for pk in revisions if pk not in known}
    with one_transaction():  # one wait for the disk; who is refused rolls back alone
        for question_id in sorted(known):
            revision = revisions[question_id]
            try:
                if verb == "undo":
                    undo_decision(question_id=question_id, now=now, by=by, revision=revision)
                else:
                    decide(question_id=question_id, verb=verb, now=now, by=by, revision=revision)
            except NotAcceptable as error:
                refused[question_id] = error
            else:
                done.append(question_id)
    return done, refused


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
        question = take_question(question_id, revision)
        _check(question, rules.VERBS["answer"])
        if question.answer_text == text and question.state == State.ANSWERED:
            return question
        if question.answer_text != text and question.reply_state in ("sending", "sent"):
            raise AlreadyReplied
        question.answer_text = text
        move_question(question, verb="answer", to=State.ANSWERED, by=by, now=now)
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
        question = take_question(question_id, revision)
        past = question.decisions.values_list("verb", "from_state", "position", "before")
        step = rules.step_to_undo(rules.Step(*row) for row in past)
        if step is None or step.verb == "promote":
            raise NothingToUndo
        if question.state == State.ANSWERED and question.reply_state in ("sending", "sent"):
            raise AlreadyReplied
        to_state = State(step.from_state)
        if to_state == State.ON_AIR != question.state:
            _clear_air(question, now, by)
        change = dict(step.before or {})
        members, former_id = change.pop("members", []), question.head_id
        if change.get("head_id") is not None:
            change["head_id"] = head_to_return_to(change["head_id"])
        move_question(
            question,
            verb="undo",
            to=to_state,
            by=by,
            now=now,
            position=step.position,
            change=change,
        )
        if "head_id" in change:
            put_back_group(question, former_id=former_id, members=members)
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
            move_question(question, verb="off_air", to=State.APPROVED, by=by, now=now)
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
        question = take_question(question_id, revision)
        if question.state != State.LINED_UP:
            raise NotAllowedFrom
        others = list(running_order(question.session_id).exclude(pk=question.pk))
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
        question = Question.objects.only("session_id", "head_id").get(pk=question_id)
        told = [question.head_id or question.pk]  # of a group the head alone is on screens
        changed(question.session_id, questions=told, at_once=True, when=on_commit)


def note_votes(*, question_id: int, votes: int, given: int) -> None:
    """Remember what the public's votes weigh and how many there are; the room that takes them
    calls this, and its screens are told with the next round."""
    with one_transaction():
        found = Question.objects.filter(pk=question_id).exclude(votes=votes, votes_given=given)
        if found.update(votes=votes, votes_given=given):
            session_id = Question.objects.values_list("session_id", flat=True).get(pk=question_id)
            changed(session_id, questions=[question_id], when=on_commit)


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
        move_question(other, verb="off_air", to=State.APPROVED, by=by, now=now)

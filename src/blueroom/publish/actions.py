"""Replies: asked for by a person, once; sent, tried again, taken back."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from django.db.models import Q

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.base.ids import new_tid
from blueroom.desk.actions import note_reply
from blueroom.desk.models import Question, QuestionState
from blueroom.networks.interface import Publisher, Refused, Sent
from blueroom.publish.errors import NotAnswered, NotPublished, ReplyOnItsWay, ReplyRefused
from blueroom.publish.models import Reply, ReplyState
from blueroom.publish.queries import Desk, desk_for, preview_reply, target_of
from blueroom.room.actor import Actor
from blueroom.room.models import Account
from blueroom.room.seal import seal
from blueroom.room.writing import one_transaction

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than a connector's own time limits
WAIT_LIMIT_S = 600
PATIENCE = timedelta(hours=24)  # after which a person has to look


def ask_for_reply(*, question_id: int, now: datetime, by: Actor, text: str = "") -> Reply:
    """Decide that the reply goes out; `text` replaces the answer's words where it is given.

    May be repeated: a reply that is out, or on its way with these words, is given back unchanged,
    and one that failed goes out again with the same key.

    Raises:
        NotAnswered: there are no words yet.
        NoAccount, CannotReply: there is nothing to send it with.
        ReplyRefused: the network would not take the text.
        ReplyOnItsWay: other words may have arrived already.
    """
    with one_transaction():
        question = (
            Question.objects.select_for_update(of=("self",))
            .select_related("session", "post__author")
            .get(pk=question_id)
        )
        if question.withdrawn_at or question.state != QuestionState.ANSWERED:
            raise NotAnswered
        reply = Reply.objects.filter(question=question).first()
        words = text.strip() or (reply.text if reply else "") or question.answer_text
        if reply and reply.state not in (ReplyState.FAILED, ReplyState.TAKEN_BACK):
            if words != reply.text:
                raise ReplyOnItsWay
            return reply
        desk, preview = preview_reply(question, text=words)
        if preview.problems:
            raise ReplyRefused(problems=[code for code, _ in preview.problems])
        reply = reply or Reply(question=question, created_at=now)
        if not reply.key or reply.state == ReplyState.TAKEN_BACK:
            reply.key = new_tid(now)  # what was taken back leaves its key used on the network
        reply.account, reply.text = desk.account, words
        reply.by_person_id, reply.by_name = by.person_id, by.name
        _set(reply, ReplyState.DUE, due_at=now, tries=0)
    return reply


def send_reply(*, reply_id: int, now: datetime) -> Reply:
    """Send a reply that is due, and keep what came of it. Waits for the network.

    Of several processes one sends. A reply that may have arrived is tried again with its key, which
    its network takes once.
    """
    if not _lease(reply_id, now):
        return Reply.objects.get(pk=reply_id)
    reply = _read(reply_id)
    try:
        desk = desk_for(reply.question)
        sent = asyncio.run(_send(desk.publisher(), reply))
    except TryLater as error:
        _put_off(reply, error, now)
    except BlueRoomError as error:
        _fail(reply, error)
    except Exception as error:  # a connector's own fault: told, and tried again with the same key
        log.exception("reply %s could not be sent", reply.pk)
        _put_off(reply, TryLater(str(type(error).__name__)), now)
    else:
        _remember(desk)
        _set(
            reply,
            ReplyState.SENT,
            remote_id=sent.id,
            remote_version=sent.version,
            url=sent.url,
            sent_at=now,
        )
    return reply


def take_back_reply(*, question_id: int, now: datetime, by: Actor) -> Reply:
    """Delete a published reply on its network. Waits for the network; may be repeated.

    Raises:
        NotPublished: there is none.
        Unavailable, Refused: the network's answer.
    """
    reply = Reply.objects.filter(question_id=question_id, state=ReplyState.SENT).first()
    if reply is None:
        raise NotPublished
    reply = _read(reply.pk)
    desk = desk_for(reply.question)
    sent = Sent(id=reply.remote_id, url=reply.url, version=reply.remote_version)
    asyncio.run(_take_back(desk.publisher(), sent))
    _remember(desk)
    log.info("reply %s was taken back by %s", reply.pk, by.name)
    _set(reply, ReplyState.TAKEN_BACK, url="")
    return reply


async def _send(publisher: Publisher, reply: Reply) -> Sent:
    try:
        return await publisher.reply(
            to=target_of(reply.question.post),
            text=reply.text,
            lang=_language(reply),
            key=reply.key,
            at=reply.created_at,
        )
    finally:
        await publisher.close()


def _language(reply: Reply) -> str:
    """The language of the reply where the session leaves no doubt, else ""."""
    languages = reply.question.session.languages
    return languages[0] if len(languages) == 1 else ""


async def _take_back(publisher: Publisher, sent: Sent) -> None:
    try:
        await publisher.take_back(sent=sent)
    finally:
        await publisher.close()


def _lease(reply_id: int, now: datetime) -> bool:
    """Take the reply for this process; False where another has it or it is not due."""
    free = Q(state=ReplyState.DUE, due_at__lte=now) | Q(
        state=ReplyState.SENDING, leased_until__lt=now
    )
    with one_transaction():
        taken = Reply.objects.filter(free, pk=reply_id).update(
            state=ReplyState.SENDING, leased_until=now + LEASE
        )
        if taken:
            _tell(_read(reply_id))
    return bool(taken)


def _read(reply_id: int) -> Reply:
    return Reply.objects.select_related("question__session", "question__post__author").get(
        pk=reply_id
    )


def _remember(desk: Desk) -> None:
    """Keep what the connector learned, a fresh session token say."""
    if desk.account is not None:
        Account.objects.filter(pk=desk.account.pk).update(sealed=seal(desk.kept))


def _put_off(reply: Reply, error: TryLater, now: datetime) -> None:
    if now - reply.created_at > PATIENCE:
        _fail(reply, Refused(error.message))
        return
    wait_s = error.retry_after_s or min(WAIT_LIMIT_S, 2 ** (reply.tries + 1))
    _set(
        reply,
        ReplyState.DUE,
        tries=reply.tries + 1,
        due_at=now + timedelta(seconds=wait_s),
        error_code=error.code,
        error_message=str(error.message)[:400],
    )


def _fail(reply: Reply, error: BlueRoomError) -> None:
    _set(
        reply,
        ReplyState.FAILED,
        tries=reply.tries + 1,
        error_code=error.code,
        error_message=str(error.message)[:400],
    )


def _set(reply: Reply, state: ReplyState, **values: object) -> None:
    reply.state = state
    reply.leased_until = None
    if state in (ReplyState.SENT, ReplyState.TAKEN_BACK):
        reply.error_code = reply.error_message = ""
    for name, value in values.items():
        setattr(reply, name, value)
    with one_transaction():
        reply.save()
        _tell(reply)


def _tell(reply: Reply) -> None:
    note_reply(
        question_id=reply.question_id,
        state=reply.state,
        url=reply.url,
        code=reply.error_code,
        message=reply.error_message,
    )

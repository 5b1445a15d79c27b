"""Replies: asked for by a person, once; sent, tried again, taken back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.base.ids import new_tid
from blueroom.clips.models import Clip
from blueroom.desk.actions import note_reply
from blueroom.desk.models import Question, QuestionState
from blueroom.networks.interface import Publisher, Refused, Sent, Unavailable, reply_limit_s
from blueroom.publish.composing import Composed, Wish, compose
from blueroom.publish.errors import (
    ClipBeingMade,
    ClipNotPublic,
    NotAnswered,
    NotPublished,
    PhotoGone,
    QuestionTakenBack,
    ReplyOnItsWay,
    ReplyRefused,
)
from blueroom.publish.models import Media, Reply, ReplyState
from blueroom.publish.offers import ClipOffer, Offers, offers_for, offers_of
from blueroom.publish.queries import (
    Desk,
    answered_by,
    desk_for,
    others_asking,
    preview_reply,
    target_of,
)
from blueroom.room.actor import Actor
from blueroom.room.models import Account
from blueroom.room.seal import seal
from blueroom.room.writing import one_transaction
from blueroom.studio.models import Answer

log = logging.getLogger(__name__)
SPARE_S = 30  # by which a lease is longer than the call that it covers
LEASE = timedelta(seconds=reply_limit_s([]) + SPARE_S)
WAIT_LIMIT_S = 600
PATIENCE = timedelta(hours=24)  # after which a person has to look


def ask_for_reply(
    *,
    question_id: int,
    now: datetime,
    by: Actor,
    text: str = "",
    media: str = "",
    alt: str = "",
    or_link: bool = False,
) -> Reply:
    """Decide that the reply goes out; `text` replaces the answer's words where it is given.

    `media` says how clip or photo come along (`Media`; "" as the house proposes: with the video,
    where there is a public clip and the network takes it, else with the picture), `alt` describes
    either, `or_link` lets a link take its place where the network refuses it after all.

    Everybody else of the question's group gets it too, each once and as their network allows; who
    joined the group since gets it when this is asked for again.

    May be repeated: a reply that is out, or on its way with these words, is given back unchanged,
    and one that failed goes out again with the same key. One that still waits for its video may be
    asked for in another way.

    Raises:
        NotAnswered: there is nothing to say yet.
        NoAccount, CannotReply: there is nothing to send it with.
        ReplyRefused: the network would not take it.
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
        reply = Reply.objects.select_for_update().filter(question=question).first()
        wish = Wish(words=text.strip(), media=media, alt=alt.strip(), or_link=or_link)
        if reply and reply.state not in (ReplyState.FAILED, ReplyState.TAKEN_BACK):
            if _is_as_wished(reply, wish):
                _ask_for_others(question, reply, now, by)
                return reply
            if not _waits_for_clip(reply):
                raise ReplyOnItsWay
        desk, composed, offers = preview_reply(question, wish=wish)
        if composed.preview.problems:
            raise ReplyRefused(problems=[code for code, _ in composed.preview.problems])
        reply = reply or Reply(question=question, created_at=now)
        _plan(reply, desk, composed, offers, now, by)
        _set(reply, ReplyState.DUE, due_at=now, asked_at=now, tries=0, memory={})
        _ask_for_others(question, reply, now, by)
    return reply


def _plan(
    reply: Reply, desk: Desk, composed: Composed, offers: Offers, now: datetime, by: Actor
) -> None:
    """Write into the reply what is to go out, from where, and who wants it."""
    if not reply.key or reply.state == ReplyState.TAKEN_BACK:
        reply.key = new_tid(now)  # what was taken back leaves its key used on the network
    reply.account, reply.text = desk.account, composed.words
    reply.media, reply.alt, reply.or_link = composed.media, composed.alt, composed.or_link
    reply.clip, reply.photo = _brought(offers, composed.media)
    reply.is_with_file = bool(composed.attachments)
    reply.by_person_id, reply.by_name = by.person_id, by.name


def _ask_for_others(question: Question, like: Reply, now: datetime, by: Actor) -> None:
    """The same reply to everybody else who asks it; what a network would not take needs somebody.

    Who has it, or will, is left alone.
    """
    others = others_asking(question)
    there = {reply.question_id: reply for reply in Reply.objects.filter(question__in=others)}
    for number, other in enumerate(others, start=1):
        reply = there.get(other.pk) or Reply(question=other, created_at=now, text=like.text)
        if reply.pk and reply.state not in (ReplyState.FAILED, ReplyState.TAKEN_BACK):
            continue
        at = now + timedelta(microseconds=number)  # each microsecond has one key
        reply.key = reply.key or new_tid(at)
        reply.due_at = reply.asked_at = now
        reply.by_person_id, reply.by_name = by.person_id, by.name
        try:
            desk, composed = _composed_like(like, other)
            if composed.preview.problems:
                raise ReplyRefused(problems=[code for code, _ in composed.preview.problems])
        except BlueRoomError as error:
            _fail(reply, error)
            continue
        _plan(reply, desk, composed, offers_for(question), at, by)
        _set(reply, ReplyState.DUE, due_at=now, asked_at=now, tries=0, memory={})


def _composed_like(like: Reply, other: Question) -> tuple[Desk, Composed]:
    """A reply with the same words, and with the same media where that network takes them."""
    wish = Wish(words=like.text, alt=like.alt, or_link=like.or_link)
    desk, composed, _offers = preview_reply(other, wish=wish)
    if like.media in composed.choices and like.media != composed.media:
        desk, composed, _offers = preview_reply(other, wish=replace(wish, media=like.media))
    return desk, composed


def _brought(offers: Offers, media: Media) -> tuple[Clip | None, Answer | None]:
    """The clip, or the photo, that a reply brings or leads to."""
    shown = {Media.NONE: None, Media.PHOTO: offers.photo}.get(media, offers.shown)
    if shown is None:
        return None, None
    return (shown.clip, None) if isinstance(shown, ClipOffer) else (None, shown.answer)


def _is_as_wished(reply: Reply, wish: Wish) -> bool:
    """Whether the reply is already what is wanted now; what the wish leaves open is."""
    return (
        wish.words in ("", reply.text)
        and wish.media in ("", reply.media)
        and wish.alt in ("", reply.alt)
        and wish.or_link <= reply.or_link
    )


def _waits_for_clip(reply: Reply) -> bool:
    return reply.state == ReplyState.DUE and reply.error_code == ClipBeingMade.code


def send_reply(*, reply_id: int, now: datetime) -> Reply:
    """Send a reply that is due, and keep what came of it. Waits for the network.

    Of several processes one sends. A reply that may have arrived is tried again with its key, which
    its network takes once.
    """
    if not _lease(reply_id, now):
        return Reply.objects.get(pk=reply_id)
    reply = _read(reply_id)
    desk: Desk | None = None
    try:
        desk = desk_for(reply.question)
        publisher = desk.publisher()
        composed = _composed(reply, publisher)
        _extend_lease(reply, composed, now)
        sent = asyncio.run(_send(publisher, reply, composed))
    except TryLater as error:
        _put_off(reply, error, now)
    except BlueRoomError as error:
        _fail(reply, error)
    except Exception as error:  # a connector's own fault: told, and tried again with the same key
        log.exception("reply %s could not be sent", reply.pk)
        _put_off(reply, TryLater(str(type(error).__name__)), now)
    else:
        _set(
            reply,
            ReplyState.SENT,
            remote_id=sent.id,
            remote_version=sent.version,
            url=sent.url,
            sent_at=now,
        )
    if desk is not None:
        remember(desk)
    return reply


def _composed(reply: Reply, publisher: Publisher) -> Composed:
    """The reply as it goes out now.

    Raises:
        QuestionTakenBack: nobody waits for it any more.
        ClipBeingMade, ClipFailed, ClipNotPublic, PhotoGone: what it is to bring is not there.
    """
    question, answered = reply.question, answered_by(reply.question)
    is_gone = question.withdrawn_at or answered.withdrawn_at
    if is_gone or answered.state != QuestionState.ANSWERED:
        raise QuestionTakenBack
    to = target_of(question.post)
    wish = Wish(words=reply.text, media=reply.media, alt=reply.alt, or_link=reply.or_link)
    offers = offers_of(answered, clip=reply.clip, photo=reply.photo)
    composed = compose(publisher, to=to, wish=wish, offers=offers)
    if reply.media == Media.NONE or publisher.limits.shows_clips:
        return composed
    _check_there(reply, offers)
    if reply.or_link and reply.media not in (Media.LINK, *composed.choices):
        return compose(publisher, to=to, wish=replace(wish, media=Media.LINK), offers=offers)
    if reply.media == Media.VIDEO and offers.clip:
        offers.clip.check()
    return composed


def _check_there(reply: Reply, offers: Offers) -> None:
    """Raises ClipNotPublic or PhotoGone where there is nothing of what the reply is to bring."""
    if offers.shown is None:
        # A clip that is gone leaves its row, a photo none.
        is_link = reply.media == Media.LINK and not reply.clip_id
        is_photo = reply.media == Media.PHOTO or is_link
        raise PhotoGone if is_photo else ClipNotPublic


def take_back_reply(*, question_id: int, now: datetime, by: Actor) -> Reply:
    """Delete a published reply on its network, and those to everybody else of its group. Waits for
    the networks; may be repeated.

    Raises:
        NotPublished: there is none.
        Unavailable, Refused: the network's answer.
    """
    group = Q(question_id=question_id) | Q(question__head_id=question_id)
    sent = Reply.objects.filter(group, state=ReplyState.SENT).order_by("question__head_id", "id")
    for due in Reply.objects.filter(group, state=ReplyState.DUE).exclude(question_id=question_id):
        _set(due, ReplyState.TAKEN_BACK)
    reply_ids = list(sent.values_list("pk", flat=True))
    if not reply_ids:
        raise NotPublished
    taken = [_take_back_one(reply_id, by) for reply_id in reply_ids]
    return next((reply for reply in taken if reply.question_id == question_id), taken[0])


def _take_back_one(reply_id: int, by: Actor) -> Reply:
    reply = _read(reply_id)
    desk = desk_for(reply.question)
    sent = Sent(id=reply.remote_id, url=reply.url, version=reply.remote_version)
    asyncio.run(_take_back(desk.publisher(), sent))
    remember(desk)
    log.info("reply %s was taken back by %s", reply.pk, by.name)
    _set(reply, ReplyState.TAKEN_BACK, url="")
    return reply


async def _send(publisher: Publisher, reply: Reply, composed: Composed) -> Sent:
    async with in_time(publisher, reply_limit_s(composed.attachments)):
        return await publisher.reply(
            to=target_of(reply.question.post),
            text=composed.text,
            media=composed.attachments,
            card=composed.card,
            lang=_language(reply),
            key=reply.key,
            at=reply.created_at,
            memory=reply.memory,
        )


@asynccontextmanager
async def in_time(publisher: Publisher, limit_s: float) -> AsyncIterator[None]:
    """A context for what is asked of a publisher, which is closed at its end.

    Raises:
        Unavailable: it took longer than `limit_s`.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise Unavailable from error
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


def _extend_lease(reply: Reply, composed: Composed, now: datetime) -> None:
    """A large file takes longer than most replies: nobody else begins meanwhile."""
    if composed.attachments:
        until = now + timedelta(seconds=reply_limit_s(composed.attachments) + SPARE_S)
        Reply.objects.filter(pk=reply.pk).update(leased_until=until)


def _read(reply_id: int) -> Reply:
    return Reply.objects.select_related(
        "question__session",
        "question__post__author",
        "question__head",
        "clip__answer__question__session__guest",
        "photo",
    ).get(pk=reply_id)


def remember(desk: Desk) -> None:
    """Keep what the connector learned, a fresh session token say."""
    if desk.account is not None:
        Account.objects.filter(pk=desk.account.pk).update(sealed=seal(desk.kept))


def _put_off(reply: Reply, error: TryLater, now: datetime) -> None:
    if now - reply.asked_at > PATIENCE:
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

"""Replies: asked for by a person, once; sent, tried again, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from blueroom.base.errors import BlueRoomError
from blueroom.base.ids import new_tid
from blueroom.clips.models import Clip
from blueroom.desk.actions import note_reply
from blueroom.desk.models import Question, QuestionState, SendState
from blueroom.networks.interface import Publisher
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
from blueroom.publish.models import Media, Reply
from blueroom.publish.offers import ClipOffer, Offers, offers_for, offers_of
from blueroom.publish.outbox import Outbox
from blueroom.publish.queries import (
    Desk,
    answered_by,
    others_asking,
    preview_reply,
    target_of,
)
from blueroom.room.actor import Actor
from blueroom.room.writing import one_transaction
from blueroom.studio.models import Answer


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
        if reply and reply.state not in (SendState.FAILED, SendState.TAKEN_BACK):
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
        replies.ask(reply, now=now)
        _ask_for_others(question, reply, now, by)
    return reply


def _plan(
    reply: Reply, desk: Desk, composed: Composed, offers: Offers, now: datetime, by: Actor
) -> None:
    """Write into the reply what is to go out, from where, and who wants it."""
    if not reply.key or reply.state == SendState.TAKEN_BACK:
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
        if reply.pk and reply.state not in (SendState.FAILED, SendState.TAKEN_BACK):
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
            replies.fail(reply, error)
            continue
        _plan(reply, desk, composed, offers_for(question), at, by)
        replies.ask(reply, now=now)


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
    return reply.state == SendState.DUE and reply.error_code == ClipBeingMade.code


class Replies(Outbox[Reply]):
    """Replies, on their way out."""

    rows = Reply
    related = (
        *Outbox.related,
        "question__head",
        "clip__answer__question__session__guest",
        "photo",
    )
    patience = timedelta(hours=24)

    def compose(self, one: Reply, publisher: Publisher) -> Composed:
        return _composed(one, publisher)

    def tell(self, one: Reply) -> None:
        note_reply(
            question_id=one.question_id,
            state=one.state,
            url=one.url,
            code=one.error_code,
            message=one.error_message,
        )


replies = Replies()


def send_reply(*, reply_id: int, now: datetime) -> Reply:
    """Send a reply that is due; see `Outbox.send`."""
    return replies.send(reply_id, now=now)


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
    sent = Reply.objects.filter(group, state=SendState.SENT).order_by("question__head_id", "id")
    for due in Reply.objects.filter(group, state=SendState.DUE).exclude(question_id=question_id):
        replies.keep(due, SendState.TAKEN_BACK)
    reply_ids = list(sent.values_list("pk", flat=True))
    if not reply_ids:
        raise NotPublished
    taken = [replies.take_back(reply_id, by=by) for reply_id in reply_ids]
    return next((reply for reply in taken if reply.question_id == question_id), taken[0])

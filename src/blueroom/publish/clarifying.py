"""Asking a question's author what they mean: by a person, once, under their post.

On networks it goes out as a reply does; who asked by the phone page reads it there. It is sent
while the person waits: what fails is told, and sent again by hand with the same key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.transaction import on_commit
from django.utils.translation import gettext_noop as _

from blueroom.base.errors import BlueRoomError
from blueroom.base.ids import new_tid
from blueroom.desk.models import Clarification, Question
from blueroom.desk.rules import OPEN
from blueroom.networks.interface import Publisher, Sent, reply_limit_s
from blueroom.publish.actions import in_time, remember
from blueroom.publish.composing import Composed, Problem, Wish, compose
from blueroom.publish.errors import ClarificationOnItsWay, NotToClarify, ReplyRefused, WordsNeeded
from blueroom.publish.offers import Offers
from blueroom.publish.queries import Desk, desk_for, target_of
from blueroom.room.actor import Actor
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

log = logging.getLogger(__name__)
PAGE = "page"  # who asked there has no network of theirs; the page tells them
PAGE_LIMIT = 500  # characters, as much as a question there
TOO_LONG = ("too_long", _("The text is too long."))
LEASE = timedelta(seconds=reply_limit_s([]) + 30)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How the author's network would show it, counted as it counts; what stands against it."""

    network: str
    account: str
    length: int
    limit: int
    problems: Sequence[Problem]


def preview_clarification(question: Question, *, text: str) -> Shown:
    """What it would look like. Raises CannotReply, NoAccount: as `desk_for`."""
    text = text.strip()
    if question.post.network == PAGE:
        problems = [TOO_LONG] if len(text) > PAGE_LIMIT else []
        return Shown(
            network=PAGE, account="", length=len(text), limit=PAGE_LIMIT, problems=problems
        )
    desk = desk_for(question)
    shown = _composed(desk, question, text).preview
    return Shown(
        network=desk.network.slug,
        account=desk.account.handle if desk.account else "",
        length=shown.length,
        limit=shown.limits.text_limit,
        problems=shown.problems if text else [],
    )


def _composed(desk: Desk, question: Question, text: str) -> Composed:
    to, wish = target_of(question.post), Wish(words=text)
    return compose(desk.publisher(), to=to, wish=wish, offers=Offers())


def ask_author(*, question_id: int, text: str, now: datetime, by: Actor) -> Clarification:
    """Ask the author of a question that nothing was decided on for good. Waits for the network.

    May be repeated: what went out is given back unchanged, what failed is sent with the words of
    now and the same key, so that it is there once whatever happened.

    Raises:
        WordsNeeded: there is nothing to send.
        NotToClarify: it is answered, rejected, in a group or taken away.
        ClarificationOnItsWay: somebody is sending it.
        CannotReply, NoAccount: there is nothing to send it with.
        ReplyRefused: the network would not take it; `details["problems"]` says why.
    """
    text = text.strip()
    if not text:
        raise WordsNeeded
    with one_transaction():
        found = Question.objects.select_for_update(of=("self",))
        question = found.select_related("session", "post__author").get(pk=question_id)
        if question.withdrawn_at or question.state not in OPEN:
            raise NotToClarify
        asked = Clarification.objects.filter(question=question).first()
        if asked and asked.state == "sent":
            return asked
        if asked and asked.state == "sending" and asked.at > now - LEASE:
            raise ClarificationOnItsWay
        _check(question, text)
        asked = asked or Clarification(question=question, key=new_tid(now))
        asked.text, asked.at = text, now
        asked.by_person_id, asked.by_name = by.person_id, by.name
        _keep(asked, "sent" if question.post.network == PAGE else "sending")
    if asked.state == "sending":
        _send(asked)
    return asked


def _check(question: Question, text: str) -> None:
    shown = preview_clarification(question, text=text)
    if shown.problems:
        raise ReplyRefused(problems=[code for code, _said in shown.problems])


def _send(asked: Clarification) -> None:
    desk: Desk | None = None
    try:
        desk = desk_for(asked.question)
        text = _composed(desk, asked.question, asked.text).text
        sent = asyncio.run(_reply(desk.publisher(), asked, text))
    except BlueRoomError as error:
        _fail(asked, error)
    except Exception as error:  # a connector's own fault: told, to be sent again with the same key
        log.exception("clarification %s could not be sent", asked.pk)
        _fail(asked, BlueRoomError(type(error).__name__))
    else:
        asked.url, asked.code, asked.message = sent.url, "", ""
        with one_transaction():
            _keep(asked, "sent")
    if desk is not None:
        remember(desk)


async def _reply(publisher: Publisher, asked: Clarification, text: str) -> Sent:
    async with in_time(publisher, reply_limit_s([])):
        return await publisher.reply(
            to=target_of(asked.question.post),
            text=text,
            key=asked.key,
            at=asked.at,
            memory=asked.memory,
        )


def _fail(asked: Clarification, error: BlueRoomError) -> None:
    asked.code, asked.message = error.code, str(error.message)[:400]
    with one_transaction():
        _keep(asked, "failed")


def _keep(asked: Clarification, state: str) -> None:
    asked.state = state
    asked.save()
    changed(asked.question.session_id, questions=[asked.question_id], at_once=True, when=on_commit)

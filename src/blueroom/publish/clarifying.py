"""Asking a question's author what they mean: by a person, once, under their post.

On networks it goes out as a reply does, in the background; who asked by the phone page reads it
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.transaction import on_commit
from django.utils.translation import gettext_noop as _

from blueroom.base.ids import new_tid
from blueroom.desk.models import Clarification, Question, SendState
from blueroom.desk.rules import OPEN
from blueroom.networks.interface import Publisher
from blueroom.publish.composing import Composed, Problem, Wish, compose
from blueroom.publish.errors import (
    ClarificationOnItsWay,
    NotAsked,
    NotToClarify,
    ReplyRefused,
    WordsNeeded,
)
from blueroom.publish.offers import Offers
from blueroom.publish.outbox import Outbox
from blueroom.publish.queries import desk_for, target_of
from blueroom.room.actor import Actor
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

PAGE = "page"  # who asked there has no network of theirs; the page tells them
PAGE_LIMIT = 500  # characters, as much as a question there
TOO_LONG = ("too_long", _("The text is too long."))


class Clarifications(Outbox[Clarification]):
    """What authors are asked, on its way out. After an hour the room has moved on."""

    rows = Clarification
    patience = timedelta(hours=1)

    def compose(self, one: Clarification, publisher: Publisher) -> Composed:
        if _is_done_with(one.question):
            raise NotToClarify
        return _composed(publisher, one.question, one.text)

    def tell(self, one: Clarification) -> None:
        question = one.question
        changed(question.session_id, questions=[question.pk], at_once=True, when=on_commit)


clarifications = Clarifications()


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
    shown = _composed(desk.publisher(), question, text).preview
    return Shown(
        network=desk.network.slug,
        account=desk.account.handle if desk.account else "",
        length=shown.length,
        limit=shown.limits.text_limit,
        problems=shown.problems if text else [],
    )


def _composed(publisher: Publisher, question: Question, text: str) -> Composed:
    to, wish = target_of(question.post), Wish(words=text)
    return compose(publisher, to=to, wish=wish, offers=Offers())


def _is_done_with(question: Question) -> bool:
    return question.withdrawn_at is not None or question.state not in OPEN


def ask_author(*, question_id: int, text: str, now: datetime, by: Actor) -> Clarification:
    """Decide that the author of a question is asked, where nothing was decided on it for good. The
    worker sends it, and tries again for an hour.

    May be repeated: what is out, or on its way with these words, is given back unchanged; what
    failed goes out with the words of now and the same key, so that it is there once.

    Raises:
        WordsNeeded: there is nothing to send.
        NotToClarify: it is answered, rejected, in a group or taken away.
        ClarificationOnItsWay: other words may have arrived already.
        CannotReply, NoAccount: there is nothing to send it with.
        ReplyRefused: the network would not take it; `details["problems"]` says why.
    """
    text = text.strip()
    if not text:
        raise WordsNeeded
    with one_transaction():
        found = Question.objects.select_for_update(of=("self",))
        question = found.select_related("session", "post__author").get(pk=question_id)
        if _is_done_with(question):
            raise NotToClarify
        asked = Clarification.objects.filter(question=question).first()
        if asked and asked.state not in (SendState.FAILED, SendState.TAKEN_BACK):
            if asked.state != SendState.SENT and asked.text != text:
                raise ClarificationOnItsWay
            return asked
        _check(question, text)
        asked = asked or Clarification(question=question, created_at=now)
        _plan(asked, question, text, now, by)
    return asked


def _check(question: Question, text: str) -> None:
    shown = preview_clarification(question, text=text)
    if shown.problems:
        raise ReplyRefused(problems=[code for code, _said in shown.problems])


def _plan(asked: Clarification, question: Question, text: str, now: datetime, by: Actor) -> None:
    if not asked.key or asked.state == SendState.TAKEN_BACK:
        asked.key = new_tid(now)  # what was taken back leaves its key used on the network
    asked.question, asked.text = question, text
    asked.by_person_id, asked.by_name = by.person_id, by.name
    if question.post.network == PAGE:
        asked.due_at = asked.asked_at = now
        clarifications.keep(asked, SendState.SENT, sent_at=now)
    else:
        asked.account = desk_for(question).account
        clarifications.ask(asked, now=now)


def take_back_clarification(*, question_id: int, by: Actor) -> Clarification:
    """Delete what the author was asked, on its network or on their phone, or stop it where it waits
    to go out. Waits for the network; may be repeated.

    Raises:
        NotAsked: nothing went out.
        ClarificationOnItsWay: it is being sent at this moment.
        Unavailable, Refused: the network's answer.
    """
    with one_transaction():
        found = Clarification.objects.select_for_update(of=("self",))
        asked = found.select_related("question__post").filter(question_id=question_id).first()
        if asked is None or asked.state == SendState.FAILED:
            raise NotAsked
        if asked.state == SendState.SENDING:
            raise ClarificationOnItsWay
        is_on_page = asked.question.post.network == PAGE
        if asked.state == SendState.DUE or (asked.state == SendState.SENT and is_on_page):
            clarifications.keep(asked, SendState.TAKEN_BACK)
        if asked.state == SendState.TAKEN_BACK:
            return asked
        if not asked.remote_id:  # an earlier version did not keep what it is called there
            raise NotAsked
    return clarifications.take_back(asked.pk, by=by)

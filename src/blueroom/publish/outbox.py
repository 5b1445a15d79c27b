"""What goes out under somebody's post: published once, tried again, taken back.

Replies and what authors are asked go this one way; the two outboxes say what is sent and who hears
how it went.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.desk.models import Outgoing, SendState
from blueroom.networks.interface import Publisher, Sent, Unavailable, reply_limit_s
from blueroom.publish.composing import Composed
from blueroom.publish.errors import NetworkSilent
from blueroom.publish.queries import Desk, desk_for, target_of
from blueroom.room.actor import Actor
from blueroom.room.models import Account
from blueroom.room.seal import seal
from blueroom.room.writing import one_transaction

log = logging.getLogger(__name__)
SPARE_S = 30  # by which a lease is longer than the call that it covers
LEASE = timedelta(seconds=reply_limit_s([]) + SPARE_S)
TAKE_BACK_LIMIT_S = 20  # a person waits for it
WAIT_LIMIT_S = 600

One = TypeVar("One", bound=Outgoing)


class Outbox(ABC, Generic[One]):
    """What is sent of one kind. `patience`: how long it is tried before a person has to look."""

    rows: type[One]
    related: Sequence[str] = ("question__session", "question__post__author")
    patience: timedelta

    @abstractmethod
    def compose(self, one: One, publisher: Publisher) -> Composed:
        """What goes out now. Raises BlueRoomError where nothing may."""

    @abstractmethod
    def tell(self, one: One) -> None:
        """Show where it stands, in the transaction that writes it."""

    def due(self, *, now: datetime) -> QuerySet[One]:
        """Those that somebody should send: due, or left behind by a process that ended."""
        return self._all().filter(_is_free(now)).order_by("due_at", "id")

    def send(self, id_: int, *, now: datetime) -> One:
        """Send one that is due, and keep what came of it. Waits for the network.

        Of several processes one sends. What may have arrived is tried again with its key, which its
        network takes once.
        """
        if not self._lease(id_, now):
            return self._all().get(pk=id_)
        one = self._read(id_)
        desk: Desk | None = None
        try:
            desk = desk_for(one.question)
            publisher = desk.publisher()
            composed = self.compose(one, publisher)
            self._extend_lease(one, composed, now)
            sent = asyncio.run(_send(publisher, one, composed))
        except TryLater as error:
            self._put_off(one, error, now)
        except BlueRoomError as error:
            self.fail(one, error)
        except Exception as error:  # a connector's own fault: told, and tried again, same key
            log.exception("%s %s could not be sent", self.rows.__name__, one.pk)
            self._put_off(one, TryLater(str(type(error).__name__)), now)
        else:
            self.keep(
                one,
                SendState.SENT,
                remote_id=sent.id,
                remote_version=sent.version,
                url=sent.url,
                sent_at=now,
            )
        if desk is not None:
            _remember(desk)
        return one

    def take_back(self, id_: int, *, by: Actor) -> One:
        """Delete a published one on its network, and keep that. Waits for the network.

        Raises:
            Unavailable, Refused: the network's answer.
        """
        one = self._read(id_)
        desk = desk_for(one.question)
        sent = Sent(id=one.remote_id, url=one.url, version=one.remote_version)
        try:
            asyncio.run(_take_back(desk.publisher(), sent))
        finally:
            _remember(desk)
        log.info("%s %s was taken back by %s", self.rows.__name__, one.pk, by.name)
        self.keep(one, SendState.TAKEN_BACK, url="")
        return one

    def keep(self, one: One, state: SendState, **values: object) -> None:
        """Write where it stands, and tell."""
        one.state = state
        one.leased_until = None
        if state in (SendState.SENT, SendState.TAKEN_BACK):
            one.error_code = one.error_message = ""
        for name, value in values.items():
            setattr(one, name, value)
        with one_transaction():
            one.save()
            self.tell(one)

    def ask(self, one: One, *, now: datetime) -> None:
        """Write that it is to go out, from now on."""
        self.keep(one, SendState.DUE, due_at=now, asked_at=now, tries=0, memory={})

    def fail(self, one: One, error: BlueRoomError) -> None:
        """Keep why it needs a person."""
        self.keep(one, SendState.FAILED, tries=one.tries + 1, **_told(error))

    def _put_off(self, one: One, error: TryLater, now: datetime) -> None:
        if now - one.asked_at > self.patience:
            self.fail(one, NetworkSilent())
            return
        wait_s = error.retry_after_s or min(WAIT_LIMIT_S, 2 ** (one.tries + 1))
        due_at = now + timedelta(seconds=wait_s)
        self.keep(one, SendState.DUE, tries=one.tries + 1, due_at=due_at, **_told(error))

    def _all(self) -> QuerySet[One]:
        found: QuerySet[One] = self.rows._default_manager.all()
        return found

    def _read(self, id_: int) -> One:
        return self._all().select_related(*self.related).get(pk=id_)

    def _lease(self, id_: int, now: datetime) -> bool:
        """Take it for this process; False where another has it or it is not due."""
        with one_transaction():
            taken = (
                self._all()
                .filter(_is_free(now), pk=id_)
                .update(state=SendState.SENDING, leased_until=now + LEASE)
            )
            if taken:
                self.tell(self._read(id_))
        return bool(taken)

    def _extend_lease(self, one: One, composed: Composed, now: datetime) -> None:
        """A large file takes longer than most: nobody else begins meanwhile."""
        if composed.attachments:
            until = now + timedelta(seconds=reply_limit_s(composed.attachments) + SPARE_S)
            self._all().filter(pk=one.pk).update(leased_until=until)


def _is_free(now: datetime) -> Q:
    left_behind = Q(state=SendState.SENDING, leased_until__lt=now)
    return Q(state=SendState.DUE, due_at__lte=now) | left_behind


def _told(error: BlueRoomError) -> dict[str, Any]:
    return {"error_code": error.code, "error_message": str(error.message)[:400]}


async def _send(publisher: Publisher, one: Outgoing, composed: Composed) -> Sent:
    languages = one.question.session.languages
    async with _in_time(publisher, reply_limit_s(composed.attachments)):
        return await publisher.reply(
            to=target_of(one.question.post),
            text=composed.text,
            media=composed.attachments,
            card=composed.card,
            lang=languages[0] if len(languages) == 1 else "",  # where there is no doubt
            key=one.key,
            at=one.created_at,
            memory=one.memory,
        )


async def _take_back(publisher: Publisher, sent: Sent) -> None:
    async with _in_time(publisher, TAKE_BACK_LIMIT_S):
        await publisher.take_back(sent=sent)


@asynccontextmanager
async def _in_time(publisher: Publisher, limit_s: float) -> AsyncIterator[None]:
    """A context for what is asked of a publisher, which is closed at its end. Raises Unavailable
    where it took longer."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise Unavailable from error
    finally:
        await publisher.close()


def _remember(desk: Desk) -> None:
    """Keep what the connector learned, a fresh session token say."""
    if desk.account is not None:
        Account.objects.filter(pk=desk.account.pk).update(sealed=seal(desk.kept))

"""What the desk does in the background: compares questions that came when too much came, and finds
out who asked where a network's posts name their authors by id only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.transaction import on_commit

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.desk.actions import hold_for_names
from blueroom.desk.groups import compare_late
from blueroom.desk.models import Question
from blueroom.desk.search import forget_words
from blueroom.networks import interface
from blueroom.networks.interface import DescribesAuthors, Listening
from blueroom.networks.registry import networks
from blueroom.posts.models import Author, Channel, Post
from blueroom.posts.rules import clean_line
from blueroom.room.seal import unseal
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

log = logging.getLogger(__name__)
AT_ONCE = 16  # profiles asked for at a time
REST = timedelta(seconds=30)  # after a network did not answer


def compare_what_waits(*, now: datetime) -> int:
    """A round of a worker: compares some questions of each session that has any to compare."""
    waiting = Question.objects.filter(to_compare=True).order_by()
    sessions = list(waiting.values_list("session_id", flat=True).distinct())
    return sum(compare_late(session_id=session_id, now=now) for session_id in sessions)


class DescribeAskers:
    """A round of a worker: asks for the profiles of those whose questions wait, newest first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._not_before: dict[str, datetime] = {}

    def __call__(self) -> int:
        moment = self._now()
        return sum(
            self._describe(channel, moment)
            for channel in _channels_with_nameless_askers()
            if self._not_before.get(channel.network, moment) <= moment
        )

    def _describe(self, channel: Channel, moment: datetime) -> int:
        source = _source(channel)
        if not isinstance(source, DescribesAuthors):
            return 0
        askers = list(_nameless(channel)[:AT_ONCE])
        found = asyncio.run(_ask(source, askers))
        if any(isinstance(answer, TryLater) for _, answer in found):
            self._not_before[channel.network] = moment + REST
        answered = [pair for pair in found if not isinstance(pair[1], TryLater)]
        keep_descriptions(session_id=channel.session_id, found=answered, now=moment)
        return len(answered)


def _nameless(channel: Channel) -> Iterable[Author]:
    return Author.objects.filter(
        network=channel.network,
        name="",
        handle="",
        described_at=None,
        erased_at=None,
        posts__question__session_id=channel.session_id,
        posts__question__withdrawn_at=None,
    ).order_by("-id")


def _channels_with_nameless_askers() -> list[Channel]:
    able = [slug for slug, network in networks().items() if network.account_fields]
    channels = Channel.objects.filter(network__in=able, is_enabled=True, session__closed_at=None)
    return [
        channel
        for channel in channels.select_related("session", "account")
        if _nameless(channel).exists()
    ]


def _source(channel: Channel) -> interface.Source | None:
    fields = unseal(channel.account.sealed).fields if channel.account else {}
    listening = Listening(
        session=channel.session.slug,
        tags=channel.session.hashtags,
        fields=fields | channel.fields,
    )
    return networks()[channel.network].source(listening)


Described = tuple[Author, interface.Author | BlueRoomError]


async def _ask(source: DescribesAuthors, authors: list[Author]) -> list[Described]:
    async def ask(author: Author) -> Described:
        try:
            return author, await source.describe(interface.Author(id=author.remote_id))
        except BlueRoomError as error:
            log.info("an author of %s could not be described: %s", author.network, error.code)
            return author, error

    return list(await asyncio.gather(*(ask(author) for author in authors)))


def keep_descriptions(*, session_id: int, found: list[Described], now: datetime) -> None:
    """Keep who the authors are, and show it; who cannot be described is not asked for again."""
    with one_transaction():
        for author, answer in found:
            author.described_at = now
            if isinstance(answer, interface.Author):
                author.name = clean_line(answer.name)
                author.handle = clean_line(answer.handle)
            author.save(update_fields=["name", "handle", "described_at"])
        authors = [author for author, _ in found]
        posts = Post.objects.filter(session_id=session_id, author__in=authors)
        forget_words(session_id, posts.values_list("pk", flat=True))
        ids = [author.pk for author in authors]
        hold_for_names(session_id=session_id, author_ids=ids, now=now)
        asked = Question.objects.filter(session_id=session_id, post__author__in=authors)
        changed(
            session_id,
            questions=list(asked.values_list("pk", flat=True)),
            at_once=True,
            when=on_commit,
        )

"""The house's order of a list: what to look at first, and why; asks the room `grouping`.

It is made when a desk asks for it, at most every ten seconds for each list, whoever asks. Where
nobody does it costs nothing, and it never writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from django.db.models import Max, QuerySet

from blueroom.desk import themes
from blueroom.desk.calm import Calmly
from blueroom.desk.models import Question, QuestionState
from blueroom.grouping.ranking import Candidate, ReasonCode, rank
from blueroom.grouping.reading import read, words_ignored
from blueroom.grouping.vectors import DIMENSIONS, Vectors, vectors_of
from blueroom.room.models import Session

State = QuestionState
RANKED = (State.WAITING, State.APPROVED)  # the lists that have such an order
MOST_RANKED = 5_000  # the newest of a list; 2 kB of memory each
MOST_ANSWERED = 300  # the newest: what is like them is nothing new
PAGE = "page"  # the public votes on our own page

CountVoters = Callable[[int], int]


class HouseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of questions, the first to look at first. `reasons` are those that occur, weightiest
    first, and `why` says for each id which of them, by its place. `version` is another one
    whenever anything else is."""

    version: str
    ids: list[int]
    reasons: list[list[ReasonCode]]
    why: list[int]


def _nobody_votes(session_id: int) -> int:
    return 0


_count_voters: CountVoters = _nobody_votes


def voters_by(count: CountVoters) -> None:
    """Set who knows how many people voted in a session: the room of the audience."""
    global _count_voters
    _count_voters = count


class _List:
    """One list of one session, with the vectors of its questions."""

    def __init__(self) -> None:
        self._vectors: dict[int, tuple[str, Vectors]] = {}

    def rank(self, session: Session, state: QuestionState, now: datetime) -> HouseOrder:
        """Put it in order as the database has it."""
        rows = list(_lines(session, state)[:MOST_RANKED].values_list(*_COLUMNS))
        answered = _answered(session)
        texts = {row[0]: (row[1], row[2]) for row in rows}
        ignored = words_ignored([session.guest.name, *session.hashtags])
        vectors = self._read(texts | answered, ignored)
        last_asked = _last_asked(session, state)
        about = themes.sessions.of(session, now).key_of()
        positions = rank(
            [
                _candidate(
                    row,
                    last_asked.get(row[0]),
                    about.get(row[0], ""),
                    takes_votes=session.takes_votes,
                )
                for row in rows
            ],
            vectors=_stacked(vectors, texts),
            answered=_stacked(vectors, answered),
            voters={PAGE: _count_voters(session.pk)} if session.takes_votes else {},
            now=now,
        )
        kinds: dict[tuple[ReasonCode, ...], int] = {}
        why = [kinds.setdefault(each.reasons, len(kinds)) for each in positions]
        ids = [int(each.key) for each in positions]
        reasons = [list(kind) for kind in kinds]
        version = blake2b(msgspec.json.encode((ids, reasons, why)), digest_size=8).hexdigest()
        return HouseOrder(version=version, ids=ids, reasons=reasons, why=why)

    def _read(
        self, texts: Mapping[int, tuple[str, str]], ignored: frozenset[str]
    ) -> dict[int, tuple[str, Vectors]]:
        """The vectors of these, by id; those that were read before are kept, others forgotten."""
        known = {id_: one for id_, one in self._vectors.items() if id_ in texts}
        new = [id_ for id_, (text, _) in texts.items() if known.get(id_, ("",))[0] != text]
        found = vectors_of([read(*texts[id_], ignored=ignored) for id_ in new])
        # Copies: a row would keep all that it was read with.
        known |= {
            id_: (texts[id_][0], vector.copy()) for id_, vector in zip(new, found, strict=True)
        }
        self._vectors = known
        return known


class Orders:
    """The lists that were asked for last, in this process."""

    def __init__(self) -> None:
        self._lists = Calmly[tuple[int, QuestionState], _List, HouseOrder]()

    def of(self, session: Session, state: QuestionState, now: datetime) -> HouseOrder:
        """The order of a list, ten seconds old at most; while another thread makes a newer one,
        the last one."""
        key = (session.pk, state)
        return self._lists.of(key, _List, lambda one: one.rank(session, state, now), now=now)


orders = Orders()

_COLUMNS = (
    "id",
    "text",
    "language",
    "askers",
    "votes",
    "published_at",
    "proposal_id",
    "post__author_id",
    "post__author__followers",
    "post__location__level",
    "post__location__place",
)


def _lines(session: Session, state: QuestionState) -> QuerySet[Question]:
    found = Question.objects.filter(session=session, state=state, withdrawn_at=None)
    return found.order_by("-id")


def _candidate(
    row: tuple[Any, ...], last_asked: datetime | None, theme: str, *, takes_votes: bool
) -> Candidate:
    of = dict(zip(_COLUMNS, row, strict=True))
    language, _, _ = of["language"].partition("-")
    return Candidate(
        key=of["id"],
        asked_at=max(of["published_at"], last_asked or of["published_at"]),
        askers=of["askers"],
        # What was voted before votes were turned off weighs nothing: what came since has none.
        votes={PAGE: of["votes"]} if takes_votes and of["votes"] else {},
        author=str(of["post__author_id"]),
        followers=of["post__author__followers"],
        language=language.lower(),
        # What may be of one group is of one theme, whatever it is about.
        theme=theme or str(of["proposal_id"] or of["id"]),
        # A country would be everybody's place.
        place=of["post__location__place"] or "" if of["post__location__level"] == "city" else "",
    )


def _last_asked(session: Session, state: QuestionState) -> dict[int, datetime]:
    """When each group of a list was asked last, by its head."""
    members = Question.objects.filter(
        head__session=session, head__state=state, head__askers__gt=1, withdrawn_at=None
    )
    found = members.order_by().values_list("head_id").annotate(Max("published_at"))
    return dict(found)


def _answered(session: Session) -> dict[int, tuple[str, str]]:
    found = _lines(session, State.ANSWERED)[:MOST_ANSWERED].values_list("id", "text", "language")
    return {id_: (text, language) for id_, text, language in found}


def _stacked(vectors: Mapping[int, tuple[str, Vectors]], ids: Iterable[int]) -> Vectors:
    rows = [vectors[id_][1] for id_ in ids]
    return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

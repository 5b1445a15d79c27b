"""The order in which texts are drawn: each as often as it should, none twice soon."""

from __future__ import annotations

from typing import NamedTuple

from blueroom.networks.rehearsal.audience import Line, LineKind, read_lines
from blueroom.networks.rehearsal.chance import chance
from blueroom.networks.rehearsal.options import Kind, Language, Options
from blueroom.networks.rehearsal.schedule import BLOCK
from blueroom.networks.rehearsal.wording import with_guest

FIRST_LANGUAGE_SHARE = 0.6
POPULAR = 8  # reworded questions that many ask: each of their wordings comes three times as often
ORDERS_KEPT = 64


class Entry(NamedTuple):
    """A text in its deck: its number there, its line, and which of its copies this is."""

    number: int
    line: Line
    text: str
    copy: int
    copies: int


class Decks:
    """A deck of texts for each kind and language, shuffled anew whenever it is used up."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._decks: dict[tuple[LineKind, Language], list[Entry]] = {}
        self._orders: dict[tuple[LineKind, Language, int], list[Entry]] = {}

    def deck(self, kind: LineKind, language: Language) -> list[Entry]:
        """All texts of that kind and language which suit the guest, in the order of the files."""
        deck = self._decks.get((kind, language))
        if deck is None:
            deck = self._decks[kind, language] = _deck(self._options, kind, language)
        return deck

    def draw(self, kind: LineKind, language: Language, ordinal: int) -> tuple[Entry, int]:
        """The entry at that place of the endless deck, and how often its text came before."""
        cycle, place = divmod(ordinal, len(self.deck(kind, language)))
        entry = self._order(kind, language, cycle)[place]
        return entry, cycle * entry.copies + entry.copy

    def _order(self, kind: LineKind, language: Language, cycle: int) -> list[Entry]:
        key = (kind, language, cycle)
        order = self._orders.get(key)
        if order is None:
            if len(self._orders) > ORDERS_KEPT:
                self._orders.clear()
            order = self._orders[key] = self.deck(kind, language).copy()
            chance(self._options.seed, kind, language, cycle).shuffle(order)
        return order


def posts_of_each_slot(options: Options) -> dict[tuple[Kind, Language], int]:
    """How many of a block's 500 posts are of each kind and language; the largest rests round up."""
    total = sum(options.mix.values())
    share = 1.0 if len(options.languages) == 1 else FIRST_LANGUAGE_SHARE
    exact = {
        (kind, language): BLOCK * weight / total * (share if place == 0 else 1 - share)
        for kind, weight in options.mix.items()
        for place, language in enumerate(options.languages)
    }
    counts = {slot: int(count) for slot, count in exact.items()}
    by_rest = sorted(exact, key=lambda slot: counts[slot] - exact[slot])
    for slot in by_rest[: BLOCK - sum(counts.values())]:
        counts[slot] += 1
    return counts


def _deck(options: Options, kind: LineKind, language: Language) -> list[Entry]:
    """The texts of one kind and language that suit the guest, those that many ask several times."""
    lines = [
        line
        for line in read_lines()
        if line.kind == kind and line.language == language and line.guest in (None, options.guest)
    ]
    groups = list(dict.fromkeys(line.group for line in lines if not line.group[-1:].isdigit()))
    chance(options.seed, "popular").shuffle(groups)
    popular = set(groups[:POPULAR]) - {""}
    deck: list[Entry] = []
    for number, line in enumerate(lines):
        copies = 3 if line.group in popular else 1
        text = with_guest(line.text, options)
        deck.extend(Entry(number, line, text, copy, copies) for copy in range(copies))
    return deck

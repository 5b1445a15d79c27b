"""Makes the posts: number n of a rehearsal is always the same, whatever was asked for before it.

They are made in blocks of 500. Everything in a block comes from the seed and the block's number,
so a resume makes one block anew and goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from blueroom.networks.interface import Post
from blueroom.networks.rehearsal.audience import Line, LineKind
from blueroom.networks.rehearsal.chance import chance
from blueroom.networks.rehearsal.decks import Decks, Entry, posts_of_each_slot
from blueroom.networks.rehearsal.options import Kind, Language, Options
from blueroom.networks.rehearsal.people import CROWD, Crowd, Person
from blueroom.networks.rehearsal.schedule import BLOCK, Schedule
from blueroom.networks.rehearsal.wording import Wording, with_numbers

NETWORK = "rehearsal"
HOSTILE_EDITS = 0.25  # edits that turn a harmless post into an insult or spam
WITH_POINT = 0.12  # posts that carry a point, of those whose author has a town
RUN = 18  # posts in a flood, at most
DRESSED = ("question", "message")


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """The truth about one post.

    `number` is its place in the rehearsal. `group` names the question it asks, or the flood it
    belongs to. `of` is the number of the post that it answers, edits or deletes.
    """

    number: int
    happening: Literal["post", "reply", "edit", "deletion"]
    kind: LineKind
    group: str
    theme: str
    language: Language
    of: int | None = None
    has_rude_name: bool = False


class Block(NamedTuple):
    """500 posts in order, when each of them is due, and the truth about them."""

    posts: list[Post]
    due_at: list[datetime]
    labels: list[Label]


class Rehearsed(NamedTuple):
    """A post of the block that a later one may answer, repeat, edit or delete."""

    at: int
    entry: Entry


class Posts:
    """All posts of one rehearsal."""

    def __init__(self, options: Options, *, start: datetime, collecting_s: float) -> None:
        self.options = options
        self.start = start
        self.schedule = Schedule(options, collecting_s=collecting_s)
        self.crowd = Crowd(options.seed)
        self.counts = posts_of_each_slot(options)
        self.decks = Decks(options)
        self.wordings = {language: Wording(options, language) for language in options.languages}
        self._made: tuple[int, Block] | None = None

    def block(self, number: int) -> Block:
        """Posts number 500 x `number` and the 499 after it."""
        if self._made is None or self._made[0] != number:
            self._made = (number, _Maker(self, number).make())
        return self._made[1]


class _Maker:
    """Makes one block: what it has in hand while it goes from its first post to its last."""

    def __init__(self, posts: Posts, number: int) -> None:
        self._all = posts
        self._options = posts.options
        self._number = number
        self._first = number * BLOCK
        self._rng = chance(posts.options.seed, "posts", number)
        self._prefix = f"{NETWORK}:{posts.options.seed}:"
        self._used: dict[tuple[Kind, Language], int] = {}
        self._alive: list[Rehearsed] = []
        self._asked: list[Rehearsed] = []
        self._posts: list[Post] = []
        self._labels: list[Label] = []

    def make(self) -> Block:
        offsets = self._all.schedule.offsets_s(self._number)
        start = self._all.start
        self._due_at = [start + timedelta(seconds=offset) for offset in offsets]
        slots = [slot for slot, count in self._all.counts.items() for _ in range(count)]
        floods = [slot for slot in slots if slot[0] == "flood"]
        slots = [slot for slot in slots if slot[0] != "flood"]
        self._rng.shuffle(slots)
        flood_at = self._flood_places(len(floods), len(slots))
        for place in range(len(slots) + 1):
            for length in flood_at.get(place, ()):
                self._flood(length)
            if place < len(slots):
                self._happen(*slots[place])
        return Block(self._posts, self._due_at, self._labels)

    def _flood_places(self, count: int, places: int) -> dict[int, list[int]]:
        """Where floods begin, and how long each is: they come in runs, not one by one."""
        runs: dict[int, list[int]] = {}
        while count:
            length = min(count, RUN)
            runs.setdefault(int(self._rng.random() * (places + 1)), []).append(length)
            count -= length
        return runs

    def _happen(self, kind: Kind, language: Language) -> None:
        match kind:
            case "deletion" | "edit" | "reply" if self._alive:
                self._follow(kind, language)
            case "repeat" if self._asked:
                self._repeat()
            case "deletion" | "edit" | "reply" | "repeat":
                self._write("message", language)  # nothing is there yet that it could be about
            case _:
                self._write(kind, language)

    def _follow(self, kind: Literal["deletion", "edit", "reply"], language: Language) -> None:
        if kind == "deletion":
            self._delete()
        elif kind == "edit":
            self._edit()
        else:
            self._reply(language)

    def _write(self, kind: LineKind, language: Language) -> None:
        rng = self._rng
        person = self._all.crowd.someone(language, rng)
        entry, turn = self._draw(kind, language)
        text = self._say(entry, turn, person)
        rehearsed = Rehearsed(len(self._posts), entry)
        self._alive.append(rehearsed)
        if kind == "question":
            self._asked.append(rehearsed)
        self._post(text, entry.line, person)

    def _draw(self, kind: LineKind, language: Language) -> tuple[Entry, int]:
        used = self._used.get((kind, language), 0)
        self._used[kind, language] = used + 1
        ordinal = self._number * max(1, self._all.counts.get((kind, language), 0)) + used
        return self._all.decks.draw(kind, language, ordinal)

    def _say(self, entry: Entry, turn: int, person: Person) -> str:
        line = entry.line
        wording = self._all.wordings[line.language]
        text = entry.text
        if line.kind in DRESSED:
            town = person.town.name if person.town else ""
            text = wording.dress(text, line=line, number=entry.number, turn=turn, town=town)
        elif "{n" in text:
            return with_numbers(text, self._rng)
        return wording.type(text, self._rng)

    def _post(self, text: str, line: Line, person: Person, *, of: int | None = None) -> None:
        rng = self._rng
        at = len(self._posts)
        lat = lon = None
        if person.town is not None and rng.random() < WITH_POINT:
            lat = round(person.town.lat + 0.08 * (rng.random() - 0.5), 3)
            lon = round(person.town.lon + 0.08 * (rng.random() - 0.5), 3)
        self._posts.append(
            Post(
                network=NETWORK,
                id=f"{self._prefix}{self._first + at}",
                published_at=self._due_at[at],
                author=person.author,
                text=text,
                version="1",
                in_reply_to="" if of is None else f"{self._prefix}{of}",
                lang=line.language if rng.random() < 0.8 else "",
                lat=lat,
                lon=lon,
            )
        )
        self._label(line, "post" if of is None else "reply", of=of, is_rude=person.has_rude_name)

    def _label(
        self,
        line: Line,
        happening: Literal["post", "reply", "edit", "deletion"],
        *,
        of: int | None = None,
        is_rude: bool = False,
    ) -> None:
        self._labels.append(
            Label(
                number=self._first + len(self._labels),
                happening=happening,
                kind=line.kind,
                group=line.group,
                theme=line.theme,
                language=line.language,
                of=of,
                has_rude_name=is_rude,
            )
        )

    def _reply(self, language: Language) -> None:
        to = self._alive[int(self._rng.random() * len(self._alive))]
        person = self._all.crowd.someone(language, self._rng)
        entry, turn = self._draw("reply", language)
        text = self._say(entry, turn, person)
        self._post(text, entry.line, person, of=self._first + to.at)

    def _repeat(self) -> None:
        entry = self._asked[int(self._rng.random() * len(self._asked))].entry
        person = self._all.crowd.someone(entry.line.language, self._rng)
        self._alive.append(Rehearsed(len(self._posts), entry))
        self._post(entry.text, entry.line, person)

    def _edit(self) -> None:
        rehearsed = self._take()
        line = rehearsed.entry.line
        before = self._posts[rehearsed.at]
        if self._rng.random() < HOSTILE_EDITS:
            entry, _ = self._draw(("insult", "spam")[rehearsed.at % 2], line.language)
            line, text = entry.line, with_numbers(entry.text, self._rng)
        else:
            text = f"{before.text} ({'corrigé' if line.language == 'fr' else 'edited'})"
        self._posts.append(msgspec.structs.replace(before, text=text, version="2"))
        is_rude = self._labels[rehearsed.at].has_rude_name
        self._label(line, "edit", of=self._first + rehearsed.at, is_rude=is_rude)

    def _delete(self) -> None:
        rehearsed = self._take()
        post_id, at = self._posts[rehearsed.at].id, self._due_at[len(self._posts)]
        self._posts.append(Post(network=NETWORK, id=post_id, published_at=at, deleted=True))
        self._label(rehearsed.entry.line, "deletion", of=self._first + rehearsed.at)

    def _take(self) -> Rehearsed:
        """One of the block's posts, that nothing else will happen to."""
        place = int(self._rng.random() * len(self._alive))
        self._alive[place], self._alive[-1] = self._alive[-1], self._alive[place]
        return self._alive.pop()

    def _flood(self, length: int) -> None:
        """One author who writes again and again, or one text from many authors."""
        rng = self._rng
        languages = self._options.languages
        language = languages[int(rng.random() * len(languages))]
        deck = self._all.decks.deck("flood", language)
        group = f"flood-{self._first + len(self._posts)}"
        author = self._all.crowd.person(language, int(rng.random() * CROWD))
        is_one_author = rng.random() < 0.5
        texts = [e for e in deck if (e.line.theme == "one_author") == is_one_author]
        said = texts[int(rng.random() * len(texts))]
        for turn in range(length):
            entry = texts[turn % len(texts)] if is_one_author and turn % 3 == 2 else said
            person = author if is_one_author else self._all.crowd.someone(language, rng)
            text = entry.text + "!" * (turn % 3) if is_one_author else entry.text
            self._post(text, entry.line, person)
            self._labels[-1] = msgspec.structs.replace(self._labels[-1], group=group)

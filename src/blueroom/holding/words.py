"""The words and patterns of the files in `words/`, a room's own, and what is allowed."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Literal, TypeVar, get_args

from blueroom.holding.errors import UnreadableWords
from blueroom.holding.letters import fold, squeeze

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("fr", "en")
GAP = r"(?:\S+ ){0,5}?"  # what ".." stands for
WORD = re.compile(r"[a-z0-9]+")
MOST_NAMES = 20_000
Looked = TypeVar("Looked")

Code = Literal[
    "insult", "hate", "threat", "sexual", "profanity", "spam", "link", "phone", "email", "address",
    "iban", "card", "identity", "room_word", "flood", "same_text",
]  # fmt: skip
Severity = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class Term:
    """What a word or a pattern means: 3 holds always, 2 normally, 1 only when strict."""

    code: Code
    severity: Severity


@dataclass(frozen=True)
class Pattern:
    """Several words in a row, to be looked for in a tagged text (see `tagged`)."""

    term: Term
    written: str
    search_written: str
    needs: tuple[frozenset[str], ...]  # one word of each must be there

    def may_be_in(self, said: Set[str]) -> bool:
        """Whether it pays to search a text of these words."""
        return not any(need.isdisjoint(said) for need in self.needs)

    @cached_property
    def search(self) -> re.Pattern[str]:
        """Compiled when first needed: of some thousands an evening meets a few hundred."""
        return re.compile(self.search_written)


@dataclass
class Lexicon:
    """Everything that is looked for in texts of one language."""

    terms: dict[str, Term] = field(default_factory=dict)
    patterns: dict[str, list[Pattern]] = field(default_factory=dict)  # by a word they need
    classes: dict[str, str] = field(default_factory=dict)  # word: "/group/vile"
    known: set[str] = field(default_factory=set)  # what odd spellings are read as
    letter_phrases: set[str] = field(default_factory=set)  # two words, as in "f u c k o f f"
    squeezed: dict[str, list[str]] = field(default_factory=dict)
    starred: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    read_as: dict[str, str] = field(default_factory=dict)  # odd spellings met before

    def __post_init__(self) -> None:
        self.triggers = frozenset(self.terms) | frozenset(self.patterns)

    def may_say(self, said: Set[str]) -> bool:
        """Whether a text of these words may have anything to find."""
        for word in self.triggers & said:
            if word in self.terms:
                return True
            if any(pattern.may_be_in(said) for pattern in self.patterns[word]):
                return True
        return False

    def tagged(self, words: Iterable[str]) -> str:
        """The words with their classes, each between spaces: ` femmes/group dehors `."""
        classes = self.classes
        return f" {' '.join(word + classes.get(word, '') for word in words)} "


@dataclass(frozen=True)
class Section:
    """A heading of a file with what stands under it."""

    kind: str  # a code, "class", "common", "inside", "innocent"
    name: str  # of the class
    severity: Severity
    items: tuple[str, ...]


class Words:
    """What a room looks for: the house's lists, its own words, and the domains it lets through."""

    def __init__(
        self,
        *,
        own: Sequence[str] = (),
        ignored: Sequence[str] = (),
        domains: Sequence[str] = (),
    ) -> None:
        """`own` words or phrases always hold, `ignored` ones never do; links to `domains` pass."""
        self.domains = frozenset(domain.lower().removeprefix("www.") for domain in domains)
        self._own = tuple(filter(None, map(_plain, own)))
        self._remembered: OrderedDict[str, object] = OrderedDict()
        self._lexicons = {language: self._build(language) for language in (*LANGUAGES, "")}
        self.inside = _inside(self._lexicons[""])
        self.innocent = re.compile(_trie_search(word for word in _innocent() if " " not in word))
        phrases = [phrase for phrase in sorted(_innocent()) if " " in phrase]
        self.innocent_phrases = _by_first_word([*phrases, *map(_plain, ignored)])

    def lexicon(self, language: str) -> Lexicon:
        """What to look for in a text of this language; any other language gets what is common."""
        return self._lexicons.get(language, self._lexicons[""])

    def remembered(self, name: str, look: Callable[[str, Words], Looked]) -> Looked:
        """What `look` finds in a name; the last names met are not looked at again."""
        found = self._remembered.get(name)
        if found is None:
            self._remembered[name] = found = look(name, self)
            if len(self._remembered) > MOST_NAMES:
                self._remembered.popitem(last=False)
        return found  # type: ignore[return-value]

    def _build(self, language: str) -> Lexicon:
        sections = [(own, section) for own in LANGUAGES for section in read_sections(own)]
        sections.append((language, Section("room_word", "", 3, self._own)))
        return _Builder(language, sections).lexicon


@cache
def read_sections(language: str) -> tuple[Section, ...]:
    """The sections of one language's file, in order.

    Raises:
        UnreadableWords: a line is not as the README says.
    """
    sections: list[Section] = []
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sections.append(_heading(line, language))
        elif line.strip() and not line.startswith("#"):
            if not sections:
                raise UnreadableWords(language=language, line=line)
            items = tuple(item.strip() for item in line.split(",") if item.strip())
            last = sections[-1]
            sections[-1] = Section(last.kind, last.name, last.severity, (*last.items, *items))
    return tuple(sections)


def _heading(line: str, language: str) -> Section:
    match line.strip("[] ").split():
        case ["class", name]:
            return Section("class", name, 1, ())
        case ["common" | "inside" | "innocent" as kind]:
            return Section(kind, "", 2, ())
        case [code, ("1" | "2" | "3") as severity] if code in get_args(Code):
            return Section(code, "", {"1": 1, "2": 2, "3": 3}[severity], ())  # type: ignore[arg-type]
    raise UnreadableWords(language=language, line=line)


def _plain(written: str) -> str:
    return " ".join(WORD.findall(fold(written)))


def spellings(written: str) -> list[str]:
    """The words that `base/ending/ending` stands for, folded; with spaces where it has several."""
    base, *endings = written.replace("_", " ").split("/")
    forms = [base, *(base + ending for ending in endings)]
    return [_plain(form) for form in forms]


class _Builder:
    """Puts the sections together for one language."""

    def __init__(self, language: str, sections: Sequence[tuple[str, Section]]) -> None:
        self.language = language
        self.lexicon = Lexicon()
        self.members: dict[str, dict[str, None]] = {}  # class: words, in order
        self.common = {word for _, section in sections if section.kind == "common"
                       for item in section.items for word in spellings(item)}  # fmt: skip
        for own, section in sections:
            if section.kind == "class":
                self._gather(section.name, own, section.items)
            elif section.kind in ("insult", "hate"):
                self._gather(section.kind, own, section.items)
        for own, section in sections:
            if section.kind in get_args(Code):
                term = Term(section.kind, section.severity)  # type: ignore[arg-type]
                for item in section.items:
                    self._add(item, own, term)
        self._finish()

    def _gather(self, name: str, own: str, items: Sequence[str]) -> None:
        members = self.members.setdefault(name, {})
        for item in items:
            if not _is_pattern(item) and self._speaks(item, own):
                members |= dict.fromkeys(spellings(item.lstrip("~")))

    def _speaks(self, item: str, own: str) -> bool:
        return not item.startswith("~") or self.language == own

    def _add(self, item: str, own: str, term: Term) -> None:
        if not self._speaks(item, own):
            return
        item = item.lstrip("~")
        words = spellings(item) if not _is_pattern(item) else []
        if re.fullmatch(r"<\w+>", item):
            words = list(self.members[item.strip("<>")])
        for word in [word for word in words if " " not in word]:
            held = self.lexicon.terms.get(word)
            if held is None or held.severity < term.severity:
                self.lexicon.terms[word] = term
        if not words:
            self._add_pattern(item, term)
        for several in [word for word in words if " " in word]:
            self._add_pattern(several, term)

    def _add_pattern(self, item: str, term: Term) -> None:
        slots = [_Slot(written, self.members, self.common) for written in item.split()]
        needed = min((slot for slot in slots if slot.needed), key=self._frequency, default=None)
        if needed is None:
            raise UnreadableWords(language=self.language, line=item)
        needs = tuple(frozenset(slot.needed) for slot in slots if slot.needed)
        search = r"(?<= )" + "".join(slot.search for slot in slots)
        pattern = Pattern(term, item, search, needs)
        if len(slots) == 2 and all(len(slot.words) == 1 for slot in slots):
            self.lexicon.letter_phrases.add(" ".join(spellings(item)))
        for word in needed.needed:
            self.lexicon.patterns.setdefault(word, []).append(pattern)
        for slot in slots:
            self.lexicon.known |= {word for word in slot.words if len(word) > 2}

    def _frequency(self, slot: _Slot) -> float:
        """Roughly how often one of a slot's words is met: a few common ones outweigh many rare."""
        return sum(self._weight(word) for word in slot.needed)

    def _weight(self, word: str) -> float:
        if word not in self.common:
            return 0.002
        return 1.0 if len(word) > 3 else 4.0

    def _finish(self) -> None:
        lexicon = self.lexicon
        for name, members in self.members.items():
            for word in members:
                lexicon.classes[word] = lexicon.classes.get(word, "") + f"/{name}"
        lexicon.known |= {word for word, term in lexicon.terms.items() if word not in self.common}
        for word in sorted(
            lexicon.known, key=lambda word: (-_severity(lexicon, word), -len(word), word)
        ):
            lexicon.squeezed.setdefault(squeeze(word), []).append(word)
        # "f***" is the usual word before it is a rare one
        for word in sorted(lexicon.terms, key=partial(_rarity, lexicon)):
            lexicon.starred.setdefault((word[0], len(word)), []).append(word)
        lexicon.triggers = frozenset(lexicon.terms) | frozenset(lexicon.patterns)


class _Slot:
    """One place in a pattern: its alternatives, whether it may be left out, its search."""

    def __init__(
        self, written: str, members: Mapping[str, Mapping[str, None]], common: Set[str]
    ) -> None:
        optional = written.endswith("?")
        self.words: set[str] = set()
        self.needed: set[str] = set()
        if written == "..":
            self.search = GAP
            return
        searches = []
        prefixed = False
        for alternative in written.removesuffix("?").split("|"):
            if alternative.endswith("*"):
                prefixed = True
                searches.append(rf"{spellings(alternative)[0]}\S* ")
            elif alternative.startswith("<"):
                name = alternative.strip("<>")
                searches.append(rf"[^\s/]+\S*/{name}(?![a-z])\S* ")
                self.words |= set(members[name])
                searches += [_literal(word) for word in members[name] if " " in word]
            else:
                forms = spellings(alternative)
                self.words |= set(forms)
                searches += [_literal(form) for form in forms if form]
        if not optional and not prefixed:
            # of several words in one place the most telling one
            self.needed = {
                min(word.split(), key=lambda part: (part in common, -len(part)))
                for word in self.words
                if word
            }
        self.words = {part for word in self.words for part in word.split()}
        self.search = f"(?:{'|'.join(searches)})" + ("?" if optional else "")


def _literal(words: str) -> str:
    return "".join(rf"{word}(?:/\S*)? " for word in words.split())


def _is_pattern(item: str) -> bool:
    return bool(re.search(r"[\s|<?*]", item))


def _severity(lexicon: Lexicon, word: str) -> int:
    term = lexicon.terms.get(word)
    return term.severity if term else 0


def _rarity(lexicon: Lexicon, word: str) -> tuple[bool, int, str]:
    term = lexicon.terms[word]
    return term.code != "profanity" or term.severity < 2, -term.severity, word


def _special(kind: str) -> Iterator[str]:
    for language in LANGUAGES:
        for section in read_sections(language):
            if section.kind == kind:
                for item in section.items:
                    yield from spellings(item)


@cache
def _innocent() -> frozenset[str]:
    return frozenset(_special("innocent"))


def _by_first_word(phrases: Iterable[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Phrases in which no word is rude, by their first word."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for phrase in phrases:
        first, *others = phrase.split() or [""]
        found[first] = (*found.get(first, ()), (first, *others))
    return found


def _inside(lexicon: Lexicon) -> re.Pattern[str]:
    """Finds the words that are rude wherever they stand inside a name."""
    long = {
        word
        for word, term in lexicon.terms.items()
        if len(word) > 5 and term.severity > 1 and term.code in ("insult", "hate", "profanity")
    }
    return re.compile(_trie_search(long | set(_special("inside"))))


def _trie_search(words: Iterable[str]) -> str:
    """One search for many words, without trying each at every letter."""
    trie: dict[str, dict] = {}  # type: ignore[type-arg]
    for word in words:
        node = trie
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}

    def written(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
        branches = [letter + written(node[letter]) for letter in sorted(node) if letter]
        if not branches:
            return ""
        search = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
        return f"(?:{search})?" if "" in node else search

    return written(trie)

"""Reads a question: what it says in plain words, and which of them tell it from other questions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from blueroom.grouping.words import LANGUAGES, first_of_two, general_stems, ideas, stem, vocabulary
from blueroom.holding.letters import fold

MOST_CHARACTERS = 1_000  # of a text are read
MOST_TERMS = 40
LIGHT = 0.3
GENERAL = 0.5  # counts by half for a proposal, and in full before a machine merges
ASKS_WITHIN = 2  # words of the beginning or the end
ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MARKED = re.compile(r"[#＃@]|://|www\.", re.IGNORECASE)
TAG = re.compile(r"(?<!\w)[#＃@](\w+)(?:[.@-]\w+)*")
WITHIN_NAME = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")  # GuerreEnUkraine
END_MARK = re.compile(r"[.?!…？！؟]")
WORD = re.compile(r"[^\W_]+")
NAME = re.compile(r"(?<=[\w,;:'’] )[A-ZÀ-Þ][^\W_]+|(?<=[’'])[A-ZÀ-Þ][^\W_]+")
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
OTHERS = {
    "fr": {"je": "me", "mon": "me", "ma": "me", "mes": "me", "nous": "us", "notre": "us",
           "nos": "us", "son": "them", "sa": "them", "ses": "them", "leur": "them",
           "leurs": "them"},
    "en": {"i": "me", "my": "me", "we": "us", "our": "us", "he": "them", "she": "them",
           "they": "them", "his": "them", "her": "them", "their": "them"},
}  # fmt: skip
TENSES = {
    "fr": {"allez": "will", "vas": "will", "vont": "will", "va": "will", "etiez": "was",
           "etait": "was", "etaient": "was", "aviez": "was"},
    "en": {"will": "will", "ll": "will", "gonna": "will", "going": "will", "would": "would",
           "did": "was", "was": "was", "were": "was", "had": "was"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A word that counts, by its stem; `idea` is empty where the lexicon does not have it."""

    form: str
    idea: str
    weight: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it is compared. `plain` is the exact normalised text; `signs` is what must
    agree before a machine calls two questions one: why or when, not, who, when in time."""

    plain: str
    language: str
    terms: tuple[Term, ...]  # in their order, each once
    numbers: frozenset[str]
    names: frozenset[str]  # forms of words with a capital within a sentence
    signs: frozenset[str]
    heavy: float  # the weight of all terms


def words_ignored(names: Iterable[str]) -> frozenset[str]:
    """The words of names that tell nothing apart in a session: its guest's, its hashtags."""
    return frozenset(word for name in names for word in fold(name.lstrip("#@")).split())


def read(text: str, language: str = "", *, ignored: Set[str] = frozenset()) -> Reading:
    """What a text asks. `ignored` are folded words that say nothing here: the guest's name, the
    session's hashtags. The language is found by its small words; `language` settles doubts."""
    written = _undressed(text[:MOST_CHARACTERS], ignored)
    folded = STRETCHED.sub(r"\1", fold(written))
    words = WORD.findall(folded)
    spoken = _language(words, language)
    words = _without_greetings(words, spoken, ignored)
    known = vocabulary(spoken)
    numbers = frozenset(
        known.numbers.get(word, word)
        for word in words
        if word in known.numbers or not word.isalpha()
    )
    terms = _terms(words, spoken, ignored)
    return Reading(
        plain=" ".join(words),
        language=spoken,
        terms=terms,
        numbers=numbers,
        names=_names(written, spoken),
        signs=_signs(words, written, spoken),
        heavy=sum(term.weight for term in terms),
    )


def _undressed(text: str, ignored: Set[str]) -> str:
    """The text without addresses, mentions that only address, and hashtags that only file it.

    Within the sentence their names stay, as words: what do you think of #Brexit?
    """
    if not MARKED.search(text):
        return text
    parts = ADDRESS.sub(" ", text).split()
    first, end = 0, len(parts)
    while first < end and not _is_said(parts[first]):
        first += 1
    while end > first and not _is_said(parts[end - 1]):
        end -= 1
    before_tags = itertools.takewhile(lambda part: not TAG.search(part), parts[end - 1 :])
    if not any(END_MARK.search(part) for part in before_tags):
        end = len(parts)  # nothing ended before the last hashtags: they are part of it
    if first == end:  # it says nothing but hashtags, so it is about them
        first = 0

    def unmark(found: re.Match[str]) -> str:
        return " " if fold(found[1]) in ignored else WITHIN_NAME.sub(" ", found[1])

    return " ".join(TAG.sub(unmark, part) for part in parts[first:end])


def _is_said(part: str) -> bool:
    """Whether there is a word that is no hashtag and no mention."""
    return bool(WORD.search(TAG.sub("", part)))


def _language(words: Sequence[str], told: str) -> str:
    """The language whose small words are most, else the one that was told ("" for none)."""
    counts = [sum(map(vocabulary(each).stop.__contains__, words)) for each in LANGUAGES]
    if counts[0] != counts[1]:
        return LANGUAGES[counts.index(max(counts))]
    return told.partition("-")[0].lower()


def _without_greetings(words: list[str], language: str, ignored: Set[str]) -> list[str]:
    """The words between what people say before and after a question."""
    idle = vocabulary(language).greeting | ignored
    first, end = 0, len(words)
    while first < end and words[first] in idle:
        first += 1
    while end > first and words[end - 1] in idle:
        end -= 1
    return words[first:end] or words


def _terms(words: Sequence[str], language: str, ignored: Set[str]) -> tuple[Term, ...]:
    stop = vocabulary(language).stop
    said = [word for word in words if word not in stop and word not in ignored]
    terms: dict[str, Term] = {}
    at = 0
    while at < len(said) and len(terms) < MOST_TERMS:
        term, at = _term(said[at], language), at + 1
        if at < len(said) and (language, term.form) in first_of_two():
            together = f"{term.form}_{stem(said[at], language)}"
            if idea := ideas().get((language, together)):
                term, at = Term(together, idea, 1.0), at + 1
        terms.setdefault(term.form, term)
    found = tuple(terms.values())
    if all(term.weight == LIGHT for term in found):
        return tuple(Term(term.form, term.idea, 1.0) for term in found)
    return found


@lru_cache(maxsize=20_000)
def _term(word: str, language: str) -> Term:
    form = stem(word, language)
    known = vocabulary(language)
    weight = LIGHT if word in known.light else GENERAL if form in general_stems(language) else 1.0
    return Term(form, ideas().get((language, form), ""), weight)


def _names(written: str, language: str) -> frozenset[str]:
    if written.isupper():
        return frozenset()
    return frozenset(stem(fold(name), language) for name in NAME.findall(written))


def _signs(words: Sequence[str], written: str, language: str) -> frozenset[str]:
    known = vocabulary(language)
    asking, others, tenses = known.asking, OTHERS.get(language, {}), TENSES.get(language, {})
    signs = set()
    for at, word in enumerate(words):
        sign = others.get(word) or tenses.get(word)
        # within a sentence they tie its parts together ("when you are home")
        if at < ASKS_WITHIN or at >= len(words) - ASKS_WITHIN:
            sign = sign or asking.get(word)
        if sign:
            signs.add(sign)
        elif word in known.negation:
            signs.add("not")
        elif language == "fr" and word.endswith(("rez", "ront")):
            signs.add("will")
    if language == "fr":
        # "ou" is "or" unless it has its accent or begins the question
        if "où" not in written.lower() and words[:1] != ["ou"]:
            signs.discard("where")
    elif language == "en" and "how" in words:
        follows = words[words.index("how") + 1 :][:1]
        signs |= {"much"} if follows in (["much"], ["many"]) else set()
    return frozenset(signs)

"""Whether a post asks something of the guest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from blueroom.language.letters import LONGEST, WORD, fold, without_names
from blueroom.language.signs import LANGUAGES, Signs, read_signs
from blueroom.language.spoken import read_language

A_MARK, LEAST = 2, 2  # points
_SENTENCE = re.compile(r"([^?!.\n]*)([?!.\n]*)")
_BETWEEN = re.compile(r"[^ a-z0-9'*_-]+")  # clauses
_QUOTE = re.compile(r"«[^«»]{3,400}»|“[^“”]{3,400}”|\"[^\"\n]{3,400}\"")
MOST_STRANGERS = 2  # names and the like, before the beginning of a clause


@dataclass
class Sentence:
    """Its words between spaces: a `$` where a clause may end, a `,` between clauses.

    `starts` are the places in `written` where a clause may begin, for each way of writing it in a
    sign: "^^" where the sentence begins, "^" where any clause does, "~" also after a name.
    """

    written: str
    words: set[str]
    starts: dict[str, list[int]]
    is_marked: bool


def asks(text: str, language: str = "") -> bool:
    """Whether the text asks something of the guest.

    `language` is what the network says (BCP 47); it counts only where the text does not tell.
    """
    text = without_names(text[:LONGEST]).lower()
    folded = fold(text)
    is_marked = "?" in folded
    words = set(WORD.findall(folded))
    # Most posts end here, at a third of the cost: whatever the language, no sign can be in them.
    if not is_marked and not any(_may_ask(words, read_signs(each)) for each in LANGUAGES):
        return False
    spoken = read_language(text, words) or language.lower().split("-")[0]
    if spoken in LANGUAGES:
        return _asks(folded, words, read_signs(spoken), is_marked=is_marked)
    if spoken:
        return is_marked
    if not words:  # letters that no list knows, or none at all
        return is_marked and any(map(str.isalpha, text))
    judged = (_asks(folded, words, read_signs(each), is_marked=is_marked) for each in LANGUAGES)
    return all(judged) if is_marked else any(judged)


def _asks(folded: str, words: set[str], signs: Signs, *, is_marked: bool) -> bool:
    if not is_marked and not _may_ask(words, signs):
        return False
    found = [
        (sentence, found_signs(sentence, signs))
        for sentence in sentences(without_quotes(folded), signs)
    ]
    return any(points >= LEAST for points in _points(found))


def _may_ask(words: set[str], signs: Signs) -> bool:
    """Whether a text of these words, without a mark, can come to enough points at all."""
    if signs.asking.isdisjoint(words):
        return False
    same = signs.same
    likely = signs.likely({same.get(word, word) for word in words})
    return sum(sign.points for sign in likely if sign.points > 0) >= LEAST


def _points(found: list[tuple[Sentence, dict[str, int]]]) -> list[int]:
    """The points of each sentence."""
    if any("spread" in names for _, names in found):
        return []
    is_addressed = any("second" in names for _, names in found)
    points: list[int] = []
    for sentence, names in found:
        if is_addressed:
            names.pop("third", None)
        answered = names.pop("answered", 0)
        if points and not sentence.is_marked:
            points[-1] += answered
        points.append(A_MARK * sentence.is_marked + sum(names.values()))
    return points


def without_quotes(text: str) -> str:
    """The text without what others said."""
    if '"' in text or "«" in text or "“" in text:
        return _QUOTE.sub(" , ", text)
    return text


def found_signs(sentence: Sentence, signs: Signs) -> dict[str, int]:
    """The names of the signs in a sentence, with their points."""
    found: dict[str, int] = {}
    written = sentence.written
    for sign in signs.likely(sentence.words):
        if sign.name in found:
            continue
        if not sign.where:
            if sign.search.search(written):
                found[sign.name] = sign.points
            continue
        for start in sentence.starts[sign.where]:
            if sign.search.match(written, start):
                found[sign.name] = sign.points
                break
    return found


def sentences(folded: str, signs: Signs) -> list[Sentence]:
    """The sentences of a folded text that have words."""
    found: list[Sentence] = []
    same = signs.same
    for body, end in _SENTENCE.findall(folded):
        is_marked = "?" in end
        clauses = [
            [same.get(word, word) for word in words]
            for clause in _BETWEEN.split(body)
            if (words := WORD.findall(clause))
        ]
        if clauses:
            found.append(_sentence(clauses, signs, is_marked))
        elif found and is_marked:
            found[-1].is_marked = True
    return found


def _sentence(clauses: list[list[str]], signs: Signs, is_marked: bool) -> Sentence:
    written = ""
    starts: dict[str, list[int]] = {"^^": [], "^": [], "~": []}
    for number, clause in enumerate(clauses):
        written += " ," if number else ""
        ends = len(clause)
        while ends > 1 and clause[ends - 1] in signs.after:
            ends -= 1
        first, strangers = len(written), 0
        for at, word in enumerate(clause):
            starts["~"].append(first)
            if not strangers:
                starts["^"].append(first)
                if not number:
                    starts["^^"].append(first)
            if word not in signs.before:
                strangers += 1
                if word in signs.known or strangers > MOST_STRANGERS:
                    break
            # A `$` stands after each word from `ends` on.
            first += len(word) + (1 if at + 1 < ends else 3)
        written += " ".join(["", *clause[: ends - 1]])
        written += "".join(f" {word} $" for word in clause[ends - 1 :])
    words = {word for clause in clauses for word in clause}
    return Sentence(written, words, starts, is_marked)

"""Why a post should wait for a person. Nothing here approves, and nothing here forgets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from blueroom.holding.letters import fold, places
from blueroom.holding.links import links
from blueroom.holding.private import private
from blueroom.holding.reading import Token, odd_words, read_words
from blueroom.holding.words import WORD, Code, Lexicon, Severity, Words

Strictness = Literal["low", "normal", "high"]
Where = Literal["text", "name", "handle", "alt"]

LEAST_SEVERITY: dict[Strictness, Severity] = {"low": 3, "normal": 2, "high": 1}
CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9]{2})|_")
TAG = re.compile(r"[#＃](\w{4,})")
EXCERPT = 80  # characters
MOST_REASONS = 12


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why to hold: a stable code, and where in what. `start` and `end` count characters."""

    code: Code
    excerpt: str = ""
    where: Where = "text"
    start: int = 0
    end: int = 0


class Finding(NamedTuple):
    """What was found in one text, how bad it is, and where."""

    code: Code
    severity: Severity
    start: int
    end: int


def reasons_to_hold(
    text: str,
    *,
    name: str = "",
    handle: str = "",
    alt_texts: Sequence[str] = (),
    language: str,
    strictness: Strictness,
    words: Words,
) -> list[Reason]:
    """Every reason to hold this post, the worst first; empty where none was found."""
    least = LEAST_SEVERITY[strictness]
    found = [
        *_reasons("text", text, findings(text, language=language, words=words), least),
        *(
            reason
            for alt in alt_texts
            for reason in _reasons("alt", alt, findings(alt, language=language, words=words), least)
        ),
    ]
    for where, written in (("name", name), ("handle", handle)):
        if written:
            found += _reasons(where, written, name_findings(written, words=words), least)  # type: ignore[arg-type]
    return found[:MOST_REASONS]


def findings(text: str, *, language: str, words: Words) -> list[Finding]:
    """Everything that may be a reason, whatever the strictness; the worst first."""
    folded = fold(text)
    lexicon = words.lexicon(language)
    plain = set(WORD.findall(folded))
    found: list[Finding] = []
    if lexicon.may_say(plain | odd_words(folded, lexicon)) or "#" in folded:
        found += _spans(text, _said(folded, lexicon, words))
    found += _spans(text, (Finding(code, 3, *span) for code, *span in private(text, folded, plain)))
    found += (Finding("link", *each) for each in links(text, plain, words.domains))
    return sorted(found, key=lambda each: -each.severity) if found else found


def name_findings(name: str, *, words: Words) -> tuple[Finding, ...]:
    """The same for a name or a handle: words run into one another, and nobody means a language."""
    return words.remembered(name, _name_findings)


def _name_findings(name: str, words: Words) -> tuple[Finding, ...]:
    whole = findings(CAMEL.sub(" ", name), language="", words=words)
    found = [
        Finding(each.code, each.severity, 0, len(name)) for each in whole if each.code != "link"
    ]
    if not found and (code := _inside(fold(name), words)):
        found.append(Finding(code, 2, 0, len(name)))
    return tuple(found)


def _inside(folded: str, words: Words) -> Code | None:
    """The code of a rude word inside a longer one, unless the longer one is innocent."""
    lexicon = words.lexicon("")
    parts = WORD.findall(folded)
    for token in read_words(" ".join([*parts, "".join(parts)]), lexicon):
        for found in words.inside.finditer(words.innocent.sub("-", token.word)):
            term = lexicon.terms.get(found[0])
            return term.code if term else "insult"
    return None


def _said(folded: str, lexicon: Lexicon, words: Words) -> Iterator[Finding]:
    """Findings of the word lists; places are in the folded text."""
    tokens = _without_innocent(read_words(folded, lexicon), words)
    said = {token.word for token in tokens}
    if "#" in folded:
        for tag in TAG.finditer(folded):
            if code := _inside(tag[1], words):
                yield Finding(code, 2, *tag.span())
    if said.isdisjoint(lexicon.triggers):
        return
    for token in tokens:
        if term := lexicon.terms.get(token.word):
            yield Finding(term.code, term.severity, token.start, token.end)
    yield from _patterns(tokens, said, lexicon)


def _without_innocent(tokens: list[Token], words: Words) -> list[Token]:
    """The same, with the words of innocent phrases ("cul de sac") left blank."""
    for at, token in enumerate(tokens):
        for phrase in words.innocent_phrases.get(token.word, ()):
            if phrase == tuple(each.word for each in tokens[at : at + len(phrase)]):
                for place in range(at, at + len(phrase)):
                    tokens[place] = tokens[place]._replace(word="-")
    return tokens


def _patterns(tokens: list[Token], said: set[str], lexicon: Lexicon) -> Iterator[Finding]:
    likely = {
        id(pattern): pattern
        for word in said & lexicon.patterns.keys()
        for pattern in lexicon.patterns[word]
        if pattern.may_be_in(said)
    }
    if not likely:
        return
    tagged = lexicon.tagged(token.word for token in tokens)
    for pattern in likely.values():
        if match := pattern.search.search(tagged):
            first = tagged.count(" ", 0, match.start()) - 1
            last = tagged.count(" ", 0, match.end()) - 2
            term = pattern.term
            yield Finding(term.code, term.severity, tokens[first].start, tokens[last].end)


def _spans(text: str, found: Iterator[Finding]) -> list[Finding]:
    """The same findings with their places in the text as it was written."""
    every = list(found)
    if not every:
        return every
    at = [*places(text), len(text)]
    return [
        Finding(each.code, each.severity, at[each.start], at[each.end - 1] + 1) for each in every
    ]


def _reasons(
    where: Where, text: str, found: Sequence[Finding], least: Severity
) -> Iterator[Reason]:
    """One reason for each code, from the worst finding."""
    told: set[Code] = set()
    for each in found:
        if each.severity >= least and each.code not in told:
            told.add(each.code)
            excerpt = text[each.start : min(each.end, each.start + EXCERPT)]
            yield Reason(
                code=each.code, excerpt=excerpt, where=where, start=each.start, end=each.end
            )

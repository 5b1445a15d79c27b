"""When a post carries one of a session's tags: in a facet, in its own list of tags, or in its text.

Tags are compared as Unicode's canonical caseless matching does (The Unicode Standard, 3.13, D145),
so that "É" is "é" however either is written, and "Guetta" is "GUETTA". Nothing else is equated:
"été" is not "ete"; a session that wants both names both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import normalize

import regex

from blueroom.networks.bluesky.wire import Record

HASHES = "#\uff03"  # and the full-width one of Japanese keyboards
TAG_FEATURE = "app.bsky.richtext.facet#tag"
# "#AskGuettaFan", "#AskGuetta-fan", "#étudiant·e" are tags of their own; "#AskGuetta?" is ours.
GOES_ON = r"(?![\w\p{M}]|[-·'\u2019]\w)"
# Not a hashtag: the end of an address ("/page#x", "a.html#x"), an HTML entity ("&#39").
BEGINS = r"(?<![\w/&])"


def fold(words: str) -> str:
    """The form in which two spellings of the same letters are equal."""
    return normalize("NFC", normalize("NFC", words).casefold())


def folded_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """A session's tags, folded, without "#", without empty ones and repetitions."""
    every = (fold(tag.strip().lstrip(HASHES)) for tag in tags)
    return tuple(dict.fromkeys(filter(None, every)))


class Tags:
    """The tags of one session, against which whole records are checked."""

    def __init__(self, tags: Sequence[str]) -> None:
        self.folded = folded_tags(tags)
        self._set = frozenset(self.folded)
        ours = "|".join(map(regex.escape, self.folded))
        self._in_text = regex.compile(f"{BEGINS}[{HASHES}](?:{ours}){GOES_ON}")

    def are_in(self, record: Record) -> bool:
        """Whether the record carries one of the tags."""
        if not self._set:
            return False
        if any(self._is_ours(tag) for tag in record.tags):
            return True
        for facet in record.facets:
            for feature in facet.features:
                if feature.type == TAG_FEATURE and self._is_ours(feature.tag):
                    return True
        return self._in_text.search(fold(record.text)) is not None

    def _is_ours(self, tag: object) -> bool:
        return isinstance(tag, str) and fold(tag.lstrip(HASHES)) in self._set

"""Finds the few raw Jetstream lines that may concern a session, without reading the others.

A network tells everything to everybody, tens to thousands of posts a second, and hardly one of
them carries our tag. So the raw lines are searched, and only those found are decoded. What is
found is a superset: whether a post really carries a tag is decided afterwards, on the decoded
record (`tags.py`). The search misses none, whatever the case, the accents, their composition or
the escapes (`\\u00e9`) it is written with: it looks for the "#" that any hashtag has, and takes the
word behind it through the very same folding. So the number of tags costs nothing.

It counts on compact JSON, as Go's encoder writes it and so Jetstream. A line that is written
otherwise is found, always: that costs time and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from blueroom.networks.bluesky.tags import fold, folded_tags

# The word behind a "#"; behind the type of a tag's facet, the rest of that facet, with the tag.
WORD = re.compile(rb'#(tag"[^}#]*|[^"# \n]*)')
IN_FACET = b'tag"'
IN_FACET_TAG = b'"tag":"'
FULL_WIDTH_HASH = "\uff03".encode()
REMEMBERED_WORDS = 50_000


class Prefilter:
    """The search for one session's tags."""

    def __init__(self, tags: Sequence[str]) -> None:
        self._tags = folded_tags(tags)
        self._ours: dict[bytes, bool] = {}  # words met before: hashtags repeat

    def lines(self, lines: list[bytes]) -> list[bytes]:
        """Those of the lines that must be decoded, in their order."""
        # All words at once, each of them once: hardly a block of lines holds one of ours.
        words = set(WORD.findall(b"\n".join(lines)))
        ours = any(map(self._is_ours, words))
        # `in` for one byte is memchr, several times faster than for a word: it goes first.
        return [
            line
            for line in lines
            if line.find(b'"operation":"create"', 0, 400) < 0  # may change a post that we have
            or b'"tags":' in line  # tags outside of the text: rare
            or (b"\xef" in line and FULL_WIDTH_HASH in line)
            or (b"\\" in line and b"\\u" in line)
            or (ours and any(map(self._is_ours, WORD.findall(line))))
        ]

    def _is_ours(self, word: bytes) -> bool:
        ours = self._ours.get(word)
        if ours is None:
            if len(self._ours) >= REMEMBERED_WORDS:
                self._ours.clear()
            ours = self._ours[word] = self._may_begin_ours(word)
        return ours

    def _may_begin_ours(self, word: bytes) -> bool:
        if word.startswith(IN_FACET):
            _, found, word = word.partition(IN_FACET_TAG)
            if not found:  # the facet's fields come in another order
                return True
            word = word.partition(b'"')[0]
        return fold(word.decode(errors="replace")).startswith(self._tags)

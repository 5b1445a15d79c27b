"""Reads a text as its words: small letters, no accents, no links, no mentions."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[a-z0-9]+")
LONGEST = 2_000  # characters that are looked at; what is asked stands before
_LINK = re.compile(r"https?://\S*|www\.\S+")
_NAME = re.compile(r"[@#＠＃][\w.-]*")
_STRETCHED = re.compile(r"([a-z])\1\1+")


class _Letters(dict[int, str]):
    """What each character is read as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code)).lower()
        kept = "".join(part for part in apart if not unicodedata.combining(part))
        self[code] = kept if kept.isascii() or kept.isalpha() else chr(code)
        return self[code]


MARKS = "?？؟⁇⁈⁉\u037e"  # the last: the Greek question mark, which looks like ";"
_LETTERS = _Letters({ord("œ"): "oe", ord("æ"): "ae", ord("’"): "'", ord("ß"): "ss"})
_LETTERS |= {ord(mark): "?" for mark in MARKS} | {ord(end): "." for end in "…！。"}


def fold(text: str) -> str:
    """The text in small letters without accents, each question mark as "?"; emoji stay."""
    text = text.lower()
    if not text.isascii():
        text = text.translate(_LETTERS)
    return _STRETCHED.sub(r"\1", text)


def without_names(text: str) -> str:
    """The text without links, mentions and hashtags, none of which says what is asked."""
    if "http" in text or "www." in text:
        text = _LINK.sub(" ", text)
    if "@" in text or "#" in text or "＃" in text or "＠" in text:
        text = _NAME.sub(" ", text)
    return text

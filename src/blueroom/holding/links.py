"""Finds links, also those that hide, to domains that the room did not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from blueroom.holding.words import Severity

TOP = (
    "com|net|org|fr|io|tv|gg|be|uk|ch|ca|de|es|it|nl|pt|pl|se|eu|info|biz|xyz|top|club|online|site|"
    "shop|store|app|dev|link|click|live|stream|ru|cn|jp|br|ly|gl|gd|co|social|fm|xxx|porn|bet|"
    "casino|icu|vip|win|page|blog|news|art|pro|tech|world|space|website|agency|lol|gift|promo"
)
WORDS_TOO = "me|la|is|in|us|so|no|to|at|be|it|ai|do|my"  # only with a path: "fini.la suite" is none
DOT = r"(?:\.|\[\.\]|\(\.\)| ?[\[(]dot[\])] ?)"
LINK = re.compile(
    r"(?<![@\w.-])(?:(?P<scheme>h(?:tt|xx)ps?)(?::|\[:\])//(?P<host>[^\s/?#]+)\S*"
    rf"|(?P<domain>(?:[a-z0-9-]{{1,63}}{DOT}){{1,6}}"
    rf"(?:(?:{TOP})(?![\w-]|\.\w)|(?:{WORDS_TOO})(?=/)))(?:[/?:#][^\s]*)?)"
)
SAID = re.compile(r"\b[a-z0-9-]{2,63} (?:dot|point) (?:com|net|org|fr|co|io)\b")
SPACED = re.compile(r"(?<!\S)(?:\S ){6,}\S(?!\S)")
HINT = re.compile(r"[./\[(](?:(?<=\w\.)[a-z]{2}|(?<=[\])]\.)[a-z]|/|\.[\])]|dot|(?<= \.) \w )")
SHORTENERS = frozenset(
    ("bit.ly", "tinyurl.com", "t.me", "wa.me", "goo.gl", "cutt.ly", "is.gd", "rb.gy", "ow.ly",
     "shorturl.at", "adf.ly", "linktr.ee", "chat.whatsapp.com", "discord.gg", "onlyfans.com")
)  # fmt: skip


def links(text: str, plain: Set[str], allowed: Set[str]) -> Iterator[tuple[Severity, int, int]]:
    """Links that were not allowed, with how bad; places are in the text. `plain`: its words."""
    small = text.lower()
    if len(small) != len(text):  # İ has a small form of two characters
        small = text
    if HINT.search(small):
        for found in LINK.finditer(small):
            if not _is_allowed(host := _host(found), allowed):
                hides = found["scheme"] in ("hxxp", "hxxps") or "[" in found[0] or "(" in found[0]
                worst = hides or host in SHORTENERS or "xn--" in host
                yield (3 if worst else 2), *found.span()
        for spaced in SPACED.finditer(small):
            if LINK.search(spaced[0].replace(" ", "")):
                yield 3, *spaced.span()
    if "dot" in plain or "point" in plain:
        for said in SAID.finditer(small):
            yield 3, *said.span()


def _host(found: re.Match[str]) -> str:
    host = re.sub(DOT, ".", found["host"] or found["domain"]).rpartition("@")[2]
    return host.partition(":")[0].rstrip(".,;!)").removeprefix("www.")


def _is_allowed(host: str, allowed: Set[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)

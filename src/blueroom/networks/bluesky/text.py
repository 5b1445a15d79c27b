"""A reply's text as Bluesky shows it: its length, and what in it is a tag, a mention or a link.

The rules are those of Bluesky's own programs,
https://github.com/bluesky-social/atproto/blob/main/packages/api/src/rich-text/detection.ts, but
for addresses without https://, which need a list of all top-level domains. Facets count UTF-8
bytes: https://docs.bsky.app/docs/advanced-guides/post-richtext.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import regex

from blueroom.networks.interface import Part

TEXT_LIMIT = 300  # graphemes, in the lexicon app.bsky.feed.post as is the next
BYTES_LIMIT = 3000
TAG_LIMIT = 64  # graphemes, in app.bsky.richtext.facet

_NO_TAG = r"\s\u00AD\u2060\u200A\u200B\u200C\u200D\u20e2"
TAG = regex.compile(
    rf"(?:^|(?<=\s))[#\uff03]((?!\ufe0f)[^{_NO_TAG}]*[^\d\p{{P}}{_NO_TAG}][^{_NO_TAG}]*)"
)
MENTION = regex.compile(r"(?:^|(?<=[\s(]))@((?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z][a-zA-Z0-9-]*)\b")
LINK = regex.compile(r"(?:^|(?<=[\s(]))https?://\S+", regex.IGNORECASE)
GRAPHEME = regex.compile(r"\X")

Found = tuple[int, int, Literal["tag", "mention", "link"], str]


def graphemes(text: str) -> int:
    """How many characters a reader counts: a flag or a family is one."""
    return sum(1 for _ in GRAPHEME.finditer(text))


def parts(text: str) -> list[Part]:
    """The text cut where something in it is more than text."""
    cut: list[Part] = []
    done = 0
    for start, end, kind, href in sorted(_found(text)):
        if start < done:
            continue
        if start > done:
            cut.append(Part(text=text[done:start]))
        cut.append(Part(text=text[start:end], kind=kind, href=href))
        done = end
    return [*cut, Part(text=text[done:])] if done < len(text) else cut


def _found(text: str) -> Iterator[Found]:
    for tag in TAG.finditer(text):
        word = regex.sub(r"\p{P}+$", "", tag[1])
        if word and graphemes(word) <= TAG_LIMIT:
            yield tag.start(), tag.start(1) + len(word), "tag", f"https://bsky.app/hashtag/{word}"
    for mention in MENTION.finditer(text):
        href = f"https://bsky.app/profile/{mention[1].lower()}"
        yield mention.start(), mention.end(), "mention", href
    for link in LINK.finditer(text):
        address = regex.sub(r"[.,;:!?]$", "", link[0])
        if address.endswith(")") and "(" not in address:
            address = address[:-1]
        yield link.start(), link.start() + len(address), "link", address


def mentioned(text_parts: Sequence[Part]) -> list[str]:
    """The handles that a text mentions, each once."""
    return list(dict.fromkeys(handle(part) for part in text_parts if part.kind == "mention"))


def handle(mention: Part) -> str:
    return mention.text[1:].lower()


def facets(text_parts: Sequence[Part], dids: Mapping[str, str]) -> list[dict[str, Any]]:
    """The facets of a text; `dids` knows the mentioned handles, and who is not there stays text."""
    made = []
    at = 0
    for part in text_parts:
        end = at + len(part.text.encode())
        if feature := _feature(part, dids):
            kind, value = feature
            features = [{"$type": f"app.bsky.richtext.facet#{part.kind}", kind: value}]
            made.append({"index": {"byteStart": at, "byteEnd": end}, "features": features})
        at = end
    return made


def _feature(part: Part, dids: Mapping[str, str]) -> tuple[str, str] | None:
    if part.kind == "tag":
        return "tag", part.text[1:]
    if part.kind == "link":
        return "uri", part.href
    did = dids.get(handle(part)) if part.kind == "mention" else None
    return ("did", did) if did else None

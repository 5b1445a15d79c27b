"""Previews of replies that are plain text: counted in graphemes, with tags, mentions and links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import regex

from blueroom.networks.attachments import media_problems
from blueroom.networks.interface import Attachment, Limits, Part, Preview

Kind = Literal["link", "mention", "tag"]
_FORMS: dict[Kind, str] = {
    "link": r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]",
    "mention": r"@[\w.-]+\w",
    "tag": r"#\w+",
}


def preview_text(
    text: str, *, limits: Limits, marks: Sequence[Kind], media: Sequence[Attachment] = ()
) -> Preview:
    """The reply with what the network marks in it, and what stands against it."""
    length = len(regex.findall(r"\X", text))
    problems = []
    if not text.strip() and not media:
        problems.append(("reply_empty", "The reply is empty."))
    is_too_big = limits.bytes_limit is not None and len(text.encode()) > limits.bytes_limit
    if length > limits.text_limit or is_too_big:
        problems.append(("reply_too_long", f"A reply holds {limits.text_limit} characters."))
    problems += media_problems(media, limits)
    parts = list(_parts(text, marks))
    return Preview(text=text, parts=parts, length=length, limits=limits, problems=problems)


def _parts(text: str, marks: Sequence[Kind]) -> Iterator[Part]:
    done = 0
    for found in re.finditer("|".join(f"(?P<{kind}>{_FORMS[kind]})" for kind in marks), text):
        if found.start() > done:
            yield Part(text=text[done : found.start()])
        kind = next(kind for kind in marks if found[kind])
        yield Part(text=found[0], kind=kind, href=found[0] if kind == "link" else "")
        done = found.end()
    if done < len(text):
        yield Part(text=text[done:])

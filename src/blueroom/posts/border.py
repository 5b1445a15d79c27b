"""What the API's door for posts takes: a JSON array, each of its items read by name, once.

A bad item is refused alone, with its index and a code; the good ones beside it are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from blueroom.base.errors import NotAcceptable
from blueroom.networks import interface
from blueroom.posts.rules import PostRefused, clean_post

ITEMS_LIMIT = 5000
BODY_LIMIT_BYTES = 10 * 1024 * 1024


class BodyRefused(NotAcceptable):
    """Nothing of the body could be taken."""

    code: ClassVar[str] = "body_refused"


class BodyTooLarge(BodyRefused):
    code: ClassVar[str] = "body_too_large"
    sentence: ClassVar[str] = (
        f"The body is larger than {BODY_LIMIT_BYTES // 1024**2} MiB. Send fewer posts at a time."
    )


class BodyNotUtf8(BodyRefused):
    code: ClassVar[str] = "body_not_utf8"
    sentence: ClassVar[str] = "The body is not UTF-8 text."


class BodyNotJson(BodyRefused):
    code: ClassVar[str] = "body_not_json"
    sentence: ClassVar[str] = "The body is not JSON."


class BodyNotArray(BodyRefused):
    code: ClassVar[str] = "body_not_array"
    sentence: ClassVar[str] = "The body must be a JSON array of posts."


class TooManyItems(BodyRefused):
    code: ClassVar[str] = "too_many_items"
    sentence: ClassVar[str] = f"The array holds more than {ITEMS_LIMIT} posts."


class Refusal(msgspec.Struct, frozen=True):
    """Why an item was not taken, or what was changed in it; `index` counts from 0."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Clean posts in their order, the items refused, and remarks about posts that were changed."""

    posts: list[interface.Post]
    refused: list[Refusal]
    remarks: list[Refusal]


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuthorItem(msgspec.Struct, kw_only=True):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    name: str | None = None
    handle: str | None = None
    followers: int | None = None
    place: str | None = None


class PostItem(msgspec.Struct, kw_only=True):
    network: str
    id: str
    author: AuthorItem
    text: str
    published_at: Moment
    alts: list[str] | None = None
    version: str | None = None
    url: str | None = None
    in_reply_to: str | None = None
    lat: float | None = None
    lon: float | None = None
    lang: str | None = None
    deleted: bool | None = None


class DeletionItem(msgspec.Struct, kw_only=True):
    """A deletion needs to say which post and when only."""

    network: str
    id: str
    published_at: Moment
    deleted: bool = False


_REMARKS = {
    "time_clamped": "published_at is more than a day ahead; the present moment was kept instead.",
    "language_dropped": "lang is no tag like fr or pt-BR; it was left out.",
    "raw_too_long": "The item is too long to be kept as it came; the post itself is kept.",
}
_items = msgspec.json.Decoder(list[msgspec.Raw])
_post_item = msgspec.json.Decoder(PostItem)
_deletion_item = msgspec.json.Decoder(DeletionItem)
# Programs that cut texts in UTF-16 leave halves of pairs, which UTF-8 has no way to say.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")


def check_posts(body: bytes, *, now: datetime) -> Checked:
    """The posts of a body, clean, and what is to be said about the others.

    Raises:
        BodyRefused: not JSON, no array, too large or too many; the code says which.
    """
    checked = Checked(posts=[], refused=[], remarks=[])
    for index, item in enumerate(_split(body)):
        try:
            post, remarks = clean_post(_read(item), now=now, is_strict=True)
        except _ItemRefused as error:
            checked.refused.append(Refusal(index, error.item_code, error.message))
        except PostRefused as error:
            checked.refused.append(Refusal(index, error.code, error.message))
        else:
            checked.posts.append(post)
            for code in remarks:
                checked.remarks.append(Refusal(index, code, _REMARKS.get(code, code)))
    return checked


class _ItemRefused(NotAcceptable):
    """An item does not have the shape of a post."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.item_code = code


def _split(body: bytes) -> list[msgspec.Raw]:
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise BodyNotUtf8(f"The body is not UTF-8 text: byte {error.start}.") from error
    if body.lstrip(b" \t\r\n")[:1] not in (b"[", b""):
        try:
            _ = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BodyNotJson from error
        raise BodyNotArray
    try:
        items = _decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BodyNotJson(f"The body is not JSON: {_reason(error)}") from error
    if len(items) > ITEMS_LIMIT:
        raise TooManyItems
    return items


def _decode(body: bytes) -> list[msgspec.Raw]:
    try:
        return _items.decode(body)
    except msgspec.DecodeError:
        whole = _ESCAPE.sub(lambda escape: b"" if escape["half"] else escape[0], body)
        if len(whole) == len(body):
            raise
        return _items.decode(whole)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    return str(error).removeprefix("JSON is malformed: ") + "."


def _read(raw: msgspec.Raw) -> interface.Post:
    try:
        item = _post_item.decode(raw)
    except msgspec.ValidationError as error:
        return _read_deletion(raw, error)
    except RecursionError as error:
        raise _ItemRefused("too_deep", "The item is nested too deeply.") from error
    author = item.author
    return interface.Post(
        network=item.network,
        id=item.id,
        published_at=item.published_at,
        author=interface.Author(
            id=author.id,
            name=author.name or "",
            handle=author.handle or "",
            followers=author.followers,
            place=author.place or "",
        ),
        text=item.text,
        alts=item.alts or [],
        version=item.version or "",
        url=item.url or "",
        in_reply_to=item.in_reply_to or "",
        lang=item.lang or "",
        lat=item.lat,
        lon=item.lon,
        deleted=bool(item.deleted),
        raw=bytes(raw),
    )


def _read_deletion(raw: msgspec.Raw, error: msgspec.ValidationError) -> interface.Post:
    """The deletion that the item may be; otherwise it is refused for what was wrong with it."""
    try:
        item = _deletion_item.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise _refusal(error) from error
    if not item.deleted:
        raise _refusal(error) from error
    return interface.Post(
        network=item.network, id=item.id, published_at=item.published_at, deleted=True
    )


def _refusal(error: msgspec.ValidationError) -> _ItemRefused:
    text = str(error)
    if missing := _MISSING.search(text):
        field = ".".join(part for part in (missing["path"], missing["field"]) if part)
        return _ItemRefused("missing_field", f"{field} is missing.")
    at = _AT.search(text)
    field = at["path"] if at else ""
    if field == "published_at":
        return _ItemRefused("bad_time", "published_at must be like 2026-11-23T10:00:00Z.")
    if field == "author.id" and "length" in text:
        return _ItemRefused("bad_author", "author.id is empty.")
    said = _AT.sub("", text).replace("`", "")
    return _ItemRefused("wrong_type", f"{field or 'the item'}: {said}.")

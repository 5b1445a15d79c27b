"""What a post may hold: everything that comes from outside is cleaned here, once, at the border.

Texts are kept as their authors wrote them except for what could break a screen, a database or
another text. Bidirectional embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069)
are taken out rather than closed: ordinary Arabic or Hebrew needs none of them, every screen
isolates people's words with `dir="auto"`, and what is not there needs no balancing when a text is
cut. The marks U+200E, U+200F and U+061C reach no further than their neighbours and stay.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import ClassVar

import msgspec
import regex

from blueroom.base.errors import NotAcceptable
from blueroom.language.asking import asks
from blueroom.language.spoken import language_of
from blueroom.networks.interface import Author, Post

TEXT_LIMIT = 10_000
ALT_LIMIT = 2_000  # of one picture
ALTS_LIMIT = 10  # pictures of a post
LINE_LIMIT = 300  # names, handles, places: as wide as their columns
ID_LIMIT = 512
AUTHOR_ID_LIMIT = 255
VERSION_LIMIT = 120
URL_LIMIT = 1000
LANGUAGE_LIMIT = 12
NETWORK_LIMIT = 40
RAW_LIMIT_BYTES = 256 * 1024
UNCLEANED_LIMIT = 10 * TEXT_LIMIT  # longer than this is not even looked at
# Vietnamese stacks two, pointed Hebrew and vocalised Arabic three; "zalgo" stacks dozens.
MARKS_A_BASE = 4
FUTURE_LIMIT = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any network that we could read
FOLLOWERS_LIMIT = 2**63 - 1

# The classes of characters below are written as escapes, for they cannot be seen.
_BREAKS = regex.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_UNWANTED = regex.compile(
    "["
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    "\ud800-\udfff"  # halves of pairs: no database and no UTF-8 takes them
    r"\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides, isolates
    r"\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"  # byte order mark, annotations, no characters
    "]"
)
# Tag characters spell the flags of England, Scotland and Wales; elsewhere they hide text.
_TAGS = regex.compile(
    r"(\U0001F3F4[\U000E0030-\U000E0039\U000E0061-\U000E007A]{1,6}\U000E007F)"
    r"|[\U000E0000-\U000E007F]+"
)
_MARKS = regex.compile(rf"(\p{{M}}{{{MARKS_A_BASE}}})\p{{M}}+")
_TOO_MANY_MARKS = regex.compile(rf"\p{{M}}{{{MARKS_A_BASE + 1}}}")
_EMPTY_LINES = regex.compile(r"\n[^\S\n]*(?:\n[^\S\n]*){2,}")
_SUSPECT = regex.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    "\ufffe\uffff\ud800-\udfff"
    r"\U000E0000-\U000E007F]"
)
_SPACES = regex.compile(r"\s+")
_GRAPHEMES = regex.compile(r"\X")
_URL = regex.compile(r"https?://[^\s/?#@\\\"<>\p{C}]+(?:[/?#][^\s\\\"<>\p{C}]*)?", regex.IGNORECASE)
_LANGUAGE = regex.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NETWORK = regex.compile(r"[a-z0-9][a-z0-9_-]*")


class PostRefused(NotAcceptable):
    """A post breaks a rule that it cannot be cleaned of."""

    code: ClassVar[str] = "post_refused"


class TextTooLong(PostRefused):
    code: ClassVar[str] = "text_too_long"
    sentence: ClassVar[str] = f"The text is longer than {TEXT_LIMIT} characters."


class IdUnusable(PostRefused):
    code: ClassVar[str] = "bad_id"
    sentence: ClassVar[str] = f"The id must be 1 to {ID_LIMIT} printable characters."


class NetworkUnusable(PostRefused):
    code: ClassVar[str] = "bad_network"
    sentence: ClassVar[str] = (
        f"The network must be 1 to {NETWORK_LIMIT} of a-z, 0-9, - and _, a letter or digit first."
    )


class AuthorUnusable(PostRefused):
    code: ClassVar[str] = "bad_author"
    sentence: ClassVar[str] = (
        f"The author's id must be 1 to {AUTHOR_ID_LIMIT} printable characters."
    )


class FollowersUnusable(PostRefused):
    code: ClassVar[str] = "bad_followers"
    sentence: ClassVar[str] = "The number of followers must be 0 or more."


class TimeUnusable(PostRefused):
    code: ClassVar[str] = "bad_time"
    sentence: ClassVar[str] = "The time must carry its zone, and be later than the year 2000."


class UrlUnusable(PostRefused):
    code: ClassVar[str] = "bad_url"
    sentence: ClassVar[str] = (
        f"The address must be http or https, without a password, up to {URL_LIMIT} characters."
    )


class ReferenceUnusable(PostRefused):
    code: ClassVar[str] = "bad_reference"
    sentence: ClassVar[str] = f"in_reply_to must be up to {ID_LIMIT} printable characters."


class PointUnusable(PostRefused):
    code: ClassVar[str] = "bad_point"
    sentence: ClassVar[str] = "lat must be -90 to 90 and lon -180 to 180, both or neither."


def clean_text(text: str) -> str:
    """The text in NFC, inert and unbroken, with its line breaks. May be repeated."""
    if text.isascii() and text.isprintable():
        return text.strip()
    if not text.isprintable():  # so are emoji with joiners, French spaces and line breaks
        if _SUSPECT.search(text):
            text = _BREAKS.sub("\n", text)
            text = _UNWANTED.sub("", text)
            text = _TAGS.sub(lambda flag: flag[1] or "", text)
        if "\n" in text:
            text = _EMPTY_LINES.sub("\n\n", text)
    # Before NFC too: its sorting of marks takes quadratic time in the length of one stack.
    if _TOO_MANY_MARKS.search(text):
        text = _MARKS.sub(r"\1", text)
    if not unicodedata.is_normalized("NFC", text):
        # NFC makes two marks of some single ones.
        text = _MARKS.sub(r"\1", unicodedata.normalize("NFC", text))
    return text.strip()


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The text on one line, cut between graphemes to `limit` characters. May be repeated."""
    text = clean_text(text[: 10 * limit])
    if not text.isprintable() or "  " in text:
        text = _SPACES.sub(" ", text)
    return text if len(text) <= limit else _cut(text, limit)


def clean_alts(alts: Sequence[str]) -> list[str]:
    """What a post's pictures are said to show, each on one line; of the first pictures only."""
    lines = (clean_line(alt, ALT_LIMIT) for alt in alts[:ALTS_LIMIT])
    return [line for line in lines if line]


def _cut(text: str, limit: int) -> str:
    end = 0
    for grapheme in _GRAPHEMES.finditer(text, endpos=limit + 1):
        if grapheme.end() > limit:
            break
        end = grapheme.end()
    # A grapheme longer than the whole limit is no letter of any script.
    return text[: end or limit].rstrip()


def clean_url(url: str) -> str:
    """The address if a person may be sent there, else ""."""
    return url if len(url) <= URL_LIMIT and _URL.fullmatch(url) else ""


def clean_language(tag: str) -> str:
    """The tag with its language in small letters, without what does not fit; "" if it is none."""
    if not tag or not _LANGUAGE.fullmatch(tag):
        return ""
    language, dash, rest = tag.partition("-")
    language = language.lower()
    return language + dash + rest if len(tag) <= LANGUAGE_LIMIT else language


def is_older(version: str, than: str) -> bool:
    """Whether the versions say that the first came before the second.

    Versions compare where both are whole numbers or both are RFC 3339 times; others (hashes, for
    one) do not, and then neither is older.
    """
    if version.isdecimal() and than.isdecimal():
        return int(version) < int(than)
    first, second = _as_time(version), _as_time(than)
    return first is not None and second is not None and first < second


def _as_time(version: str) -> datetime | None:
    if len(version) < len("2026-11-23T10:00:00Z") or version[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def asks_something(post: Post) -> bool:
    """Whether the desk has to look at a new post; the others are messages."""
    return post.asked or asks(post.text, post.lang)


def clean_post(post: Post, *, now: datetime, is_strict: bool = False) -> tuple[Post, list[str]]:
    """The post as it may be stored, and the codes of what was left out or changed.

    `is_strict` is for callers who can mend their posts: what would be left out is refused, but for
    the language. Where that is missing, the text tells it, if it can. A time more than a day ahead
    becomes `now` in any case ("time_clamped"). May be repeated.

    Raises:
        PostRefused: the post breaks a rule that it cannot be cleaned of.
    """
    remarks: list[str] = []

    def leave_out(error: type[PostRefused]) -> None:
        if is_strict:
            raise error
        remarks.append(error.code)

    if not _fits(post.network, NETWORK_LIMIT) or not _NETWORK.fullmatch(post.network):
        raise NetworkUnusable
    if not _fits(post.id, ID_LIMIT):
        raise IdUnusable
    changes: dict[str, object] = {}
    published_at = _clean_time(post.published_at, now)
    if published_at is None:
        leave_out(TimeUnusable)
        published_at = now
    elif published_at > now + FUTURE_LIMIT:
        remarks.append("time_clamped")
        published_at = now
    if published_at is not post.published_at:
        changes["published_at"] = published_at
    if len(post.text) > UNCLEANED_LIMIT:
        raise TextTooLong
    text = clean_text(post.text)
    if len(text) > TEXT_LIMIT:
        raise TextTooLong
    if text is not post.text:
        changes["text"] = text
    if post.alts:
        changes["alts"] = clean_alts(post.alts)
    author = _clean_author(post.author, leave_out)
    if author is not post.author:
        changes["author"] = author
    if post.url and not clean_url(post.url):
        leave_out(UrlUnusable)
        changes["url"] = ""
    for name in ("in_reply_to", "thread_root"):
        reference = getattr(post, name)
        if reference and not _fits(reference, ID_LIMIT):
            leave_out(ReferenceUnusable)
            changes[name] = ""
    if (post.lat is not None or post.lon is not None) and not is_point(post.lat, post.lon):
        leave_out(PointUnusable)
        changes["lat"] = changes["lon"] = None
    language = clean_language(post.lang)
    if post.lang and not language:  # a guess at most, and not worth a post
        remarks.append("language_dropped")
    language = language or language_of(text)
    if language != post.lang:
        changes["lang"] = language
    if post.version and not _fits(post.version, VERSION_LIMIT):
        changes["version"] = "sha256:" + sha256(post.version.encode(errors="replace")).hexdigest()
    if len(post.raw) > RAW_LIMIT_BYTES:
        remarks.append("raw_too_long")
        changes["raw"] = b""
    return (msgspec.structs.replace(post, **changes) if changes else post), remarks


def is_point(lat: float | None, lon: float | None) -> bool:
    """Whether these are degrees of one place on Earth."""
    if lat is None or lon is None or not math.isfinite(lat) or not math.isfinite(lon):
        return False
    return -90 <= lat <= 90 and -180 <= lon <= 180


def _fits(text: str, limit: int) -> bool:
    return 0 < len(text) <= limit and text.isprintable()


def _clean_time(moment: datetime, now: datetime) -> datetime | None:
    if moment.tzinfo is None:
        raise TimeUnusable
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:  # the first and the last day of the calendar
            return None if moment.year < now.year else now + 2 * FUTURE_LIMIT
    return moment if moment >= EARLIEST else None


def _clean_author(author: Author, leave_out) -> Author:  # type: ignore[no-untyped-def]
    if author.id and not _fits(author.id, AUTHOR_ID_LIMIT):
        raise AuthorUnusable
    changes: dict[str, object] = {}
    for name in ("name", "handle", "place"):
        text = getattr(author, name)
        if text and (line := clean_line(text)) is not text:
            changes[name] = line
    if author.followers is not None and not 0 <= author.followers <= FOLLOWERS_LIMIT:
        leave_out(FollowersUnusable)
        changes["followers"] = None
    return msgspec.structs.replace(author, **changes) if changes else author

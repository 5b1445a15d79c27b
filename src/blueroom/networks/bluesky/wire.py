"""The lines of Jetstream, version 1 and version 2: what of them we read.

https://github.com/bluesky-social/jetstream/blob/main/docs/README.md, sections 5.1 and 5.2, read
2026-11. Records are `app.bsky.feed.post`:
https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

POSTS = "app.bsky.feed.post"
YEAR_9999_US = 253_370_764_800_000_000  # the last that a datetime holds
# What msgspec raises where bytes are no JSON, or not of the shape that we expect.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Ref(msgspec.Struct):
    """A record at one version: com.atproto.repo.strongRef."""

    uri: str = ""
    cid: str = ""


class ReplyRef(msgspec.Struct):
    root: Ref
    parent: Ref


class Feature(msgspec.Struct, rename={"type": "$type"}):
    """What a stretch of text is. The union is open: other programs' features may hold anything."""

    type: str = ""
    tag: Any = None


class Facet(msgspec.Struct):
    features: list[Feature] = []


class Record(msgspec.Struct, rename={"created_at": "createdAt"}):
    """A post. `created_at` is what its author's program claims."""

    text: str = ""
    created_at: str = ""
    langs: list[str] = []
    tags: list[str] = []
    facets: list[Facet] = []
    reply: ReplyRef | None = None
    embed: Any = None  # an open union: anything at all

    @property
    def alts(self) -> list[str]:
        """What its pictures and its video show, as far as it says: app.bsky.embed.images, .video,
        and .recordWithMedia, which has one of them as its `media`."""
        embed = self.embed if isinstance(self.embed, dict) else {}
        media = embed["media"] if isinstance(embed.get("media"), dict) else embed
        images = media["images"] if isinstance(media.get("images"), list) else []
        said = [one.get("alt") for one in (media, *images) if isinstance(one, dict)]
        return [alt for alt in said if isinstance(alt, str) and alt]


class Commit(msgspec.Struct, kw_only=True):
    """One change of one record. A delete has neither `cid` nor `record`."""

    operation: str = ""
    collection: str = ""
    rkey: str = ""
    cid: str = ""
    record: Record | None = None


class Event(msgspec.Struct, kw_only=True):
    """What a line tells. `seq` is 0 in version 1; `commit` is None for other news."""

    did: str
    time_us: int
    seq: int
    commit: Commit | None

    @property
    def uri(self) -> str:
        assert self.commit
        return f"at://{self.did}/{self.commit.collection}/{self.commit.rkey}"

    @property
    def received_at(self) -> datetime:
        """When the server saw it; aware, UTC."""
        return datetime.fromtimestamp(self.time_us / 1e6, UTC)


class _Line1(msgspec.Struct):
    did: str = ""
    time_us: int = 0
    commit: Commit | None = None


class _Payload2(Commit, kw_only=True, rename={"type": "$type"}):
    type: str = ""
    seq: int = 0
    did: str = ""
    time: str = ""


class _Line2(msgspec.Struct):
    payload: _Payload2 = msgspec.field(default_factory=_Payload2)


class Stamp(msgspec.Struct, frozen=True):
    """Where in its stream a line stands, and the error that it ends the stream with, if it does."""

    time_us: int = 0
    seq: int = 0
    error: str = ""


class _Stamp2(msgspec.Struct):
    class Payload(msgspec.Struct):
        seq: int = 0
        time: str = ""

    payload: Payload = msgspec.field(default_factory=Payload)
    error: str = ""


_line_1 = msgspec.json.Decoder(_Line1)
_line_2 = msgspec.json.Decoder(_Line2)
_stamp_1 = msgspec.json.Decoder(Stamp)
_stamp_2 = msgspec.json.Decoder(_Stamp2)


def read_event(line: bytes, *, v2: bool) -> Event:
    """The change that a line tells of.

    Raises:
        UNREADABLE: it is no line of that version, or its record is no post.
    """
    if v2:
        two = _line_2.decode(line).payload
        commit = two if two.type.endswith("#commit") else None
        event = Event(did=two.did, time_us=microseconds(two.time), seq=two.seq, commit=commit)
    else:
        one = _line_1.decode(line)
        event = Event(did=one.did, time_us=one.time_us, seq=0, commit=one.commit)
    if event.commit and not (event.did and 0 < event.time_us < YEAR_9999_US):
        raise msgspec.ValidationError("a change without author or time")
    return event


def read_stamp(line: bytes, *, v2: bool) -> Stamp:
    """Where a line stands; cheaper than reading it. Raises as `read_event`."""
    if not v2:
        return _stamp_1.decode(line)
    two = _stamp_2.decode(line)
    return Stamp(microseconds(two.payload.time), two.payload.seq, two.error)


def microseconds(time: str) -> int:
    """A time of the wire in microseconds since 1970, or 0 where it is none."""
    at = aware(time)
    return round(at.timestamp() * 1_000_000) if at else 0


def aware(time: str) -> datetime | None:
    """A time of the wire (https://atproto.com/specs/lexicon#datetime), or None where it is none."""
    try:
        at = datetime.fromisoformat(time)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # no time, or one before the year 1
        return None

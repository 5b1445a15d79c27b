"""What a connector is: one folder for one network, the same for ours and for other people's.

A connector reads a network (`Source`), writes to it (`Publisher`), or both, and may have further
small abilities. It never retries, never sleeps to wait for better times and never touches a
database: the listener and the publishing worker do these for all connectors alike.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from blueroom.base.errors import BlueRoomError, NeedsPerson, TryLater


class Unavailable(TryLater):
    """The network does not answer, or asks to slow down."""

    code = "network_unavailable"
    sentence = "The network does not answer. We will try again."


class Refused(NeedsPerson):
    """The network said no, and will again: a person must act."""

    code = "network_refused"
    sentence = "The network refused. Check the account and its rights."


class MediaRefused(Refused):
    """The network takes the reply, but not the pictures or the video that go with it."""

    code = "network_media_refused"
    sentence = "The network does not take what goes along. Send the reply with a link instead."


class Malformed(BlueRoomError):
    """One message could not be read. Keep it, skip it, go on."""

    code = "network_malformed"
    sentence = "The network sent something we could not read."


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a post, as its network tells it. `id` is stable there; `handle` may change."""

    id: str
    name: str = ""
    handle: str = ""
    followers: int | None = None
    place: str = ""  # free text from the profile


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a post: it was written, edited, or (`deleted`) taken away.

    `id` is unique in its network; delivering the same `id` again is harmless, and is an edit where
    `version` differs. `published_at` is aware, UTC. `url` is its page for people. `lat`/`lon` are
    degrees, WGS 84. `alts` say what its pictures show. `raw` is the payload as it came, for later
    questions. A deletion needs `id` and `published_at` (when it was deleted) only.
    """

    network: str
    id: str
    published_at: datetime
    author: Author = Author(id="")
    text: str = ""
    alts: list[str] = []
    version: str = ""
    url: str = ""
    in_reply_to: str = ""
    thread_root: str = ""  # id of the post that began the thread, where it is not in_reply_to
    lang: str = ""
    lat: float | None = None
    lon: float | None = None
    deleted: bool = False
    asked: bool = False  # asked of the guest on purpose (our own page), with or without "?"
    raw: bytes = b""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Posts in the order in which they came, and the cursor that stands after the last of them.

    An empty batch with a cursor says "nothing for you up to here". `seen` counts everything that
    went by, matching or not; `behind_s` is how old the newest of it is. `malformed` are payloads
    that should have been posts and could not be read: to keep for whoever mends the connector.
    """

    posts: list[Post] = []
    malformed: list[bytes] = []
    cursor: str = ""
    seen: int = 0
    behind_s: float = 0.0


class Source(Protocol):
    """Reads one network for one session."""

    def batches(self, *, after: str) -> AsyncIterator[Batch]:
        """Batches from just after the cursor `after` ("" means from now on), without end.

        A batch holds at most 500 posts and is handed over within 50 ms of its first post.
        Delivering a post again after a resume is allowed; leaving one out is not. Ends when
        the network has no more to say, ever.

        Raises:
            Unavailable: the connection broke or could not be made; call again with the last cursor.
            Refused: a person must act first.
        """
        ...


@runtime_checkable
class DescribesAuthors(Protocol):
    """Ability of a source whose posts name their authors by id only."""

    async def describe(self, author: Author) -> Author:
        """The author with name and handle, as far as there are any. Raises as `batches` does."""
        ...


@dataclass(frozen=True, kw_only=True)
class Captions:
    """What is said in a video, in one language (BCP 47), as a WebVTT file's text."""

    language: str
    vtt: str


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A picture or a video that goes with a reply: a file, to be read in pieces.

    `alt` is read aloud; sizes in pixels. A video has a `duration_s`, and `captions` in as many
    languages as there are.
    """

    path: Path
    media_type: str
    size_bytes: int
    width_px: int
    height_px: int
    alt: str = ""
    duration_s: float = 0.0
    captions: Sequence[Captions] = ()

    @property
    def is_video(self) -> bool:
        return self.media_type.startswith("video/")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A page that a reply leads to, as networks show it: a title, a line of text, a picture."""

    url: str
    title: str
    description: str = ""
    picture: Attachment | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """The post that is answered: its id and version, its thread's root, and its author."""

    id: str
    version: str = ""
    root_id: str = ""
    root_version: str = ""
    url: str = ""
    author: Author = Author(id="")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Where a reply now is."""

    id: str
    url: str = ""
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a network takes as a reply. `text_limit` counts what `Preview.length` counts.

    `images` is how many pictures; 0 for none, as `video_size_bytes` is 0 where it takes no video.
    Of the other limits None means none that we know of. `cards`: it shows a link as a `Card`.
    `shows_clips`: it shows the room's clips by itself, so that none need be sent (our own page).
    """

    text_limit: int
    text_unit: Literal["graphemes", "characters", "utf-16 units"] = "graphemes"
    bytes_limit: int | None = None
    images: int = 0
    image_size_bytes: int | None = None
    image_types: Sequence[str] = ("image/jpeg", "image/png", "image/webp")
    video_size_bytes: int = 0
    video_duration_s: float | None = None
    video_types: Sequence[str] = ("video/mp4",)
    alt_limit: int | None = None  # characters
    cards: bool = False
    shows_clips: bool = False
    needs_mention: bool = False
    cost_note: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a previewed text: plain, or what the network will make of it."""

    text: str
    kind: Literal["text", "tag", "mention", "link"] = "text"
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A reply as its network will show it. It may be sent where `problems` is empty.

    `problems` holds pairs of a stable code and a sentence in English.
    """

    text: str
    parts: Sequence[Part]
    length: int
    limits: Limits
    problems: Sequence[tuple[str, str]] = ()


class Publisher(Protocol):
    """Writes to one network as one account of the room."""

    limits: Limits

    async def reply(
        self,
        *,
        to: Target,
        text: str,
        media: Sequence[Attachment] = (),
        card: Card | None = None,
        lang: str = "",
        key: str,
        at: datetime,
        memory: dict[str, Any] | None = None,
    ) -> Sent:
        """Publish `text` under `to`, once: the same `key` never makes a second reply.

        `media` are one video, or pictures. `card` is what the reply links to: shown where there
        are no media, and in their place where the network turns out not to take them. Without a
        card such media are refused.

        `key` is 13 characters of base32-sortable (a TID), chosen by the caller and kept with the
        reply, so that a retry after a lost answer finds what the first try did. `at` is the
        reply's own time, aware, UTC; `lang` is the language of `text` (BCP 47), "" where unknown.

        `memory` belongs to this reply: what an earlier try put in (JSON) is there in the next one,
        however that try ended. An upload that is under way, say. A network that takes its time
        with a video is not waited for: raise Unavailable with `retry_after_s`, and go on from the
        memory when you are called again. A call ends within `reply_limit_s(media)`.

        Raises:
            Unavailable: it may or may not have arrived; call again with the same `key`.
            Refused: it did not arrive, and a person must act.
            MediaRefused: it did not arrive, and would without the media.
        """
        ...

    async def take_back(self, *, sent: Sent) -> None:
        """Delete what `reply` published. May be repeated. Raises as `reply` does."""
        ...

    async def close(self) -> None:
        """Give back connections. May be repeated."""
        ...


def reply_limit_s(media: Sequence[Attachment]) -> float:
    """How long one call of `reply` may take: a minute, and the media's bytes at 2 Mbit/s."""
    return 60 + sum(one.size_bytes for one in media) / 250_000


@runtime_checkable
class Previews(Protocol):
    """Ability: shows a reply as the network will, without asking the network or reading files."""

    def preview(
        self,
        *,
        to: Target,
        text: str,
        media: Sequence[Attachment] = (),
        card: Card | None = None,
    ) -> Preview: ...


@runtime_checkable
class ChecksAccount(Protocol):
    """Ability: tries the account's credentials before they are kept."""

    async def check_account(self) -> Author:
        """The account's own profile. Raises Refused or Unavailable."""
        ...


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing entered for an account. `name` is its key; a secret is never shown again."""

    name: str
    label: str
    secret: bool = False
    default: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """What a source is opened for: the session's tags without "#", and the account's fields.

    `fields` is empty where the network can be read without an account. `starts_at` is when the
    session's collecting began (aware, UTC): what a source without a cursor may look back to.
    `known` are ids of posts received before, oldest first: a source that hears of everybody's
    deletions and edits tells those of `known` and of what it gave itself, and no others.
    """

    session: str
    tags: Sequence[str]
    languages: Sequence[str] = ()
    fields: dict[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    known: Sequence[str] = ()


class Network(Protocol):
    """A connector's front door, found by the entry point group "blueroom.networks".

    `slug` is the stored name of the network; `name` is how people call it. `account_fields` is
    empty where no account is needed to publish.
    """

    slug: str
    name: str
    account_fields: Sequence[Field]
    listens_without_account: bool

    def source(self, listening: Listening) -> Source | None:
        """What reads this network, or None where it cannot be read."""
        ...

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> Publisher | None:
        """What writes as the account in `fields`, or None where it cannot.

        `state` is the account's own memory (session tokens, for one): the connector may change it,
        and the caller keeps it, encrypted, after each call.
        """
        ...

"""What a client asks of the live path: topics, each with a ticket and a position."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from blueroom.base.errors import NotAcceptable
from blueroom.updates.asgi import Scope

PATH = "/live/"
MOST_TOPICS = 8
_TOPIC = re.compile(r"[\w-]{1,100}/[a-z][a-z0-9_-]{0,39}", re.ASCII)


class RequestUnclear(NotAcceptable):
    """The address of the stream cannot be read."""

    code = "bad_request"
    sentence = "This is not the address of a stream: /live/<session>/<screen>?ticket=…"


@dataclass(frozen=True, slots=True)
class Asked:
    """One topic that a client wants to follow, from after a message's id ("" for a snapshot)."""

    topic: str
    ticket: str
    after: str


def read_headers(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name; the last of several wins."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def read_asked(scope: Scope, headers: dict[str, str]) -> list[Asked]:
    """The topics asked for, the one in the path first, each once.

    `also=<slug>/<screen>:<ticket>:<after>` adds one. The header Last-Event-ID stands for the
    position in a stream of one topic; one header cannot name the positions of several, so with
    `also` it is not read.

    Raises: RequestUnclear.
    """
    try:
        query = parse_qs(
            bytes(scope["query_string"]).decode("ascii", "replace"), max_num_fields=2 + MOST_TOPICS
        )
    except ValueError as error:
        raise RequestUnclear from error
    also = query.get("also", [])
    after = query.get("after", [""])[-1]
    if not also:
        after = headers.get("last-event-id") or after
    path = str(scope["path"]).removeprefix(PATH)
    asked = [Asked(path, query.get("ticket", [""])[-1], after), *map(_read_also, also)]
    if not all(_TOPIC.fullmatch(one.topic) for one in asked) or len(asked) > MOST_TOPICS:
        raise RequestUnclear
    return list({one.topic: one for one in reversed(asked)}.values())[::-1]


def _read_also(text: str) -> Asked:
    topic, _, rest = text.partition(":")
    ticket, _, after = rest.partition(":")
    return Asked(topic, ticket, after)

"""The API's posts: the door for any source that has no connector, what arrived, and how much."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Query, Router, Schema

from blueroom.base.clock import now
from blueroom.desk.actions import take_in
from blueroom.desk.search import said_by
from blueroom.posts import actions, queries
from blueroom.posts.border import check_posts
from blueroom.posts.models import Channel, Sorting
from blueroom.room.access import NotFound, session_of

router = Router(tags=["posts"])


class RefusalOut(Schema):
    """Why one post of the array was not taken; `index` counts from 0."""

    index: int
    code: str
    message: str


class Receipt(Schema):
    """What became of the posts. What is stored is committed."""

    received: int
    stored: int
    repeated: int
    edited: int
    deleted: int
    left_out: int  # of authors who objected to being kept
    refused: list[RefusalOut]


_AUTHOR = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "handle": {"type": "string"},
        "followers": {"type": "integer", "nullable": True},
        "place": {"type": "string"},
    },
}
_POST = {
    "type": "object",
    "required": ["network", "id", "author", "text", "published_at"],
    "properties": {
        "network": {"type": "string"},
        "id": {"type": "string"},
        "author": _AUTHOR,
        "text": {"type": "string", "maxLength": 10000},
        "published_at": {"type": "string", "format": "date-time"},
        "url": {"type": "string", "format": "uri"},
        "in_reply_to": {"type": "string"},
        "lat": {"type": "number"},
        "lon": {"type": "number"},
        "lang": {"type": "string"},
        "deleted": {"type": "boolean"},
        "version": {"type": "string", "description": "Another one than before is an edit."},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "maxItems": 5000, "items": _POST}}
        },
    }
}


@router.post(
    "/sessions/{slug}/posts",
    response=Receipt,
    summary="Hand posts in, up to 5,000 at once",
    openapi_extra=_BODY,
)
def hand_in(request: HttpRequest, slug: str) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "post")
    moment = now()
    checked = check_posts(request.body, now=moment)
    done = take_in(session=session, posts=checked.posts, now=moment)
    return {
        "received": len(checked.posts) + len(checked.refused),
        "stored": done.stored,
        "repeated": done.repeated,
        "edited": done.edited,
        "deleted": done.deleted,
        "left_out": done.left_out,
        "refused": [msgspec.to_builtins(refusal) for refusal in checked.refused],
    }


class AuthorOut(Schema):
    name: str
    handle: str
    place: str


class PostOut(Schema):
    """A post that arrived, and what the desk made of it: new, message or question."""

    id: int
    text: str
    network: str
    author: AuthorOut
    published_at: datetime
    url: str
    lang: str
    kind: str


class PostPage(Schema):
    """`next` is the `after` of the following page; null where there is none."""

    items: list[PostOut]
    next: int | None


@router.get("/sessions/{slug}/posts", response=PostPage, summary="What arrived, by page")
def posts(
    request: HttpRequest,
    slug: str,
    kind: Literal["", "message", "question"] = "",
    q: str = Query("", max_length=200),
    after: int = Query(0, ge=0, le=2**62),
    limit: int = Query(100, ge=1, le=1000),
    order: Literal["oldest", "newest"] = "oldest",
) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    page, following = queries.posts_after(
        session_id=session.pk,
        after=after,
        limit=limit,
        kind=kind,
        among=said_by(session.pk, q, post="id"),
        is_newest_first=order == "newest",
    )
    items = [
        {
            "id": post.pk,
            "text": post.text,
            "network": post.network,
            "author": {
                "name": post.author.name,
                "handle": post.author.handle,
                "place": post.author.place,
            },
            "published_at": post.published_at,
            "url": post.url,
            "lang": post.language,
            "kind": Sorting(post.sorting).name.lower(),
        }
        for post in page
    ]
    return {"items": items, "next": following}


class CountsOut(Schema):
    """`per_minute` is oldest first and ends with the minute at hand."""

    total: int
    by_network: dict[str, int]
    per_minute: list[int]


@router.get("/sessions/{slug}/counts", response=CountsOut, summary="How much arrived")
def counts(request: HttpRequest, slug: str) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    found = queries.counts_of(session, now=now())
    return {
        "total": found.posts,
        "by_network": found.by_network,
        "per_minute": found.curve,
    }


class ChannelOut(Schema):
    """How the listening on one network goes; `behind_s` is the age of the newest post seen."""

    network: str
    is_enabled: bool
    state: str
    behind_s: float
    code: str
    message: str


class ChannelChange(Schema):
    is_enabled: bool


def _told_channel(channel: Channel) -> dict[str, Any]:
    return {
        "network": channel.network,
        "is_enabled": channel.is_enabled,
        "state": channel.state,
        "behind_s": channel.behind_s,
        "code": channel.error_code,
        "message": channel.error_message,
    }


@router.get("/sessions/{slug}/channels", response=list[ChannelOut], summary="What is listened to")
def channels(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "see_session")
    return [_told_channel(channel) for channel in session.channels.order_by("network")]


@router.patch(
    "/sessions/{slug}/channels/{network}", response=ChannelOut, summary="Listen, or no longer"
)
def switch_channel(
    request: HttpRequest, slug: str, network: str, change: ChannelChange
) -> dict[str, Any]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "switch_channel")
    channel = Channel.objects.filter(session=session, network=network).first()
    if channel is None:
        raise NotFound
    return _told_channel(
        actions.switch_channel(channel=channel, enabled=change.is_enabled, now=now(), by=by)
    )

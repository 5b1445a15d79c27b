"""Videos from elsewhere: the crew's list, what of it a wall shows, and videos in posts."""

from __future__ import annotations

import hashlib

from blueroom.networks.interface import HoldsVideos, Video
from blueroom.networks.registry import networks
from blueroom.posts.models import Payload, Post
from blueroom.room.models import Session
from blueroom.walls.models import OpenScreen, Relay
from blueroom.walls.wire import RelayTile

POSTS_LOOKED_AT = 500
POSTS_GIVEN = 12


def relays_of(session: Session) -> list[Relay]:
    """All that are kept, in the order of the list."""
    found = Relay.objects.filter(session=session).select_related("post__author")
    return list(found.order_by("position", "id"))


def relays_shown(session: Session) -> list[Relay]:
    """Those that somebody put on the wall and that play, as far as we know."""
    found = Relay.objects.filter(session=session, is_on_wall=True, code="")
    # A post that was taken back takes its video along.
    return list(found.exclude(post__deleted_at__isnull=False).order_by("position", "id"))


def relay_tiles(session: Session) -> list[RelayTile]:
    """The same as the wall's stream tells them."""
    return [
        RelayTile(
            id=relay.pk,
            name=relay.name,
            place=relay.place,
            version=version_of(relay),
            is_large=relay.is_large,
            is_heard=relay.is_heard,
        )
        for relay in relays_shown(session)
    ]


def version_of(relay: Relay) -> str:
    """Another one where its page has to be opened anew, for its policy names other origins."""
    return hashlib.sha256("\n".join(sorted(relay.origins)).encode()).hexdigest()[:10]


def still_on(session: Session) -> dict[int, int]:
    """On how many open screens each relay's picture stands still, by its id."""
    still: dict[int, int] = {}
    screens = OpenScreen.objects.filter(session=session, kind="videos")
    for ids in screens.values_list("still_relays", flat=True):
        for relay_id in ids:
            still[relay_id] = still.get(relay_id, 0) + 1
    return still


def post_of_address(session: Session, address: str) -> Post | None:
    """The post of this session whose page that is."""
    url = address.strip()
    found = Post.objects.filter(session=session, url=url, deleted_at=None).exclude(url="")
    return found.select_related("author").first() if url else None


def video_of(post: Post) -> Video | None:
    """The video that a post holds, by what its network sent; None also once that is forgotten."""
    network = networks().get(post.network)
    payload = Payload.objects.filter(post=post).first()
    if payload is None or not isinstance(network, HoldsVideos):
        return None
    return network.video_in(bytes(payload.raw))


def posts_with_videos(session: Session) -> list[Post]:
    """The newest posts that hold a video and are not in the list yet, the newest first."""
    able = [slug for slug, network in networks().items() if isinstance(network, HoldsVideos)]
    found = Payload.objects.filter(
        post__session=session, post__network__in=able, post__deleted_at=None, post__relays=None
    )
    newest = found.select_related("post__author").order_by("-post_id")[:POSTS_LOOKED_AT]
    holding = []
    for payload in newest:
        network = networks()[payload.post.network]
        assert isinstance(network, HoldsVideos)
        if network.video_in(bytes(payload.raw)):
            holding.append(payload.post)
        if len(holding) == POSTS_GIVEN:
            break
    return holding

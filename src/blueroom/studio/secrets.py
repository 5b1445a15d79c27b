"""The two secrets of a feed: the address of the page that sends, and the stream key of encoders."""

from __future__ import annotations

from blueroom.room.links import nonce_in, seal_nonce
from blueroom.studio.models import Feed

PAGE, KEY = "feed page", "stream key"


def page_secret(feed: Feed) -> str:
    """What stands in the address of the page by which this feed's person sends."""
    return feed.nonce + seal_nonce(feed.nonce, purpose=PAGE)


def stream_key(feed: Feed) -> str:
    """What an encoder sends by. Shown to the crew only; it never stands in an address of ours."""
    return feed.nonce + seal_nonce(feed.nonce, purpose=KEY)


def feed_by(secret: str, *, purpose: str) -> Feed | None:
    """The feed that a page's secret or a stream key opens; None for any other text."""
    nonce = nonce_in(secret, purpose=purpose)
    if nonce is None:
        return None
    found = Feed.objects.select_related("session__guest", "session__room", "question")
    return found.filter(nonce=nonce).first()

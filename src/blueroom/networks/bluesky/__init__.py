"""Bluesky, and any server of the AT Protocol: reads hashtags by Jetstream, replies by XRPC.

What it does and does not do: README.md here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blueroom.networks.interface import Field, Listening, Network, Publisher, Source, Video

SERVICE = "https://bsky.social"
DIRECTORY = "https://plc.directory"
# Bluesky's own four, equal in content: docs.bsky.app, "Firehose". After a break we go to the next.
JETSTREAMS = ", ".join(
    f"wss://jetstream{number}.us-{coast}.bsky.network/subscribe"
    for number in (1, 2)
    for coast in ("east", "west")
)


class Bluesky:
    """The connector's front door."""

    slug = "bluesky"
    name = "Bluesky"
    account_fields: Sequence[Field] = (
        Field(name="handle", label="Handle", hint="room.bsky.social, without @"),
        Field(
            name="app_password",
            label="App password",
            secret=True,
            hint="Bluesky: Settings, Privacy and security, App passwords",
        ),
        Field(name="service", label="Server", default=SERVICE, hint="where the account lives"),
        Field(
            name="jetstream",
            label="Jetstream servers",
            default=JETSTREAMS,
            hint="where posts are read, parted by commas",
        ),
        Field(name="directory", label="Directory of accounts", default=DIRECTORY),
        Field(
            name="video_service",
            label="Video service",
            default="auto",
            hint="an address, “auto” or “none”",
        ),
    )
    listens_without_account = True

    def video_in(self, raw: bytes) -> Video | None:
        from blueroom.networks.bluesky.videos import video_in

        return video_in(raw)

    def source(self, listening: Listening) -> Source:
        # Imported here: listing the networks must not cost the start a web client.
        from blueroom.base.outbound import door
        from blueroom.networks.bluesky.source import JetstreamSource

        servers = listening.fields.get("jetstream") or JETSTREAMS
        return JetstreamSource(
            tags=listening.tags,
            servers=[url.strip() for url in servers.split(",") if url.strip()],
            service=listening.fields.get("service") or SERVICE,
            directory=listening.fields.get("directory") or DIRECTORY,
            door=door(),
            known=listening.known,
        )

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> Publisher:
        from blueroom.base.outbound import door
        from blueroom.networks.bluesky.publisher import BlueskyPublisher
        from blueroom.networks.bluesky.video_service import AUTO

        return BlueskyPublisher(
            service=fields.get("service") or SERVICE,
            handle=fields.get("handle", ""),
            password=fields.get("app_password", ""),
            directory=fields.get("directory") or DIRECTORY,
            video_service=fields.get("video_service") or AUTO,
            state=state,
            door=door(),
        )


NETWORK: Network = Bluesky()

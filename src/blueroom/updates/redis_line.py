"""Announcements between several hosts, by Redis publish and subscribe; needs the extra `redis`.

Source: https://redis.io/docs/latest/develop/pubsub/ (delivery is at most once). What a broken
connection lost is made good: whoever subscribes again declares every topic stale.
"""

from __future__ import annotations

import asyncio
import logging

import redis
import redis.asyncio

from blueroom.updates.announcement import Announcement, Taker
from blueroom.updates.local import take_encoded
from blueroom.updates.sender import Sender

logger = logging.getLogger("blueroom.updates")

AGAIN_S = (0.3, 1.0, 3.0)
ALIVE_S = 10.0


class RedisLine(Sender):
    """An announcer and a door in one: every host hears what every host says, itself included."""

    def __init__(self, url: str, channel: str = "blueroom:updates") -> None:
        super().__init__()
        self._url = url
        self._channel = channel
        # The short timeouts are those of a person's click, which announces.
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._task: asyncio.Task[None] | None = None

    def open(self, hub: Taker) -> None:
        """Hand what is said on the channel to the hub, in the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._listen(hub))

    async def close(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._redis.close()

    def _send(self, encoded: bytes) -> bool:
        try:
            self._redis.publish(self._channel, encoded)
        except redis.RedisError as error:
            logger.warning("an announcement did not get through to Redis: %s", error)
            return False
        return True

    async def _listen(self, hub: Taker) -> None:
        tried = 0
        while True:
            try:
                async with (
                    redis.asyncio.Redis.from_url(
                        self._url, health_check_interval=ALIVE_S
                    ) as connection,
                    connection.pubsub() as line,
                ):
                    await line.subscribe(self._channel)
                    hub.take(Announcement("", is_stale=True))
                    tried = 0
                    async for message in line.listen():
                        if message["type"] == "message":
                            take_encoded(hub, message["data"])
            except (redis.RedisError, OSError) as error:
                logger.warning("Redis is away, screens of other hosts go stale: %s", error)
            await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
            tried += 1

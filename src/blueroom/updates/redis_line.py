"""Announcements between several hosts, by Redis publish and subscribe; needs the extra `redis`.

Source: https://redis.io/docs/latest/develop/pubsub/ (delivery is at most once). What a broken
connection lost is made good: whoever subscribes again declares every topic stale.
"""

from __future__ import annotations

import asyncio
import logging
import threading

import msgspec
import redis
import redis.asyncio

from blueroom.updates.announcement import Announcement, Taker
from blueroom.updates.local import take_encoded
from blueroom.updates.sender import Sender

logger = logging.getLogger("blueroom.updates")

AGAIN_S = (0.3, 1.0, 3.0)
ALIVE_S = 10.0
KEPT_AGAIN_S = 1.0


class RedisLine(Sender):
    """An announcer and a door in one: every host hears what every host says, itself included."""

    def __init__(self, url: str, channel: str = "blueroom:updates") -> None:
        super().__init__()
        self._url = url
        self._channel = channel
        # The short timeouts are those of a person's click, which announces.
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._task: asyncio.Task[None] | None = None
        self._to_keep: dict[str, bytes] = {}
        self._keeping = threading.Lock()

    def keep(self, announcement: Announcement) -> None:
        """Announce what also whoever comes later must hear; of one topic, the last. Where Redis
        is away it is tried again until it is through."""
        with self._keeping:
            self._to_keep[announcement.topic] = msgspec.json.encode(announcement)
        self._keep()

    def _keep(self) -> None:
        with self._keeping:
            owed = dict(self._to_keep)
        if not owed:
            return
        try:
            with self._redis.pipeline() as pipeline:
                for topic, encoded in owed.items():
                    pipeline.hset(f"{self._channel}:kept", topic, encoded)
                    pipeline.publish(self._channel, encoded)
                pipeline.execute()
        except redis.RedisError as error:
            logger.warning("Redis is away, other hosts hear of it later: %s", error)
            again = threading.Timer(KEPT_AGAIN_S, self._keep)
            again.daemon = True
            again.start()
            return
        with self._keeping:
            left = {topic: said for topic, said in self._to_keep.items() if owed.get(topic) != said}
            self._to_keep = left

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
                    kept: list[bytes] = await connection.hvals(f"{self._channel}:kept")  # type: ignore[assignment]
                    for encoded in kept:
                        take_encoded(hub, encoded)
                    tried = 0
                    async for message in line.listen():
                        if message["type"] == "message":
                            take_encoded(hub, message["data"])
            except (redis.RedisError, OSError) as error:
                logger.warning("Redis is away, screens of other hosts go stale: %s", error)
            await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
            tried += 1

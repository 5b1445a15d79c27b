from __future__ import annotations

import asyncio

import pytest

from blueroom.updates.shared import Shared


async def ask_together(shared: Shared[int], asked: list[str], *keys: str) -> list[object]:
    async def ask(key: str) -> int:
        asked.append(key)
        await asyncio.sleep(0.01)
        if key == "bad":
            raise OSError("no")
        return len(asked)

    return await asyncio.gather(
        *(shared.get(key, lambda key=key: ask(key)) for key in keys),  # type: ignore[misc]
        return_exceptions=True,
    )


def test_answer_is_asked_for_once_and_again_after_its_time() -> None:
    async def scene() -> None:
        asked: list[str] = []
        shared: Shared[int] = Shared(0.1)
        assert await ask_together(shared, asked, "a", "a", "b", "a") == [2, 2, 2, 2]
        assert await ask_together(shared, asked, "a") == [2]
        assert asked == ["a", "b"]
        await asyncio.sleep(0.12)
        assert await ask_together(shared, asked, "a") == [3]

    asyncio.run(scene())


def test_failure_is_shared_and_who_gives_up_takes_nothing_from_others() -> None:
    async def scene() -> None:
        asked: list[str] = []
        shared: Shared[int] = Shared(0.1)
        first, second = await ask_together(shared, asked, "bad", "bad")
        assert isinstance(first, OSError)
        assert isinstance(second, OSError)
        assert asked == ["bad"]

        async def slow() -> int:
            await asyncio.sleep(0.05)
            return 7

        impatient = asyncio.create_task(shared.get("slow", slow))
        patient = asyncio.create_task(shared.get("slow", slow))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert await patient == 7

    asyncio.run(scene())

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blueroom.networks.interface import (
    Attachment,
    Captions,
    Card,
    Part,
    Preview,
    Previews,
    Publisher,
    Refused,
    Sent,
    Target,
)
from blueroom.networks.rehearsal import NETWORK
from blueroom.networks.rehearsal.publisher import LIMITS

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
TARGET = Target(id="rehearsal:s:4")
PICTURE = Attachment(
    path=Path("picture.png"), media_type="image/png", size_bytes=1, width_px=1, height_px=1
)


def publisher() -> Publisher:
    return NETWORK.publisher({}, {})


def reply(text: str, key: str = "3lbcdefghijkl") -> Sent:
    return asyncio.run(publisher().reply(to=TARGET, text=text, key=key, at=NOW))


def preview(text: str, media: tuple[Attachment, ...] = ()) -> Preview:
    found = publisher()
    assert isinstance(found, Previews)
    return found.preview(to=TARGET, text=text, media=media)


def test_reply_is_the_same_for_the_same_key() -> None:
    assert (
        reply("Merci") == reply("Merci !") == Sent(id="rehearsal:reply:3lbcdefghijkl", version="1")
    )
    assert reply("Merci", "3lbcdefghijkm") != reply("Merci")


def test_take_back_and_close_may_be_repeated() -> None:
    async def run() -> None:
        found = publisher()
        sent = await found.reply(to=TARGET, text="Oui", key="3lbcdefghijkl", at=NOW)
        for _ in range(2):
            await found.take_back(sent=sent)
            await found.close()

    assert asyncio.run(run()) is None


def test_preview_marks_tags_mentions_and_links() -> None:
    assert preview("Oui @nour.example ! #AskNour https://example.org/a?b=1. Fin") == Preview(
        text="Oui @nour.example ! #AskNour https://example.org/a?b=1. Fin",
        parts=[
            Part(text="Oui "),
            Part(text="@nour.example", kind="mention"),
            Part(text=" ! "),
            Part(text="#AskNour", kind="tag"),
            Part(text=" "),
            Part(text="https://example.org/a?b=1", kind="link", href="https://example.org/a?b=1"),
            Part(text=". Fin"),
        ],
        length=59,
        limits=LIMITS,
        problems=[],
    )


def test_reply_leaves_what_was_rehearsed_in_its_memory() -> None:
    video = replace(
        PICTURE,
        media_type="video/mp4",
        size_bytes=5_000_000,
        duration_s=42.0,
        alt="Nour answers",
        captions=[Captions(language="fr", vtt="WEBVTT")],
    )
    card = Card(url="https://room.example.org/a/x/", title="Nour answers")
    memory: dict[str, Any] = {}

    asyncio.run(
        publisher().reply(
            to=TARGET,
            text="Oui",
            media=[video],
            card=card,
            key="3lbcdefghijkl",
            at=NOW,
            memory=memory,
        )
    )

    assert memory == {
        "rehearsed": {
            "text": "Oui",
            "media": [
                {
                    "media_type": "video/mp4",
                    "size_bytes": 5_000_000,
                    "duration_s": 42.0,
                    "alt": "Nour answers",
                    "captions": ["fr"],
                }
            ],
            "card": "https://room.example.org/a/x/",
        }
    }


def test_preview_counts_what_people_see_as_one_character() -> None:
    assert (preview("👩‍👩‍👧‍👦é").length, preview("👍🏽" * 300).problems) == (2, [])


@pytest.mark.parametrize(
    ("text", "media", "codes"),
    [
        (" ", (), ["reply_empty"]),
        ("", (PICTURE,), []),
        ("a" * 301, (), ["reply_too_long"]),
        ("👩‍👩‍👧‍👦" * 130, (), ["reply_too_long"]),  # 130 graphemes, 3,250 bytes
        ("ok", (PICTURE,) * 5, ["reply_too_many_media"]),
    ],
)
def test_preview_says_what_stands_against_a_reply(
    text: str, media: tuple[Attachment, ...], codes: list[str]
) -> None:
    assert [code for code, _ in preview(text, media).problems] == codes


def test_reply_is_refused_when_the_preview_has_a_problem() -> None:
    with pytest.raises(Refused) as refused:
        reply("a" * 301)

    assert refused.value.details == {"problems": ["reply_too_long"]}

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blueroom.networks.interface import (
    Attachment,
    Listening,
    Network,
    Part,
    Preview,
    Previews,
    Refused,
    Sent,
    Target,
)
from blueroom.networks.page import NETWORK
from blueroom.networks.page.publisher import LIMITS, PagePublisher

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
TARGET = Target(id="q1", url="https://room.example.org/q/1")
PICTURE = Attachment(
    path=Path("picture.png"), media_type="image/png", size_bytes=1, width_px=1, height_px=1
)


def reply(text: str) -> Sent:
    publisher = NETWORK.publisher({}, {})
    return asyncio.run(publisher.reply(to=TARGET, text=text, key="3lbcdefghijkl", at=NOW))


def preview(text: str, media: tuple[Attachment, ...] = ()) -> Preview:
    publisher = NETWORK.publisher({}, {})
    assert isinstance(publisher, Previews)
    return publisher.preview(to=TARGET, text=text, media=media)


def test_network_publishes_without_an_account_and_has_nothing_to_poll() -> None:
    network: Network = NETWORK

    assert network.source(Listening(session="s", tags=[])) is None
    assert isinstance(network.publisher({}, {}), PagePublisher)
    assert (network.slug, network.listens_without_account, list(network.account_fields)) == (
        "page",
        False,
        [],
    )


def test_reply_is_at_once_on_the_askers_page_however_often_it_is_tried() -> None:
    sent = Sent(id="page:reply:3lbcdefghijkl", url="https://room.example.org/q/1", version="1")

    assert [reply("Merci"), reply("Merci")] == [sent, sent]


def test_take_back_and_close_may_be_repeated() -> None:
    async def run() -> None:
        publisher = NETWORK.publisher({}, {})
        for _ in range(2):
            await publisher.take_back(sent=Sent(id="page:reply:3lbcdefghijkl"))
            await publisher.close()

    assert asyncio.run(run()) is None


def test_preview_marks_links_alone() -> None:
    assert preview("Ici : https://example.org/a, #non @non") == Preview(
        text="Ici : https://example.org/a, #non @non",
        parts=[
            Part(text="Ici : "),
            Part(text="https://example.org/a", kind="link", href="https://example.org/a"),
            Part(text=", #non @non"),
        ],
        length=38,
        limits=LIMITS,
        problems=[],
    )


@pytest.mark.parametrize(
    ("text", "media", "codes"),
    [
        ("👩‍👩‍👧‍👦" * 1000, (), []),
        ("a" * 1001, (), ["reply_too_long"]),
        ("\n", (), ["reply_empty"]),
        ("", (PICTURE,), []),
        ("ok", (PICTURE,) * 5, ["reply_too_many_media"]),
    ],
)
def test_preview_says_what_stands_against_a_reply(
    text: str, media: tuple[Attachment, ...], codes: list[str]
) -> None:
    assert [code for code, _ in preview(text, media).problems] == codes


def test_reply_is_refused_when_the_preview_has_a_problem() -> None:
    with pytest.raises(Refused) as refused:
        reply("a" * 1001)

    assert refused.value.details == {"problems": ["reply_too_long"]}

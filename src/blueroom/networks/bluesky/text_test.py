from __future__ import annotations

import pytest

from blueroom.networks.bluesky.text import facets, graphemes, mentioned, parts
from blueroom.networks.interface import Part


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("été", 3),
        ("e\u0301te\u0301", 3),
        ("👨‍👩‍👧‍👦🇫🇷👍🏽", 3),
        ("a\r\nb", 3),
        ("ก็", 1),
    ],
)
def test_graphemes_counts_what_a_reader_counts(text: str, length: int) -> None:
    assert graphemes(text) == length


def test_parts_cuts_a_text_at_tags_mentions_and_links() -> None:
    text = "Merci @Zoe.bsky.social ! Voir (https://example.org/a?b=1#c). #AskGuetta, #été2026"

    assert parts(text) == [
        Part(text="Merci "),
        Part(
            text="@Zoe.bsky.social",
            kind="mention",
            href="https://bsky.app/profile/zoe.bsky.social",
        ),
        Part(text=" ! Voir ("),
        Part(
            text="https://example.org/a?b=1#c",
            kind="link",
            href="https://example.org/a?b=1#c",
        ),
        Part(text="). "),
        Part(text="#AskGuetta", kind="tag", href="https://bsky.app/hashtag/AskGuetta"),
        Part(text=", "),
        Part(text="#été2026", kind="tag", href="https://bsky.app/hashtag/été2026"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b.fr",
        "@zoe",
        "#1",
        "#",
        "# a",
        "x#a",
        "#" + "a" * 65,
        "http//x",
        "#\ufe0f\u20e3",
        "#…",
    ],
)
def test_parts_leaves_what_bluesky_leaves_as_text(text: str) -> None:
    assert [part.kind for part in parts(text)] in (["text"], [])


def test_parts_leaves_a_link_whole_that_holds_a_mention() -> None:
    text = "https://example.org/(@zoe.test)"

    assert parts(text) == [Part(text=text, kind="link", href=text)]


def test_parts_together_are_the_text() -> None:
    text = "🎧 #a(b) https://x.test/(y) @z.test. #c\n\n#d https://x.test/z) fin"

    assert "".join(part.text for part in parts(text)) == text


def test_facets_count_bytes_and_leave_out_unknown_people() -> None:
    text = "🎧é @Zoe.test @nobody.test #été https://example.org/."
    cut = parts(text)

    made = facets(cut, {"zoe.test": "did:plc:zoe"})

    assert mentioned(cut) == ["zoe.test", "nobody.test"]
    kind = "app.bsky.richtext.facet#"
    assert made == [
        {
            "index": {"byteStart": 7, "byteEnd": 16},
            "features": [{"$type": f"{kind}mention", "did": "did:plc:zoe"}],
        },
        {
            "index": {"byteStart": 30, "byteEnd": 36},
            "features": [{"$type": f"{kind}tag", "tag": "été"}],
        },
        {
            "index": {"byteStart": 37, "byteEnd": 57},
            "features": [{"$type": f"{kind}link", "uri": "https://example.org/"}],
        },
    ]

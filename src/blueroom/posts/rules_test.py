import random
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from blueroom.networks.interface import Author, Post
from blueroom.posts import rules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def post(**changes: Any) -> Post:
    written: dict[str, Any] = {
        "network": "bluesky",
        "id": "at://did:plc:ines/app.bsky.feed.post/3k",
        "published_at": NOW,
        "author": Author(id="did:plc:ines", name="Inès", handle="ines.bsky.social"),
        "text": "Et la musique ?",
    }
    return Post(**(written | changes))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Bonsoir ?\n", "Bonsoir ?"),
        ("e\u0301te\u0301", "été"),
        ("a\x00b\x07c\x7f\x9bd", "abcd"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("one\n\n \n\t\n\ntwo", "one\n\ntwo"),
        ("half \ud83d pair", "half  pair"),
        ("\u202egnp.exe\u202c \u2066a\u2069 \u200eb", "gnp.exe a \u200eb"),
        ("\ufeffbom \uffff\ufdd0", "bom"),
        ("Z\u0335\u0321\u0322\u0323\u0324\u0325\u0326algo", "\u1e92\u0335\u0321\u0322algo"),
        ("👩🏽‍🚀 l’été\u202f? नमस्ते 1️⃣", "👩🏽‍🚀 l’été\u202f? नमस्ते 1️⃣"),
        ("tiếng Việt", "tiếng Việt"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ok\U000e0061\U000e0062",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ok",
        ),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_clean_text_keeps_what_was_written_without_what_breaks_screens(
    written: str, kept: str
) -> None:
    assert rules.clean_text(written) == kept
    assert rules.clean_text(kept) == kept


def test_clean_text_gives_storable_bounded_texts_that_do_not_change_again_whatever_comes() -> None:
    chance = random.Random(7)
    pieces = ["a", "é", "e\u0301", "\u0344", "\u0958", "\u1100", "\u1161", "\n", "\r\n", " ",
              "\x00",
              "\ud800", "\udfff", "\u202e", "\u200d", "\ufe0f", "😀", "\U000e0061", "\u0301" * 9,
              "\u0f71\u0f72", "🏴", "\U000e007f", "\u20e3", "\u3099", "か", "\ufeff"]  # fmt: skip
    for _ in range(3000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 30)))
        clean = rules.clean_text(text)
        clean.encode()
        assert clean == rules.clean_text(clean), ascii(text)
        assert unicodedata.is_normalized("NFC", clean), ascii(text)
        assert not rules._TOO_MANY_MARKS.search(clean), ascii(text)


def test_clean_line_is_one_line_cut_between_graphemes() -> None:
    assert rules.clean_line(" Zoé\n\tde   Lyon ") == "Zoé de Lyon"
    astronaut = "👩🏽‍🚀"
    assert rules.clean_line(astronaut * 100, 10) == astronaut * 2
    assert rules.clean_line("x" * 400) == "x" * 300
    assert len(rules.clean_line("a" + "\u200d" * 400)) <= 300


@pytest.mark.parametrize(
    ("address", "is_kept"),
    [
        ("https://bsky.app/profile/x/post/3k?a=b#c", True),
        ("HTTP://example.org", True),
        ("https://exämple.org/é", True),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("//example.org", False),
        ("https://user:secret@example.org/", False),
        ("https://example.org/\u202egnp", False),
        ("https://example.org/a b", False),
        ('https://example.org/"onclick="x', False),
        ("https://example.org\\@evil.org", False),
        (" https://example.org", False),
        ("data:text/html,x", False),
        ("https://example.org/" + "x" * 1000, False),
    ],
)
def test_clean_url_keeps_addresses_that_people_may_be_sent_to(address: str, is_kept: bool) -> None:
    assert rules.clean_url(address) == (address if is_kept else "")


@pytest.mark.parametrize(
    ("tag", "kept"),
    [("fr", "fr"), ("PT-br", "pt-br"), ("zh-Hant-HK-x-abcdef", "zh"), ("français", ""), ("", "")],
)
def test_clean_language_keeps_tags(tag: str, kept: str) -> None:
    assert rules.clean_language(tag) == kept


@pytest.mark.parametrize(
    ("version", "than", "expected"),
    [
        ("9", "10", True),
        ("10", "9", False),
        ("2026-11-23T10:00:00Z", "2026-11-23T12:00:00+01:00", True),
        ("2026-11-23T12:00:00+01:00", "2026-11-23T10:00:00Z", False),
        ("bafyabc", "bafyabd", False),
        ("", "3", False),
        ("2026-13-23T10:00:00Z", "2026-11-23T10:00:00Z", False),
        ("²", "3", False),
    ],
)
def test_is_older_knows_numbers_and_times(version: str, than: str, expected: bool) -> None:
    assert rules.is_older(version, than) is expected


def test_clean_post_returns_a_clean_post_as_it_is() -> None:
    written = post(lang="fr")
    cleaned, remarks = rules.clean_post(written, now=NOW)
    assert cleaned is written
    assert remarks == []


def test_clean_post_puts_what_each_picture_shows_on_one_line() -> None:
    alts = ["Un piano\nnoir\u202e", " ", "é" * 3_000, *["Un chat"] * 20]

    clean, remarks = rules.clean_post(post(alts=alts), now=NOW)

    assert clean.alts == ["Un piano noir", "é" * 2_000, *["Un chat"] * 7]
    assert (rules.clean_post(clean, now=NOW), remarks) == ((clean, []), [])


def test_clean_post_leaves_out_what_is_unusable_and_says_so() -> None:
    written = post(
        url="javascript:x",
        lat=91.0,
        lon=0.0,
        lang="français",
        in_reply_to="x" * 600,
        raw=b"x" * 300_000,
        published_at=NOW + timedelta(days=2),
        author=Author(id="a", name="x\n" * 400, followers=-1),
        version="v" * 200,
    )
    cleaned, remarks = rules.clean_post(written, now=NOW)
    assert cleaned == post(
        lang="fr",  # as the text tells
        author=Author(id="a", name=("x " * 150).strip()),
        version="sha256:" + sha256(b"v" * 200).hexdigest(),
    )
    assert remarks == [
        "time_clamped", "bad_followers", "bad_url", "bad_reference", "bad_point",
        "language_dropped", "raw_too_long",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "javascript:x"}, "bad_url"),
        ({"lat": 1.0}, "bad_point"),
        ({"lat": float("nan"), "lon": 1.0}, "bad_point"),
        ({"in_reply_to": "\x00"}, "bad_reference"),
        ({"author": Author(id="a", followers=2**70)}, "bad_followers"),
        ({"published_at": datetime(1999, 1, 1, tzinfo=UTC)}, "bad_time"),
        ({"published_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))}, "bad_time"),
    ],
)
def test_clean_post_refuses_what_is_unusable_when_strict(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(rules.PostRefused) as caught:
        rules.clean_post(post(**changes), now=NOW, is_strict=True)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ""}, "bad_id"),
        ({"id": "a\x00"}, "bad_id"),
        ({"id": "a\ud800"}, "bad_id"),
        ({"id": "a" * 513}, "bad_id"),
        ({"network": "Blue Sky"}, "bad_network"),
        ({"network": "x" * 41}, "bad_network"),
        ({"text": "a" * 10_001}, "text_too_long"),
        ({"text": " " * 200_000}, "text_too_long"),
        ({"author": Author(id="\u202e")}, "bad_author"),
        ({"published_at": datetime(2026, 1, 1)}, "bad_time"),  # noqa: DTZ001
    ],
)
def test_clean_post_refuses_what_cannot_be_kept(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(rules.PostRefused) as caught:
        rules.clean_post(post(**changes), now=NOW)
    assert caught.value.code == code


def test_clean_post_keeps_the_longest_lawful_text() -> None:
    text = "é" * 10_000
    assert rules.clean_post(post(text=text), now=NOW)[0].text == text


def test_clean_post_brings_times_to_utc() -> None:
    paris = timezone(timedelta(hours=1))
    cleaned, _ = rules.clean_post(post(published_at=NOW.astimezone(paris)), now=NOW)
    assert cleaned.published_at == NOW
    assert cleaned.published_at.tzinfo is UTC


def test_clean_post_is_quick_with_a_stack_of_marks_in_the_worst_order() -> None:
    # NFC alone takes eight seconds for each of these.
    text = "a" + "\u0301\u0327" * 45_000
    for _ in range(100):
        assert rules.clean_post(post(text=text), now=NOW)[0].text == "á\u0327\u0327\u0301"

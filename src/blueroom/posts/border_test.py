import json
import random
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from blueroom.networks.interface import Author, Post
from blueroom.posts.border import BODY_LIMIT_BYTES, BodyRefused, Refusal, check_posts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEFT_OUT: Any = object()


def item(**changes: Any) -> dict[str, Any]:
    written = {
        "network": "mastodon",
        "id": "1",
        "author": {"id": "a", "name": "Inès", "handle": "ines"},
        "text": "Et la musique ?",
        "published_at": "2026-11-23T11:59:00Z",
    }
    return {name: value for name, value in (written | changes).items() if value is not LEFT_OUT}


def body(*items: Any) -> bytes:
    return json.dumps(list(items)).encode()


def test_check_posts_reads_every_field_of_the_contract() -> None:
    whole = item(
        author={"id": "a", "name": "Inès", "handle": "ines", "followers": 7, "place": "Lyon"},
        url="https://example.org/1",
        in_reply_to="0",
        lat=45.76,
        lon=4.83,
        lang="fr",
        deleted=False,
        version="2",
        unknown={"ignored": [1, 2]},
    )
    sent = body(whole)
    checked = check_posts(sent, now=NOW)

    assert checked.refused == checked.remarks == []
    assert checked.posts == [
        Post(
            network="mastodon",
            id="1",
            published_at=datetime(2026, 11, 23, 11, 59, tzinfo=UTC),
            author=Author(id="a", name="Inès", handle="ines", followers=7, place="Lyon"),
            text="Et la musique ?",
            version="2",
            url="https://example.org/1",
            in_reply_to="0",
            lat=45.76,
            lon=4.83,
            lang="fr",
            raw=sent[1:-1],
        )
    ]


def test_check_posts_takes_nulls_and_short_deletions() -> None:
    nulls = item(url=None, lat=None, lon=None, lang=None, in_reply_to=None, deleted=None)
    deletion = item(deleted=True, author=LEFT_OUT, text=LEFT_OUT)
    checked = check_posts(body(nulls, deletion), now=NOW)
    assert checked.refused == []
    assert [(post.id, post.deleted) for post in checked.posts] == [("1", False), ("1", True)]


@pytest.mark.parametrize(
    ("bad", "code", "message"),
    [
        (item(id=LEFT_OUT), "missing_field", "id is missing."),
        (item(author={"name": "x"}), "missing_field", "author.id is missing."),
        (item(author=LEFT_OUT), "missing_field", "author is missing."),
        (item(author={"id": ""}), "bad_author", "author.id is empty."),
        (item(text=3), "wrong_type", "text: Expected str, got int."),
        (item(text=None), "wrong_type", "text: Expected str, got null."),
        (item(published_at="soon"), "bad_time", "published_at must be like 2026-11-23T10:00:00Z."),
        (item(published_at="2026-11-23T10:00:00"), "bad_time", None),
        (item(published_at=1700000000), "bad_time", None),
        (item(published_at="0001-01-01T00:00:00+14:00"), "bad_time", None),
        (item(url="javascript:alert(1)"), "bad_url", None),
        (item(lat=91, lon=2), "bad_point", None),
        (item(lat=1), "bad_point", None),
        (item(id="a\x00b"), "bad_id", None),
        (item(network="Mastodon"), "bad_network", None),
        (item(deleted="yes"), "wrong_type", None),
        (item(deleted=True, text=LEFT_OUT, id=4), "wrong_type", None),
        (item(text="x" * 10_001), "text_too_long", None),
        (item(author={"id": "a", "followers": 10**30}), "bad_followers", None),
        (3, "wrong_type", "the item: Expected object, got int."),
        (None, "wrong_type", None),
        ([], "wrong_type", None),
        ("post", "wrong_type", None),
        ({}, "missing_field", None),
    ],
)
def test_check_posts_refuses_a_bad_item_alone(bad: Any, code: str, message: str | None) -> None:
    checked = check_posts(body(item(id="before"), bad, item(id="after")), now=NOW)
    assert [post.id for post in checked.posts] == ["before", "after"]
    (refusal,) = checked.refused
    assert (refusal.index, refusal.code) == (1, code)
    assert message is None or refusal.message == message


def test_check_posts_says_what_it_changed() -> None:
    checked = check_posts(body(item(), item(published_at="2036-01-01T00:00:00Z")), now=NOW)
    assert checked.posts[1].published_at == NOW
    assert checked.remarks == [
        Refusal(
            1,
            "time_clamped",
            "published_at is more than a day ahead; the present moment was kept instead.",
        )
    ]


def test_check_posts_cleans_texts_and_halves_of_pairs() -> None:
    sent = body(
        item(text="a\x00\ud83d \u202eb \\ud83d", author={"id": "a", "name": "\udc00N\u202e"})
    )
    (post,) = check_posts(sent, now=NOW).posts
    assert post.text == "a b \\ud83d"
    assert post.author.name == "N"


def test_check_posts_keeps_whole_pairs_beside_halves() -> None:
    (post,) = check_posts(body(item(text="😀 \ud83d 👩🏽‍🚀")), now=NOW).posts
    assert post.text == "😀  👩🏽‍🚀"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "body_not_json"),
        (b"[", "body_not_json"),
        (b"[tru]", "body_not_json"),
        (b"[NaN]", "body_not_json"),
        (b"[1] 2", "body_not_json"),
        (b"hello", "body_not_json"),
        (b"\xef\xbb\xbf[]", "body_not_json"),
        (b"[" * 100_000, "body_not_json"),
        (b'[{"a":' * 50_000, "body_not_json"),
        (b'[{"id":"\x01"}]', "body_not_json"),
        (b'["\\ud800', "body_not_json"),
        (b"{}", "body_not_array"),
        (b"null", "body_not_array"),
        (b'"text"', "body_not_array"),
        (b"[\xff]", "body_not_utf8"),
        (b'["\xed\xa0\x80"]', "body_not_utf8"),
        (b"[" + b",".join([b"{}"] * 5001) + b"]", "too_many_items"),
        (b" " * (BODY_LIMIT_BYTES + 1), "body_too_large"),
    ],
)
def test_check_posts_refuses_a_body_of_which_nothing_can_be_taken(sent: bytes, code: str) -> None:
    with pytest.raises(BodyRefused) as caught:
        check_posts(sent, now=NOW)
    assert caught.value.code == code


def test_check_posts_takes_an_empty_array_and_five_thousand() -> None:
    assert check_posts(b" [ ] ", now=NOW).posts == []
    assert len(check_posts(body(*[item()] * 5000), now=NOW).posts) == 5000


def test_check_posts_answers_anything_with_posts_or_a_foreseen_refusal() -> None:
    chance = random.Random(11)
    values = [None, True, 0, -1, 1.5, 10**30, "", "x", "\x00", "\ud800", "é" * 20_000, [], {}, [[]],
              {"id": 1}, {"id": "a", "name": []}, "2026-11-23T10:00:00Z",
              "9999-12-31T23:59:59-14:00",
              "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "http://[", "https://x", -1e308,
              "\u202e", "👩🏽‍🚀" * 300, "a" + "\u0301" * 500]  # fmt: skip
    for _ in range(3000):
        names = chance.sample([*item(version="", url="", lat=0, lon=0, deleted=True)], 3)
        sent = body(item(**{name: chance.choice(values) for name in names}))
        for _ in range(chance.choice([0, 0, 1, 3])):
            at = chance.randrange(len(sent))
            sent = sent[:at] + bytes([chance.randrange(256)]) + sent[at + chance.randrange(2) :]
        try:
            checked = check_posts(sent, now=NOW)
        except BodyRefused:
            continue
        msgspec.json.encode([checked.posts, checked.refused, checked.remarks])

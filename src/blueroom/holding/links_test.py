from __future__ import annotations

import pytest

from blueroom.holding.links import links
from blueroom.holding.words import WORD


def found(text: str, *allowed: str) -> list[tuple[int, str]]:
    plain = set(WORD.findall(text.lower()))
    return [
        (severity, text[start:end]) for severity, start, end in links(text, plain, set(allowed))
    ]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("Voir https://Example.org/a?b=1.", [(2, "https://Example.org/a?b=1.")]),
        ("sur example.com, ou www.example.net/x", [(2, "example.com"), (2, "www.example.net/x")]),
        ("hxxps://gift[.]example[.]net/1", [(3, "hxxps://gift[.]example[.]net/1")]),
        ("bit.ly/abc", [(3, "bit.ly/abc")]),
        ("t.me/abc", [(3, "t.me/abc")]),
        ("e x a m p l e . c o m", [(3, "e x a m p l e . c o m")]),
        ("go to example dot com", [(3, "example dot com")]),
    ],
)
def test_links_finds(text: str, findings: list[tuple[int, str]]) -> None:
    assert found(text) == findings


@pytest.mark.parametrize(
    "text",
    ["Fini.la suite ?", "Merci.on revient", "@ana.bsky.social", "3.5 sur 5", "ah...ok"],
)
def test_links_finds_none_in_ordinary_punctuation(text: str) -> None:
    assert found(text) == []


def test_links_lets_allowed_domains_and_what_is_below_them_through() -> None:
    assert found("www.radio.example.org/live et example.org", "example.org") == []
    assert found("https://notexample.org", "example.org") == [(2, "https://notexample.org")]
    assert found("https://example.org@evil.example.net/", "example.org") == [
        (2, "https://example.org@evil.example.net/")
    ]

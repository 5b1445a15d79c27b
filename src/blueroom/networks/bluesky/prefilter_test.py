from __future__ import annotations

import itertools
import json
from typing import Any
from unicodedata import normalize

import pytest

from blueroom.networks.bluesky.prefilter import REMEMBERED_WORDS, Prefilter

DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"


def line(
    record: dict[str, Any], *, operation: str = "create", v2: bool = False, **style: Any
) -> bytes:
    """A line as Jetstream writes it; `style` is json.dumps's."""
    commit: dict[str, Any] = {
        "rev": "3mptbypcq372f",
        "operation": operation,
        "collection": "app.bsky.feed.post",
    }
    commit |= {"rkey": "3mptbyoeyc22k", "record": record, "cid": "bafyreia"}
    whole: dict[str, Any] = {"did": DID, "time_us": 1, "kind": "commit", "commit": commit}
    if v2:
        head = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": 1, "did": DID}
        whole = {"$type": "message", "payload": {**head, "time": "2026-07-04T14:38:06Z", **commit}}
    style = {"ensure_ascii": False, "separators": (",", ":"), **style}
    return json.dumps(whole, **style).encode(errors="surrogatepass")


def post(text: str = "", of: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """A record in the order of keys of the real ones, with a facet for each of `of`."""
    features = [[{"$type": "app.bsky.richtext.facet#tag", "tag": tag}] for tag in of]
    facets = [{"features": one, "index": {"byteEnd": 2, "byteStart": 1}} for one in features]
    return {"$type": "app.bsky.feed.post", "facets": facets, "langs": ["fr"], "text": text} | fields


LINK = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/#top"}
OTHERS = [
    post("rien du tout"),
    post("un lien", facets=[{"features": [LINK], "index": {"byteEnd": 9, "byteStart": 0}}]),
    post("autre chose #musique", ("musique",)),
    post("près du but #MonAskGuetta #ask", ("MonAskGuetta", "ask")),
    post("le mot AskGuetta sans dièse, \n à la ligne \\ et \"entre guillemets\""),
    post('presque fini #tag'),
]  # fmt: skip
STYLES = [{}, {"ensure_ascii": True}, {"separators": None}]


@pytest.mark.parametrize("v2", [False, True])
def test_lines_leaves_out_posts_without_our_tags(v2: bool) -> None:
    others = [line(record, v2=v2) for record in OTHERS[:-1]]

    assert Prefilter(["AskGuetta", "été2026"]).lines(others) == []


@pytest.mark.parametrize("v2", [False, True])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "tag", ["AskGuetta", "été2026", "Straße", "質問", "Ísafjörður", "tag", "link", "commit"]
)
def test_lines_finds_our_tag_however_it_is_written(
    tag: str, style: dict[str, Any], v2: bool
) -> None:
    written = [tag, tag.upper(), tag.lower(), tag.casefold(), normalize("NFD", tag)]
    records = [
        record
        for word in written
        for record in (
            post(f"enfin #{word}"),
            post(f"#{word}, pourquoi ?"),
            post(f"un\n#{word}\ndeux"),
            post(f'"#{word}"'),
            post(f"#autre#{word}"),
            post(f"\uff03{word}"),
            post("sans texte", (word,)),
            post("deux", ("autre", word)),
            post("avec dièse", (f"#{word}",)),
            post("dans la liste", tags=["autre", word]),
            post(
                "autre ordre",
                facets=[{"features": [{"tag": word, "$type": "app.bsky.richtext.facet#tag"}]}],
            ),
        )
    ]
    ours = [line(record, v2=v2, **style) for record in records]
    others = [line(record, v2=v2, **style) for record in OTHERS]
    mixed = list(itertools.chain.from_iterable(zip(ours, itertools.cycle(others), strict=False)))

    found = Prefilter(["other", tag]).lines(mixed)

    assert [one for one in found if one in set(ours)] == ours


def test_lines_finds_every_change_to_what_we_may_have() -> None:
    changes = [line(post("sans rien"), operation=word) for word in ("update", "delete")]

    assert Prefilter(["AskGuetta"]).lines(changes) == changes


def test_lines_finds_what_is_no_post() -> None:
    news = [b'{"did":"did:plc:a","time_us":1,"kind":"account"}', b"", b"\xff{", b"[]"]

    assert Prefilter(["AskGuetta"]).lines(news) == news


def test_lines_goes_on_after_more_words_than_it_remembers() -> None:
    prefilter = Prefilter(["AskGuetta"])
    ours = line(post("#AskGuetta"))
    for start in range(0, REMEMBERED_WORDS + 5_000, 5_000):
        text = " ".join(f"#mot{number}" for number in range(start, start + 5_000))
        assert prefilter.lines([line(post(text)), ours]) == [ours]


def test_lines_finds_nothing_for_a_session_without_tags() -> None:
    assert Prefilter([]).lines([line(post("#AskGuetta", ("AskGuetta",)))]) == []

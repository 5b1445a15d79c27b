from __future__ import annotations

from typing import Any

import msgspec
import pytest

from blueroom.networks.bluesky.tags import Tags, folded_tags
from blueroom.networks.bluesky.wire import Record


def record(**fields: Any) -> Record:
    return msgspec.convert(fields, Record)


def facet(tag: object, kind: str = "app.bsky.richtext.facet#tag") -> dict[str, Any]:
    return {"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": kind, "tag": tag}]}


@pytest.mark.parametrize(
    "text",
    [
        "#AskGuetta",
        "why? #askguetta",
        "#ASKGUETTA!",
        "(#AskGuetta)",
        "«#AskGuetta»",
        "#AskGuetta, why?",
        "un\n#AskGuetta\ndeux",
        "\uff03AskGuetta",
        "🎧#AskGuetta🎧",
        "#AskGuetta-",
        "##AskGuetta",
        "#As\u212aGuetta",  # the sign of Kelvin, which is a "k"
    ],
)
def test_tags_are_in_a_text_that_holds_one_of_them(text: str) -> None:
    assert Tags(["AskGuetta"]).are_in(record(text=text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AskGuetta",
        "#AskGuettaFans",
        "#AskGuetta_2",
        "#AskGuetta-fans",
        "#AskGuetta·e",
        "#AskGuetta's",
        "#MaskGuetta",
        "x#AskGuetta",
        "https://example.org/#AskGuetta",
        "&#AskGuetta",
        "# AskGuetta",
        "#Ask Guetta",
    ],
)
def test_tags_are_not_in_a_text_with_something_alike(text: str) -> None:
    assert not Tags(["AskGuetta"]).are_in(record(text=text))


@pytest.mark.parametrize("written", ["Été", "ÉTÉ", "été", "e\u0301te\u0301", "E\u0301TE\u0301"])
@pytest.mark.parametrize("wanted", ["été", "ÉTÉ", "e\u0301te\u0301"])
def test_tags_are_equal_whatever_the_case_and_composition_of_accents(
    wanted: str, written: str
) -> None:
    tags = Tags([wanted])
    assert tags.are_in(record(text=f"bel #{written} !"))
    assert tags.are_in(record(tags=[written]))
    assert tags.are_in(record(facets=[facet(written)]))
    assert not tags.are_in(record(text="#ete"))


def test_tags_are_in_facets_and_lists_only_whole() -> None:
    tags = Tags(["AskGuetta", "été"])
    assert tags.are_in(record(facets=[facet("askguetta")]))
    assert tags.are_in(record(facets=[facet("#AskGuetta")]))
    assert tags.are_in(record(tags=["music", "ASKGUETTA"]))
    assert not tags.are_in(record(tags=["askguettafans"], facets=[facet("ask"), facet("étés")]))


def test_tags_are_not_in_facets_of_another_kind() -> None:
    strange = [
        facet("AskGuetta", "org.example.facet#tag"),
        facet({"of": "another program"}),
        facet(None),
    ]
    assert not Tags(["AskGuetta"]).are_in(record(facets=strange))


def test_tags_of_nothing_are_in_nothing() -> None:
    assert not Tags([]).are_in(record(text="# #AskGuetta", tags=[""]))


def test_folded_tags_leaves_out_signs_repetitions_and_empty_ones() -> None:
    assert folded_tags(["#AskGuetta", " askguetta ", "#", "", "Été"]) == ("askguetta", "été")

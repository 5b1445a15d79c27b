from __future__ import annotations

import pytest

from blueroom.holding.letters import fold
from blueroom.holding.private import private
from blueroom.holding.words import WORD


def found(text: str) -> list[tuple[str, str]]:
    folded = fold(text)
    plain = set(WORD.findall(folded))
    return [(code, folded[start:end]) for code, start, end in private(text, folded, plain)]


@pytest.mark.parametrize(
    ("text", "code", "excerpt"),
    [
        ("Appelez le 01 99 00 12 34 !", "phone", "01 99 00 12 34"),
        ("06.39.98.12.34", "phone", "06.39.98.12.34"),
        ("+33 6 39 98 12 34", "phone", "+33 6 39 98 12 34"),
        ("le (+33)639 98 12 34", "phone", "(+33)639 98 12 34"),
        ("07700 900123", "phone", "07700 900123"),
        ("(617) 555-0123", "phone", "(617) 555-0123"),
        ("call me on 555-0123", "phone", "555-0123"),
        ("０１ ９９ ００ １２ ３４", "phone", "01 99 00 12 34"),
        (
            "zéro six, trente-neuf, douze, dix",
            "phone",
            "zero six, trente-neuf, douze, dix",
        ),
        ("lea@example.org", "email", "lea@example.org"),
        ("lea(at)example.org", "email", "lea(at)example.org"),
        ("lea arobase example point fr", "email", "lea arobase example point fr"),
        ("lea dot may at example dot net", "email", "lea dot may at example dot net"),
        ("au 12 bis rue des Lilas", "address", "12 bis rue des lilas"),
        ("He lives at 4b specimen close", "address", "lives at 4b specimen close"),
        ("FR14 2004 1010 0505 0001 3M02 606", "iban", "fr14 2004 1010 0505 0001 3m02 606"),
        ("IBAN GB33BUKB20201555555555.", "iban", "gb33bukb20201555555555"),
        ("4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        ("National Insurance QQ 12 34 56 C", "identity", "qq 12 34 56 c"),
        ("1 71 05 99 999 999 60", "identity", "1 71 05 99 999 999 60"),
    ],
)
def test_private_finds(text: str, code: str, excerpt: str) -> None:
    assert (code, excerpt) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Le 14/07/2026 à 20 h 30 ?",
        "01.02.2024 18:30",
        "1998, 2002, 2006 et 2010",
        "1 250 000 ventes, 3 000 000 d'écoutes",
        "salut @ana.bsky.social et @bob@social.example",
        "FR14 2004 1010 0505 0001 3M02 607",  # wrong checksum
        "4111 1111 1111 1112",  # same
        "À 2 places de la victoire",
        "3 songs on the road",
        "u2 3am",
        "555-0123",
        "Il reste zéro place",
        "points 2 - 4 at block 12.5",
        "u_01503677c1",
    ],
)
def test_private_finds_nothing_in_dates_counts_and_mentions(text: str) -> None:
    assert found(text) == []

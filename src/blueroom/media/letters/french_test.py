from __future__ import annotations

import pytest

from blueroom.media.letters.french import is_french, with_french_spaces

NARROW, WIDE = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Pourquoi?", f"Pourquoi{NARROW}?"),
        ("Pourquoi ?", f"Pourquoi{NARROW}?"),
        ("Quoi!? Non ; oui", f"Quoi{NARROW}!? Non{NARROW}; oui"),
        ("La suite : demain", f"La suite{WIDE}: demain"),
        ("Il dit «oui» ou « non »", f"Il dit «{WIDE}oui{WIDE}» ou «{WIDE}non{WIDE}»"),
        ("Vraiment ?😀", f"Vraiment{NARROW}?😀"),
        ("(vraiment ?)", f"(vraiment{NARROW}?)"),
        ("À 20:47, https://a.fr/?q=1&b;c", "À 20:47, https://a.fr/?q=1&b;c"),
        ("Merci :) ;-)", "Merci :) ;-)"),
        ("?", "?"),
        ("", ""),
    ],
)
def test_french_spaces(typed: str, set_: str) -> None:
    assert with_french_spaces(typed) == set_
    assert with_french_spaces(set_) == set_


def test_french_is_told_by_its_tag() -> None:
    assert [is_french(tag) for tag in ("fr", "FR-ca", "en", "", "fro")] == [
        True,
        True,
        False,
        False,
        False,
    ]

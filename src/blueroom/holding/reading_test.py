from __future__ import annotations

import pytest

from blueroom.holding.letters import fold
from blueroom.holding.reading import Token, read_words
from blueroom.holding.words import Words

WORDS = Words()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("c0nnard", "connard"),
        ("c o n n a r d", "connard"),
        ("c.o.n.n.a.r.d", "connard"),
        ("con-nard", "connard"),
        ("connnaaaard", "connard"),
        ("enc*lé", "encule"),
        ("f u c k y o u", "fuck you"),
        ("@sshole", "asshole"),
        ("sh!t", "shit"),
        ("m*rde", "merde"),
        ("cоnnаrd", "connard"),  # Cyrillic o and a
        ("con\u200bnard", "connard"),
        ("y a-t-il", "y a t il"),
        ("peut-être 20h30", "peut etre 20h30"),
        ("S.N.C.F. et Y.M.C.A.", "s n c f et y m c a"),
        ("hôtel 5***", "hotel 5"),
    ],
)
def test_read_words_sees_through_odd_spellings(written: str, read: str) -> None:
    tokens = read_words(fold(written), WORDS.lexicon("fr"))

    assert " ".join(token.word for token in tokens) == read


def test_read_words_keeps_the_places_of_what_was_written() -> None:
    assert read_words("un c0n ici", WORDS.lexicon("fr")) == [
        Token("un", 0, 2),
        Token("con", 3, 6),
        Token("ici", 7, 10),
    ]


def test_read_words_stays_quick_on_a_text_made_to_be_slow() -> None:
    text = "c*n " * 2_000 + "a.b" * 2_000 + " a" * 2_000

    assert len(read_words(text, WORDS.lexicon("fr"))) > 2_000

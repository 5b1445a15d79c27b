from __future__ import annotations

import pytest

from blueroom.grouping.wording import Wording, best_wording


@pytest.mark.parametrize(
    ("texts", "best"),
    [
        (["QUEL EST VOTRE PLAT PRÉFÉRÉ", "Quel est votre plat préféré ?"], 1),
        (["plat préféré ?", "c koi ton plat préféré", "Quel est votre plat préféré ?"], 2),
        (["What is your favourite dish?", "Quel est votre plat préféré ?"], 1),
        (["Quel est votre plat préféré ?", "Quel est votre plat préféré ? #a #b 🔥🔥🔥"], 0),
        (["Quel est votre plta préféré ?", "Quel est votre plat préféré ?", "Plat préféré ?"], 1),
        ([f"Quel est votre plat préféré {'et puis ' * 40}?", "Quel plat aimez-vous tous ?"], 1),
    ],
)
def test_best_wording_is_a_whole_readable_question_in_the_heads_language(
    texts: list[str], best: int
) -> None:
    wordings = [Wording(key, text) for key, text in enumerate(texts)]

    assert best_wording(wordings, "fr") == wordings[best]


def test_best_wording_of_equals_is_the_first() -> None:
    wordings = [Wording(key, "Do you like the sea?", "en") for key in ("b", "a")]

    assert best_wording(wordings) == wordings[0]

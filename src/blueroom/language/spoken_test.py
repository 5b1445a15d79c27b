from __future__ import annotations

import pytest

from blueroom.language.spoken import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Tu viens quand à Lyon ?", "fr"),
        ("t ou sur la photo mdr", "fr"),
        ("Ça se mange comment, l’oursin ?", "fr"),
        ("when r u coming to Lyon", "en"),
        ("What did Zoë and René tell the café?", "en"),
        ("¿Cuándo vienes a Sevilla?", "es"),
        ("Quando você volta para o Brasil?", "pt"),
        ("Wann kommst du wieder nach Köln?", "de"),
        ("Quando torni a suonare qui?", "it"),
        ("Wanneer kom je weer naar ons land?", "nl"),
        ("いつ書きますか？", "ja"),
        ("متى تكتبين؟", "ar"),
        ("Когда вы приедете?", "ru"),
        ("Nour 😍 https://example.com/the-and-of", ""),
        ("@the_and_of #les", ""),
        ("D:", ""),
        ("Qui ?", ""),  # French and Italian
        ("", ""),
    ],
)
def test_language_of_tells_it_where_the_text_does(text: str, language: str) -> None:
    assert language_of(text) == language

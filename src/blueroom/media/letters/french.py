"""The spaces that French puts before its punctuation, which must not become the end of a line.

Source: Lexique des règles typographiques en usage à l'Imprimerie nationale, « Ponctuation ».
"""

from __future__ import annotations

import regex

NARROW = "\u202f"  # espace fine insécable
WIDE = "\u00a0"  # espace mots insécable

# A mark followed by a letter or a slash belongs to an address or a time; one that nothing precedes
# to an emoticon.
_HIGH = regex.compile(r"(?<=[^\s;!?:¡¿«(\[])\s*([!?]+)(?![\p{L}\p{N}/=&_#%])")
_SEMICOLON = regex.compile(r"(?<=[^\s;!?:«(\[])\s*;(?=\s|$)")
_COLON = regex.compile(r"(?<=[^\s;!?:«(\[])\s*:(?=\s|$)")
_OPENING = regex.compile(r"«\s*(?=\S)")
_CLOSING = regex.compile(r"(?<=\S)\s*»")


def is_french(language: str) -> bool:
    return language.lower().split("-")[0] == "fr"


def with_french_spaces(text: str) -> str:
    """The text with narrow spaces before ; ! ? and wide ones before : and inside « »."""
    text = _HIGH.sub(rf"{NARROW}\1", text)
    text = _SEMICOLON.sub(f"{NARROW};", text)
    text = _COLON.sub(f"{WIDE}:", text)
    text = _OPENING.sub(f"«{WIDE}", text)
    return _CLOSING.sub(f"{WIDE}»", text)

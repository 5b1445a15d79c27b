"""How names of places are compared: what people type differently is the same key."""

from __future__ import annotations

import re
import unicodedata

_APART = re.compile(r"[^\w]+|_")
_SAINT = re.compile(r"\bsaint(e?)\b")


def key_of(name: str) -> str:
    """The name without accents, case and punctuation: "Saint-Étienne" is "st etienne"."""
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "OE"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _SAINT.sub(r"st\1", _APART.sub(" ", plain.casefold()).strip())

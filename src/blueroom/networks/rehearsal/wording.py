"""How a text is said: its opening and closing, its typography, its haste."""

from __future__ import annotations

import unicodedata
from random import Random

from blueroom.networks.rehearsal.audience import Line, read_dressings
from blueroom.networks.rehearsal.options import Language, Options

BARE_IN_FIVE = 3  # of five texts, those that come without dressing the first time
SPACES = ("\u202f", "\u00a0", " ", "")  # before ? and !, as the French really type it
NO_ACCENTS = str.maketrans("àâäáéèêëíîïóôöúùûüçÀÂÉÈÊËÎÏÔÙÛÇ", "aaaaeeeeiiiooouuuucAAEEEEIIOUUC")


class Wording:
    """Says the texts of one rehearsal in one language."""

    def __init__(self, options: Options, language: Language) -> None:
        self._tags = [f"#{tag}" for tag in options.tags]
        self._is_french = language == "fr"
        frames = [
            (f"{d.text} ", "") if d.where == "opening" else ("", f" {d.text}")
            for d in read_dressings(language)
        ]
        self._frames = [tuple(with_guest(part, options) for part in frame) for frame in frames]
        self._light = sum(d.where == "light" for d in read_dressings(language))

    def dress(self, text: str, *, line: Line, number: int, turn: int, town: str) -> str:
        """The text with what people put around it; another for every `turn` of the same text."""
        if turn == 0 and number % 5 < BARE_IN_FIVE:
            return text
        choices = self._light if line.whole or line.kind == "message" else len(self._frames)
        place = (number * 17 + turn) % choices
        before, after = self._frames[place]
        if "{place}" in before:
            if not town:
                before, after = self._frames[place % self._light]
            before = before.replace("{place}", town)
        return f"{before}{text}{after}"

    def type(self, text: str, rng: Random) -> str:
        """The text as hurried, careful and careless people type it."""
        if self._is_french:
            space = SPACES[int(rng.random() * 4)]
            if space != " ":
                text = text.replace(" ?", f"{space}?").replace(" !", f"{space}!")
        habit = rng.random()
        if habit < 0.24:
            text = self._hurried(text, habit)
        if self._tags:
            text = self._tagged(text, rng)
        return text

    def _hurried(self, text: str, habit: float) -> str:
        if habit < 0.06:
            return text.lower()
        if habit < 0.12:
            return text.translate(NO_ACCENTS).lower() if self._is_french else text.lower()
        if habit < 0.17:
            return text[:-1].rstrip() if text.endswith("?") else text
        if habit < 0.21:
            return f"{text}?" if text.endswith("?") else text
        if habit < 0.22:
            return text.upper() if len(text) < 80 else text
        return unicodedata.normalize("NFD", text)

    def _tagged(self, text: str, rng: Random) -> str:
        habit = rng.random()
        tag = self._tags[int(rng.random() * len(self._tags))]
        if habit < 0.35:
            return f"{text} {tag}"
        return f"{tag} {text}" if habit < 0.45 else text


def with_guest(text: str, options: Options) -> str:
    """The text with the guest's name in its place."""
    return text.replace("{guest}", options.guest_name) if "{guest}" in text else text


def with_numbers(text: str, rng: Random) -> str:
    """The text with fresh digits in its places, so that no two are alike."""
    while "{n" in text:
        text = text.replace("{n2}", f"{int(rng.random() * 100):02}", 1)
        text = text.replace("{n3}", f"{int(rng.random() * 1000):03}", 1)
        text = text.replace("{number}", str(int(rng.random() * 9000) + 1000), 1)
    return text

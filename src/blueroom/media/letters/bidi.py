"""In which order a line's letters stand, where some are read from right to left.

The Unicode Bidirectional Algorithm (https://unicode.org/reports/tr9/, revision 50, read 2026-11-26)
without explicit embeddings and isolates, which are taken out of people's words before, and without
rule N0 (pairs of brackets).
"""

from __future__ import annotations

import unicodedata

_NUMBERS = ("EN", "AN")
_NEUTRAL = ("B", "S", "WS", "ON", "BN")


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is read from the right (rules P2 and P3)."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def levels_of(text: str, *, is_rtl: bool) -> list[int]:
    """The level of each letter: odd ones are read from the right."""
    base = int(is_rtl)
    edge = "R" if is_rtl else "L"
    kinds = _resolved_numbers([unicodedata.bidirectional(letter) or "L" for letter in text], edge)
    kinds = _resolved_neutrals(kinds, edge)
    step = {"L": base, "R": 1 - base, "EN": 2 - base, "AN": 2 - base}
    return [base + step[kind] for kind in kinds]


def _resolved_numbers(kinds: list[str], edge: str) -> list[str]:
    """Rules W1 to W7."""
    out = list(kinds)
    strong = previous = edge
    for at, kind in enumerate(out):
        if kind == "NSM":
            kind = previous  # noqa: PLW2901 - rule W1 is applied before the others
        previous = kind
        if kind in ("L", "R", "AL"):
            strong = kind
        out[at] = "AN" if kind == "EN" and strong == "AL" else kind
    for at in range(1, len(out) - 1):
        before, kind, after = out[at - 1 : at + 2]
        if before == after and (
            (kind == "CS" and before in _NUMBERS) or (kind, before) == ("ES", "EN")
        ):
            out[at] = before
    _join_signs(out)
    strong = edge
    for at, kind in enumerate(out):
        if kind in ("L", "R", "AL"):
            strong = kind
        if kind == "EN" and strong == "L":
            out[at] = "L"
        elif kind in ("ES", "ET", "CS"):
            out[at] = "ON"
        elif kind == "AL":
            out[at] = "R"
    return out


def _join_signs(kinds: list[str]) -> None:
    """Rule W5: signs such as % and € go with the European number beside them."""
    for order in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):
        for at in order:
            beside = at - order.step
            if kinds[at] == "ET" and kinds[beside] == "EN":
                kinds[at] = "EN"


def _resolved_neutrals(kinds: list[str], edge: str) -> list[str]:
    """Rules N1 and N2."""
    out = list(kinds)
    at = 0
    while at < len(out):
        end = at
        while end < len(out) and out[end] not in ("L", "R", *_NUMBERS):
            end += 1
        if end > at:
            before = _side(out[at - 1]) if at else edge
            after = _side(out[end]) if end < len(out) else edge
            out[at:end] = [before if before == after else edge] * (end - at)
        at = end + 1
    return out


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"


def visual_order(levels: list[int]) -> list[int]:
    """Which of a line's runs stands first, second, … from the left (rule L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = end + 1
    return order

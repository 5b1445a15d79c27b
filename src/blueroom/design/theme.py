"""A room's own look: from a few choices all the tokens of its screens, and whether they are read.

The house's own are those of web/tokens.css, a test compares: one by "day" and one on "air".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from blueroom.design.colours import LARGE, TEXT, contrast, lighten, mix, nearest

Light = Literal["day", "air"]
Choice = Literal["accent", "ground", "card"]
LIGHTS: tuple[Light, ...] = ("day", "air")
CHOICES: tuple[Choice, ...] = ("accent", "ground", "card")

# What a choice is where nobody chose.
OF_CHOICE: dict[Choice, str] = {"accent": "blue", "ground": "wall", "card": "fur"}

HOUSE: dict[Light, dict[str, str]] = {
    "day": {
        "fur": "#fffdf8",
        "wall": "#dceaf6",
        "wall-top": "#eaf3fb",
        "sky": "#c3ddf2",
        "ground": "#e6f1fa",
        "ground-end": "#c9e0f3",
        "lamp": "#ffffff",
        "moonlight": "#ffffff",
        "shade": "#344a70",
        "gleam": "#6888cc",
        "haze": "#f9dde3",
        "field": "#ffffff",
        "faint": "#5d7389",
        "periwinkle": "#d5d8f5",
        "blush": "#f9dde3",
        "peach": "#fce4d2",
        "mint": "#d5eee2",
        "butter": "#fff1c7",
        "ink": "#14283c",
        "ink-2": "#3b5369",
        "blue": "#1c5d99",
        "live": "#a8281f",
        "on-live": "#ffffff",
        "green": "#1b6b4a",
        "amber": "#8a5200",
        "plum": "#6b3a86",
        "edge": "#5f7b97",
        "line": "#c9daea",
        "card": "#fffdf8",
        "card-2": "#fce4d2",
        "card-3": "#d5eee2",
        "card-4": "#d5d8f5",
        "solid": "#14283c",
        "on-solid": "#ffffff",
        "land": "#fffdf8",
        "land-end": "#f5f1ea",
        "coast": "#5a8cbe",
        "heat": "#b02a21",
    },
    "air": {
        "fur": "#13243a",
        "wall": "#0b1726",
        "wall-top": "#16293f",
        "sky": "#1d3550",
        "ground": "#16293f",
        "ground-end": "#0a1524",
        "lamp": "#ffb880",
        "moonlight": "#5a78d2",
        "shade": "#344a70",
        "gleam": "#6888cc",
        "haze": "#3a2433",
        "field": "#0b1726",
        "faint": "#8fa9c2",
        "periwinkle": "#252c4e",
        "blush": "#3a2433",
        "peach": "#2a2b3f",
        "mint": "#1b3440",
        "butter": "#35321f",
        "ink": "#f3f7fb",
        "ink-2": "#a9c2da",
        "blue": "#8cc4f5",
        "live": "#ff6b5e",
        "on-live": "#0b1726",
        "green": "#9be3c3",
        "amber": "#ffe08a",
        "plum": "#cdb4e6",
        "edge": "#7f9bb8",
        "line": "#24405e",
        "card": "#13243a",
        "card-2": "#2a2b3f",
        "card-3": "#1b3440",
        "card-4": "#252c4e",
        "solid": "#f3f7fb",
        "on-solid": "#0b1726",
        "land": "#27456a",
        "land-end": "#182d47",
        "coast": "#96c8fa",
        "heat": "#ffe8c8",
    },
}

# How much lighter or darker than the chosen ground its neighbours are: as the house's own are.
_AROUND: dict[Light, dict[str, float]] = {
    "day": {"wall": 0, "wall-top": 0.03, "sky": -0.04, "ground": 0.02, "ground-end": -0.03},
    "air": {"wall": 0, "wall-top": 0.07, "sky": 0.11, "ground": 0.07, "ground-end": -0.01},
}
# The heat map's sea is the ground. Its land is as much lighter than the card, or at night than the
# ground where no card is chosen, as the house's own is; its coasts stand off from the ground.
_LAND: dict[Light, dict[Choice, float]] = {
    "day": {"card": 0},
    "air": {"card": 0.13, "ground": 0.18},
}
_LAND_END: dict[Light, float] = {"day": -0.035, "air": -0.09}
_COAST: dict[Light, float] = {"day": -0.3, "air": 0.6}
WORDMARK = 2.0  # as many times wider than high, a logo says the room's name itself
_MOULDING: dict[Light, float] = {"day": -0.3, "air": -0.12}  # its shadow, beside the ground
_MOULDING_SEEN = "42"  # of ff
_LAMPLIGHT = 0.34  # the strongest that a lamp shines on a wall at night, see walls/web/wall.css

_GROUNDS = ("wall", "wall-top", "sky", "ground", "ground-end", "field")
_CARDS = ("fur", "card-2", "card-3", "card-4")
_STATES = ("blush", "butter", "mint")
_LANDS = ("land", "land-end")
_TEXTS = ("ink", "ink-2", "blue", "green", "amber", "plum")

NAMES: dict[str, Any] = {
    "ink": _("the text"),
    "ink-2": _("the second text"),
    "blue": _("the accent"),
    "live": _("“on air”"),
    "green": _("the green of what is well"),
    "amber": _("the amber of what is held"),
    "plum": _("the plum of what is waited for"),
    "faint": _("what empty fields suggest"),
    "edge": _("the edges of fields and buttons"),
    "on-solid": _("the text of strong buttons"),
    "on-live": _("the text on “on air”"),
    "solid": _("the accent"),
    "wall": _("the ground"),
    "wall-top": _("the lightest part of the ground"),
    "sky": _("the deepest part of the ground"),
    "ground": _("the upper part of the walls"),
    "ground-end": _("the lower part of the walls"),
    "lamplight": _("the walls where the lamp shines"),
    "heat": _("the points of the heat map"),
    "land": _("the land of the heat map"),
    "land-end": _("the deepest part of the land"),
    "field": _("the ground of fields"),
    "fur": _("the card"),
    "card-2": _("the second card"),
    "card-3": _("the third card"),
    "card-4": _("the fourth card"),
    "blush": _("the ground of warnings"),
    "butter": _("the ground of what is held"),
    "mint": _("the ground of what is well"),
}
CHOICE_NAMES: dict[Choice, Any] = {
    "accent": _("Accent"),
    "ground": _("Ground"),
    "card": pgettext_lazy("a colour", "Card"),
}

TYPEFACES: dict[str, tuple[Any, str]] = {
    "fraunces": ("Fraunces", "'Fraunces Variable', Georgia, serif"),
    "figtree": ("Figtree", "'Figtree Variable', system-ui, sans-serif"),
    "sans": (
        _("The device’s own, without serifs"),
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    ),
    "serif": (
        _("The device’s own, with serifs"),
        "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif",
    ),
}
HOUSE_FACES = {"voice": "fraunces", "text": "figtree"}

Colours = Mapping[Light, Mapping[Choice, str]]


class Pair(NamedTuple):
    """What is written or drawn on what, and the least contrast that it needs."""

    ink: str
    ground: str
    least: float


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The pair that a chosen colour spoils most, and the nearest colour that spoils none."""

    light: Light
    choice: Choice
    colour: str
    ink: str  # tokens' names
    ground: str
    ratio: float
    least: float
    nearest: str | None

    @property
    def field(self) -> str:
        return f"{self.choice}_{self.light}"

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        when = _("By day") if self.light == "day" else _("On air")
        sentence = (
            _("%(when)s, %(ink)s on %(ground)s: %(ratio)s to 1, where %(least)s is needed. The "
              "nearest colour that passes is %(nearest)s.")
            if self.nearest
            else _("%(when)s, %(ink)s on %(ground)s: %(ratio)s to 1, where %(least)s is needed. "
                   "No colour of this hue passes beside the others.")
        )  # fmt: skip
        return str(sentence) % {
            "when": when,
            "ink": NAMES[self.ink],
            "ground": NAMES[self.ground],
            "ratio": written_ratio(self.ratio),
            "least": number_format(self.least),
            "nearest": self.nearest,
        }


def written_ratio(ratio: float) -> str:
    """As the language writes it; cut, never rounded up: 4.49 does not pass as 4.5."""
    return number_format(int(ratio * 100) / 100, 2)


def pairs(light: Light) -> Iterator[Pair]:
    """Every pair that screens make of the tokens, by that light."""
    for ground in (*_GROUNDS, *_CARDS, *_STATES):
        for ink in _TEXTS:
            yield Pair(ink, ground, TEXT)
        # On the deepest ground “on air” is written large, or not at all.
        yield Pair("live", ground, LARGE if ground == "sky" else TEXT)
        yield Pair("edge", ground, LARGE)
        yield Pair("solid", ground, LARGE)
    if light == "air":
        for ink in ("ink", "ink-2"):
            yield Pair(ink, "lamplight", LARGE)  # walls write large
    for ground in _LANDS:
        yield Pair("ink", ground, TEXT)  # names of towns
    for ground in ("ground", "ground-end", *_LANDS):
        yield Pair("heat", ground, LARGE)
    yield Pair("faint", "field", TEXT)
    yield Pair("on-solid", "solid", TEXT)
    yield Pair("on-live", "live", TEXT)


def tokens(light: Light, chosen: Mapping[Choice, str]) -> dict[str, str]:
    """The colours of all tokens, "#rrggbb"; the house's own where nothing is chosen."""
    return dict(_tokens(light, *(chosen.get(choice, "") for choice in CHOICES)))


@lru_cache(maxsize=4096)
def _tokens(light: Light, accent: str, ground: str, card: str) -> dict[str, str]:
    house = HOUSE[light]
    made = dict(house)
    if accent:
        made["blue"] = made["solid"] = accent
        made["on-solid"] = max(("#ffffff", "#0b1726"), key=lambda ink: contrast(ink, accent))
    if ground:
        made |= {name: lighten(ground, by) for name, by in _AROUND[light].items()}
        made["wall"] = ground
        made["haze"] = made["wall-top"]
        if light == "air":
            made["lamp"] = accent or lighten(ground, 0.45)
            made["moonlight"] = lighten(ground, 0.3)
            made["shade"], made["gleam"] = lighten(ground, 0.2), lighten(ground, 0.42)
            made["field"] = ground
        made["line"] = mix(ground, made["ink"], 0.14)
    if card:
        made["fur"] = made["card"] = card
        made["card-2"] = made["peach"] = mix(card, made["blue"], 0.07)
        made["card-3"] = mix(card, made["ink"], 0.05)
        made["card-4"] = made["periwinkle"] = mix(card, made["blue"], 0.14)
    made |= _map(light, ground, card)
    under = [made[name] for name in (*_GROUNDS, *_CARDS, *_STATES)]
    # Where not even the first text is read, there is nothing to look for.
    if (ground or card) and min(contrast(made["ink"], on) for on in under) >= TEXT:
        for name, least in (("ink-2", TEXT), ("edge", LARGE)):
            made[name] = _read_on(under, house[name], least) or house[name]
    made["lamplight"] = mix(made["ground"], made["lamp"], _LAMPLIGHT)
    return made


def _map(light: Light, ground: str, card: str) -> dict[str, str]:
    """What a chosen ground or card makes of the heat map's own colours."""
    made = {"coast": lighten(ground, _COAST[light])} if ground else {}
    chosen: dict[Choice, str] = {"card": card, "ground": ground}
    of = next((choice for choice in _LAND[light] if chosen[choice]), None)
    if of:
        land = lighten(chosen[of], _LAND[light][of])
        made |= {"land": land, "land-end": lighten(land, _LAND_END[light])}
    return made


def _read_on(under: list[str], colour: str, least: float) -> str | None:
    return nearest(colour, lambda one: all(contrast(one, on) >= least for on in under))


def _charged(pair: Pair, chosen: Mapping[Choice, str]) -> Choice | None:
    """The choice that has to give way where a pair fails; None for a pair of the house's own."""
    if "accent" in chosen and pair.ink in ("blue", "solid", "on-solid"):
        return "accent"
    if "card" in chosen and pair.ground in (*_CARDS, *_LANDS):
        return "card"
    grounds = (*_GROUNDS, *_LANDS, "lamplight")
    return "ground" if "ground" in chosen and pair.ground in grounds else None


def _spoilt(light: Light, chosen: Mapping[Choice, str], choice: Choice) -> Iterator[Failure]:
    made = tokens(light, chosen)
    for pair in pairs(light):
        if _charged(pair, chosen) != choice:
            continue
        ratio = contrast(made[pair.ink], made[pair.ground])
        if ratio < pair.least:
            yield Failure(
                light=light,
                choice=choice,
                colour=chosen[choice],
                ink=pair.ink,
                ground=pair.ground,
                ratio=ratio,
                least=pair.least,
                nearest=None,
            )


def failures(colours: Colours) -> list[Failure]:
    """What cannot be read: for each choice the worst pair. Taking every `nearest` mends them all.

    Ground and card give way before the accent that is written on them.
    """
    found = []
    for light in LIGHTS:
        chosen: dict[Choice, str] = dict(colours.get(light, {}))
        for choice in ("ground", "card", "accent"):
            if choice not in chosen:
                continue
            spoilt = list(_spoilt(light, chosen, choice))
            if not spoilt:
                continue
            worst = min(spoilt, key=lambda one: one.ratio / one.least)
            others = chosen if choice == "accent" else _without_accent(chosen)
            better = _nearest_choice(light, others, choice)
            found.append(msgspec.structs.replace(worst, nearest=better))
            chosen[choice] = better or chosen[choice]
    return found


def _without_accent(chosen: Mapping[Choice, str]) -> dict[Choice, str]:
    return {choice: colour for choice, colour in chosen.items() if choice != "accent"}


def _nearest_choice(light: Light, chosen: Mapping[Choice, str], choice: Choice) -> str | None:
    def is_good(colour: str) -> bool:
        tried = {**chosen, choice: colour}
        made = tokens(light, tried)
        return all(
            contrast(made[pair.ink], made[pair.ground]) >= pair.least
            for pair in pairs(light)
            if _charged(pair, tried) == choice
        )

    return nearest(chosen[choice], is_good)


class Logo(msgspec.Struct, frozen=True, kw_only=True):
    """A logo's address and how many times wider than high it is."""

    url: str
    ratio: float


def stylesheet(colours: Colours, faces: Mapping[str, str], logos: Mapping[Light, Logo]) -> str:
    """What a room's screens load after the house's own; "" where nothing differs.

    A selector twice weighs more than the house's once, in whatever order files arrive.
    """
    own = {light: _own_tokens(light, colours, logos) for light in LIGHTS}
    chosen = {f"--{part}": TYPEFACES[face][1] for part, face in sorted(faces.items())}
    blocks = [
        (":root:root", chosen),
        (":root:root,[data-light='day'][data-light]", own["day"]),
        (":root:root[data-air='on'],[data-light='air'][data-light]", own["air"]),
    ]
    return "".join(
        f"{selector}{{{''.join(f'{name}:{value};' for name, value in values.items())}}}\n"
        for selector, values in blocks
        if values
    )


def _own_tokens(light: Light, colours: Colours, logos: Mapping[Light, Logo]) -> dict[str, str]:
    own: dict[str, str] = {}
    if any(colours.values()):  # both blocks whole: what one says the other must not leave standing
        made = tokens(light, colours.get(light, {}))
        own = {f"--{name}": made[name] for name in HOUSE[light]}
        if "ground" in colours.get(light, {}):
            own["--moulding-dark"] = f"{lighten(made['wall'], _MOULDING[light])}{_MOULDING_SEEN}"
            if light == "air":
                own["--moulding-light"], own["--panel"] = made["coast"] + "21", made["coast"] + "08"
    logo = logos.get(light) or next(iter(logos.values()), None)
    if logo:
        own["--logo"] = f"url({json.dumps(logo.url)})"
        own["--logo-ratio"] = f"{logo.ratio:.3f}"
        own |= {"--logo-shown": "block", "--mark-shown": "none"}
        if logo.ratio >= WORDMARK:
            own["--name-size"] = "0"
    return own


def digest_of(css: str) -> str:
    """What the stylesheet's address names: it changes with every word of it."""
    return hashlib.sha256(css.encode()).hexdigest()[:16]

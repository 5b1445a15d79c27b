"""A room's look on the page of an archive: by day, and on air where the reader's screen is dark."""

from __future__ import annotations

import re

from blueroom.archive import lines
from blueroom.design.colours import lighten
from blueroom.design.theme import LIGHTS, TYPEFACES, WORDMARK, Light, tokens

TOKENS = (
    "fur", "wall", "wall-top", "sky", "periwinkle", "blush", "peach", "mint", "butter", "ink",
    "ink-2", "blue", "live", "green", "amber", "plum", "edge", "line", "solid", "on-solid", "field",
)  # fmt: skip
# How much lighter than the ground the rug is at night, from its low to its high strands.
_RUG = (0.06, 0.08, 0.03, 0.13, 0.15, 0.11, 0.2, 0.17, 0.23)
# The strokes of the panels, in the page's own drawing of them.
_STROKES: dict[Light, str] = {"day": "%235c8ab6", "air": "%238cc4f5"}


def look_css(look: lines.Look, style: str) -> str:
    """What is to follow the page's own `style`; "" for the house's look."""
    faces = {f"--{part}": _stack(face) for part, face in look.faces.items() if face in TYPEFACES}
    day, air = faces, dict[str, str]()
    if any(look.colours.values()):
        drawn = re.findall(r"--panels: (url\(.*?\));", style)
        day, air = (
            own | _colours(look, light, panels)
            for own, light, panels in zip((day, air), LIGHTS, drawn, strict=True)
        )
    css = f":root{{{_said(day)}}}" if day else ""
    return css + (f"@media (prefers-color-scheme: dark){{:root{{{_said(air)}}}}}" if air else "")


def _said(values: dict[str, str]) -> str:
    return "".join(f"{name}:{value};" for name, value in values.items())


def _stack(face: str) -> str:
    return TYPEFACES[face][1].replace(" Variable'", "'")


def _colours(look: lines.Look, light: Light, panels: str) -> dict[str, str]:
    chosen = look.colours.get(light, {})
    made = tokens(light, chosen)
    own = {f"--{name}": made[name] for name in TOKENS}
    if "ground" not in chosen:
        return own
    own["--panels"] = panels.replace(_STROKES[light], made["coast"].replace("#", "%23"))
    own["--moulding-dark"] = f"{lighten(made['wall'], -0.3 if light == 'day' else -0.12)}42"
    own["--glow-2"] = made["haze"] + "80" if light == "day" else made["moonlight"] + "33"
    if light == "air":
        own["--glow"] = made["lamp"] + "21"
        own["--moulding-light"] = made["coast"] + "21"
        own["--rug"] = " ".join(lighten(made["wall"], by) for by in _RUG)
    return own


def _logo(look: lines.Look, light: Light) -> lines.LookLogo | None:
    """The logo by that light; the only one serves both."""
    return look.logos.get(light) or next(iter(look.logos.values()), None)


def is_wordmark(look: lines.Look) -> bool:
    """Whether the logo by day says the room's name itself."""
    logo = _logo(look, "day")
    return logo is not None and logo.width_px >= WORDMARK * logo.height_px


def logo_html(look: lines.Look) -> str:
    """The logo by day and on air; "" without one."""
    day, air = _logo(look, "day"), _logo(look, "air")
    if day is None or air is None:
        return ""
    dark = f'<source srcset="{air.file}" media="(prefers-color-scheme: dark)">'
    size = f'width="{day.width_px}" height="{day.height_px}"'
    return f'<picture>{dark}<img class="logo" src="{day.file}" {size} alt=""></picture>'

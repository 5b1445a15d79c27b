"""Finds what Vite built: `{% screen_assets "desk" %}` loads a screen's script and styles."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
BUILT = Path(__file__).resolve().parents[2] / "static/ui"


class NotBuilt(Exception):
    """The screens were not built: run ./room, or install the wheel."""


@functools.lru_cache(maxsize=1)
def _manifest(changed_at: float) -> dict[str, Any]:
    return json.loads((BUILT / "manifest.json").read_text())


def manifest() -> dict[str, Any]:
    """Vite's manifest: source path to built file, styles and imports.

    Raises:
        NotBuilt: there is none.
    """
    try:
        return _manifest((BUILT / "manifest.json").stat().st_mtime)
    except FileNotFoundError as error:
        raise NotBuilt(NotBuilt.__doc__) from error


def _reached(built: dict[str, Any], entry: str) -> list[dict[str, Any]]:
    """The entry and what it imports, each once, imports first."""
    order: dict[str, dict[str, Any]] = {}

    def visit(name: str) -> None:
        if name in order:
            return
        for imported in built[name].get("imports", []):
            visit(imported)
        order[name] = built[name]

    visit(entry)
    return list(order.values())


@register.simple_tag
def screen_assets(room: str, entry: str = "main") -> SafeString:
    """The <link> and <script> elements of a room's screen, or of another entry of the room's."""
    entry = f"src/blueroom/{room}/web/{entry}.ts"
    reached = _reached(manifest(), entry)
    styles = [static("ui/" + css) for chunk in reached for css in chunk.get("css", [])]
    scripts = [static("ui/" + chunk["file"]) for chunk in reached]
    return SafeString(
        format_html_join("", '<link rel="stylesheet" href="{}">', ((s,) for s in styles))
        + format_html_join("", '<link rel="modulepreload" href="{}">', ((s,) for s in scripts[:-1]))
        + format_html_join("", '<script type="module" src="{}"></script>', [(scripts[-1],)])
    )


def build_of(room: str) -> str:
    """What a room's screen was built as: it changes with every build that changed it."""
    return Path(manifest()[f"src/blueroom/{room}/web/main.ts"]["file"]).stem


@register.filter
def as_json(value: object) -> str:
    """The value as JSON, for a `data-boot` attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Which Chromium, and how it is started: for journeys, benches and pictures."""

from __future__ import annotations

import os
import shutil

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge",
)


def launch_words() -> dict[str, object]:
    """What Playwright's `launch` takes: the machine's own Chromium where there is one."""
    named = os.environ.get("BLUEROOM_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    arguments = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses its sandbox to root
    more: dict[str, object] = {"executable_path": found} if found else {}
    return {"args": arguments, **more}

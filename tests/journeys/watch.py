"""Listens to what browsers complain of, on every page of a journey."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

# A policy that is broken fires an event even where the browser keeps its console quiet.
TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@dataclass
class Watch:
    """What went wrong on any page; `foreseen` are patterns of what a journey brings about."""

    foreseen: list[str] = field(default_factory=list)
    _heard: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of this context, those to come included."""
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._hear_error)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            at = message.location.get("url", "")
            self._heard.append(f"{message.type}: {message.text} ({at})")

    def _hear_error(self, error: WebError) -> None:
        self._heard.append(f"uncaught: {error.error}")

    @property
    def complaints(self) -> list[str]:
        """What nobody foresaw."""
        return [
            line for line in self._heard if not any(re.search(one, line) for one in self.foreseen)
        ]

"""Live updates: telling screens that something changed. No Django here.

A lost message is harmless: the snapshot is the truth. Rooms call `announce`; the process decides
once, at its start, by which way that goes.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from blueroom.updates.notice import Announcer

__all__ = ["announce", "announce_by"]

_announcer: Announcer | None = None


def announce_by(announcer: Announcer | None) -> None:
    """Let `announce` go by this way from now on; None: by none."""
    global _announcer
    _announcer = announcer


def announce(topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool = False) -> None:
    """Tell who follows `topic` ("<slug>/<screen>") of whole new values, after the commit.

    Changes are grouped to five messages a second; `at_once` does not wait. Where the process
    has no way to announce, as in a command of its own, nobody is told.
    """
    if _announcer is not None:
        _announcer.announce(topic, changes, at_once=at_once)

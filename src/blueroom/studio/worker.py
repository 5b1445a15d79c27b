"""Rounds of work on photos given as answers: each says how much it found."""

from __future__ import annotations

from blueroom.base.clock import now
from blueroom.studio import actions, photos


def tidy_photos() -> int:
    """Take away the photos of questions that their askers took away."""
    return actions.remove_withdrawn_photos()


def sweep_photos() -> int:
    """Delete pictures that no answer points to; once an hour is plenty."""
    return photos.sweep_photos(now=now())

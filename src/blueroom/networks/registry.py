"""Finds the connectors that are installed, ours and other people's alike."""

from __future__ import annotations

import functools
import logging
from importlib.metadata import entry_points

from blueroom.networks.interface import Network

log = logging.getLogger(__name__)
GROUP = "blueroom.networks"


@functools.cache
def networks() -> dict[str, Network]:
    """Every connector by slug. One that cannot be loaded is logged and left out."""
    found: dict[str, Network] = {}
    for point in entry_points(group=GROUP):
        try:
            network: Network = point.load()
            found[network.slug] = network
        except Exception:  # somebody else's code: the house opens without it
            log.exception("the network %s could not be loaded", point.name)
    return dict(sorted(found.items()))

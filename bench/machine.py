"""What every bench says of the machine it ran on, and how it sums up times."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """The machine in one line, with what else ran on it."""
    models = [
        line.partition(": ")[2]
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return (
        f"{len(os.sched_getaffinity(0))} cores of {models[0] if models else platform.processor()},"
        f" {platform.system()} {platform.release().partition('-')[0]},"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end."
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which that share of them lies (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def row(name: str, values_ms: Sequence[float]) -> str:
    """A line of a Markdown table: name, number, p50, p95, the worst."""
    times = (percentile(values_ms, 0.5), percentile(values_ms, 0.95), max(values_ms))
    return f"| {name} | {len(values_ms)} | " + " | ".join(f"{ms:,.0f}" for ms in times) + " |"


HEAD = "| milliseconds | times | p50 | p95 | worst |\n|---|---:|---:|---:|---:|"

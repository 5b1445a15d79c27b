"""What the live path counts about itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in the form Prometheus takes. `kind` is "gauge" or "counter"."""

    name: str
    help: str
    kind: str
    labels: Mapping[str, str]
    value: float


@dataclass(slots=True)
class Figures:
    """Plain counts by screen, written by the event loop alone and read from anywhere."""

    open: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    fell_behind: Counter[str] = field(default_factory=Counter)
    snapshots: Counter[str] = field(default_factory=Counter)
    snapshot_seconds: dict[str, float] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    def snapshot_took(self, screen: str, seconds: float) -> None:
        """Count one snapshot and its time."""
        self.snapshots[screen] += 1
        self.snapshot_seconds[screen] = self.snapshot_seconds.get(screen, 0.0) + seconds

    def read(self) -> list[Figure]:
        """Every figure of this moment."""
        return list(self._figures())

    def _figures(self) -> Iterator[Figure]:
        for name, help_text, kind, label, numbers in (
            ("streams_open", "Event streams open now.", "gauge", "screen", self.open),
            ("messages_published_total", "Messages made.", "counter", "screen", self.published),
            ("messages_told_total", "Deliveries to streams.", "counter", "screen", self.told),
            (
                "streams_fell_behind_total",
                "Streams that missed messages and got a snapshot instead.",
                "counter",
                "screen",
                self.fell_behind,
            ),
            ("snapshots_total", "Snapshots taken.", "counter", "screen", self.snapshots),
            (
                "snapshot_seconds_total",
                "Time that taking snapshots took.",
                "counter",
                "screen",
                self.snapshot_seconds,
            ),
            ("streams_refused_total", "Streams refused.", "counter", "code", self.refused),
        ):
            # dict() first: the loop's thread may add a screen while we walk.
            for value_of, value in dict(numbers).items():
                yield Figure(f"blueroom_{name}", help_text, kind, {label: value_of}, float(value))


def screen_of(topic: str) -> str:
    """The screen's name in "<slug>/<screen>"."""
    return topic.rpartition("/")[2]

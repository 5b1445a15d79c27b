"""What the house says of itself to Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db.models import Count, Sum
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from blueroom.base.clock import now
from blueroom.desk.models import Question
from blueroom.posts.models import Channel, PostCount
from blueroom.publish.models import Reply
from blueroom.room.models import Session
from blueroom.updates.figures import Figure

registry = CollectorRegistry()


class House(Collector):
    """Reads the database when asked: nothing is counted twice, or lost by a restart."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("sessions", "Sessions by state.", "state", _by(Session, "state"))
        yield _gauge("questions", "Questions by state.", "state", _by(Question, "state"))
        yield _gauge("replies", "Replies by state.", "state", _by(Reply, "state"))
        posts = CounterMetricFamily("blueroom_posts", "Posts stored.", labels=["network"])
        for network, number in _sums():
            posts.add_metric([network], number)
        yield posts
        behind = GaugeMetricFamily(
            "blueroom_channel_behind_seconds",
            "Age of the newest post seen on a channel.",
            labels=["session", "network", "state"],
        )
        channels = Channel.objects.select_related("session").filter(session__closed_at=None)
        for channel in channels:
            behind.add_metric(
                [channel.session.slug, channel.network, channel.state], channel.behind_s
            )
        yield behind
        clock = GaugeMetricFamily("blueroom_clock_seconds", "The house's own time.")
        clock.add_metric([], now().timestamp())
        yield clock


class Streams(Collector):
    """The live updates' own figures."""

    def __init__(self, read: Callable[[], Iterable[Figure]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for figure in self._read():
            family = families.get(figure.name)
            if family is None:
                kind = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
                name = f"blueroom_{figure.name.removeprefix('blueroom_')}"
                family = kind(name, figure.help, labels=sorted(figure.labels))
                families[figure.name] = family
            family.add_metric([figure.labels[key] for key in sorted(figure.labels)], figure.value)
        yield from families.values()


def _by(model: type, field: str) -> Iterable[tuple[str, int]]:
    return model.objects.values_list(field).annotate(number=Count("pk")).order_by(field)


def _sums() -> Iterable[tuple[str, int]]:
    return (
        PostCount.objects.values_list("network").annotate(number=Sum("posts")).order_by("network")
    )


def _gauge(name: str, help: str, label: str, found: Iterable[tuple[str, int]]) -> Metric:
    family = GaugeMetricFamily(f"blueroom_{name}", help, labels=[label])
    for value, number in found:
        family.add_metric([value], number)
    return family


registry.register(House())

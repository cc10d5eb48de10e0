"""The figures in Prometheus' formats. They are read at most every few seconds, whoever asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from digest import __version__
from digest.model import DeliveryState
from digest.steps.context import Context
from digest.steps.figures import Figures, not_ready, read_figures

_KEEP = 5.0  # seconds that a reading is used for
_SHARE = 20  # a reading that took a second is used for so many
_READY = "Whether store, schema and key are as they should be."

S = TypeVar("S", bound=StrEnum)


class Metrics:
    """The metrics of one newsletter. Safe to use from many threads."""

    def __init__(self, context: Callable[[], Context], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._context, self._monotonic = context, monotonic
        self._lock = threading.Lock()
        self._metrics: list[Metric] = []
        self._next_at = 0.0
        self._before: tuple[float, int] | None = None  # when was read, and what had been sent
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collected(self.read))

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return body and content type, in the format that the Accept header prefers."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def read(self) -> list[Metric]:
        """Return the metrics, a few seconds old at most, or more where reading takes long."""
        with self._lock:
            begins = self._monotonic()
            if not self._metrics or begins >= self._next_at:
                self._metrics = self._fresh(begins)
                ends = self._monotonic()
                self._next_at = ends + max(_KEEP, _SHARE * (ends - begins))
            return self._metrics

    def _fresh(self, begins: float) -> list[Metric]:
        context = self._context()
        problems = not_ready(context)
        ready = [
            InfoMetricFamily("digest", "The version of Digest.", value={"version": __version__}),
            _gauge("digest_ready", _READY, 0 if problems else 1),
        ]
        if problems:
            return ready
        try:
            figures = read_figures(context)
        except Exception:  # noqa: BLE001 - the store went away meanwhile; the log of the store says why
            return [*ready[:1], _gauge("digest_ready", _READY, 0)]
        rate = self._rate(begins, figures.deliveries[DeliveryState.SENT])
        took = _gauge("digest_reading_seconds", "How long reading these figures took.", self._monotonic() - begins)
        return [*ready, *metrics_of(figures, rate), took]

    def _rate(self, at: float, sent: int) -> float:
        """Return the messages a second since the last reading; 0 for the first, and where there is a new mailing."""
        before, self._before = self._before, (at, sent)
        if before is None or at <= before[0]:
            return 0.0
        return max(0.0, (sent - before[1]) / (at - before[0]))


class _Collected(Collector):
    def __init__(self, read: Callable[[], list[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        yield from self._read()


def metrics_of(figures: Figures, rate: float) -> Iterator[Metric]:
    """Turn one reading into metrics. No label names a person, an address, a source or a week. Pure."""
    queue, now = figures.queue, figures.at
    yield _by("digest_sources", "Sources of the settings.", "health", figures.sources)
    yield _gauge("digest_posts", "Posts in the store.", figures.posts)
    yield _by("digest_editions", "Editions.", "status", figures.editions)
    yield _by("digest_deliveries", "Deliveries of the four newest mailings.", "state", figures.deliveries)
    yield _gauge("digest_queue_age_seconds", "Since when the oldest delivery waits; 0: none.", _since(queue.since, now))
    idle = _since(queue.idle_since, now)
    yield _gauge("digest_queue_idle_seconds", "How long no delivery has moved while some are due; 0: none is.", idle)
    yield _gauge("digest_send_rate", "Messages accepted a second, since the last reading.", rate)
    yield _last_success(figures.last_success)
    yield _by("digest_subscribers", "Subscribers.", "state", figures.subscribers)
    yield _gauge("digest_bounces_on_hold", "Bounces that wait for an operator's decision.", figures.bounces_on_hold)
    yield _gauge("digest_disk_free_bytes", "Free space where the state is kept.", figures.free_bytes)


def _last_success(moments: Mapping[str, datetime | None]) -> Metric:
    what = "When a step last succeeded; missing for a step that never has."
    family = GaugeMetricFamily("digest_last_success_timestamp_seconds", what, labels=["step"])
    for step, moment in moments.items():
        if moment is not None:
            family.add_metric([step], moment.astimezone(UTC).timestamp())
    return family


def _since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _by(name: str, what: str, label: str, counts: Mapping[S, int]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, number in counts.items():
        family.add_metric([str(key)], number)
    return family

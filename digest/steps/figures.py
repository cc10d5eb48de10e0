"""Is this installation ready, and how does it stand? Numbers and moments for monitoring; nobody's name or address."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.collect import source_pace
from digest.errors import DigestError
from digest.model import DeliveryState, EditionStatus, EffectiveStatus, Outcome, Source
from digest.settings.secret_key import fingerprint
from digest.steps.collecting.visit_outcomes import current_state
from digest.steps.context import Context
from digest.steps.secret_key import key_status
from digest.store import bounces, examine, figures, subscriber_list
from digest.store import sources as source_states
from digest.store.last_backup import last_backup
from digest.store.sources import SourceState

_PATIENCE = 2.0  # seconds for a lock


class Health(StrEnum):
    """How a source is, in one word."""

    GOOD = "good"
    NEW = "new"  # never visited
    FAILING = "failing"
    MOVED = "moved"  # it still works; the settings should name the new address
    SILENT = "silent"
    GONE = "gone"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Figures:
    """One reading. Moments are None for what has never happened."""

    at: datetime
    sources: Mapping[Health, int]
    posts: int
    editions: Mapping[EditionStatus, int]
    deliveries: Mapping[DeliveryState, int]  # of the four newest mailings
    queue: figures.Queue
    subscribers: Mapping[EffectiveStatus, int]
    bounces_on_hold: int
    last_success: Mapping[str, datetime | None]  # by step
    free_bytes: int
    schema: str


def read_figures(context: Context) -> Figures:
    """Raises StoreError, BusyError, or the database's own error."""
    now, settings = context.clock(), context.settings
    store = context.store.with_lock_timeout(_PATIENCE)
    with store.reading() as connection:
        states = source_states.states(connection)
        deliveries, queue = figures.deliveries_by_state(connection)
        composed_at, sent_at = figures.last_composed_and_sent(connection)
        backup = last_backup(connection)
        fetched = (state.good_at for state in states.values() if state.good_at)
        return Figures(
            at=now,
            sources=_by_health(settings.sources, states, now),
            posts=figures.post_count(connection),
            editions=figures.editions_by_status(connection),
            deliveries=deliveries,
            queue=queue,
            subscribers=subscriber_list.counts(connection, now),
            bounces_on_hold=bounces.count_on_hold(connection),
            last_success={
                "collect": max(fetched, default=None),
                "compose": composed_at,
                "send": sent_at,
                "backup": backup.at if backup else None,
            },
            free_bytes=shutil.disk_usage(settings.state_folder if settings.state_folder.exists() else "/").free,
            schema=examine.schema_state(store).version,
        )


def _by_health(sources: Iterable[Source], states: Mapping[str, SourceState], now: datetime) -> dict[Health, int]:
    counts = Counter(health_of(source, current_state(states.get(source.name), source), now) for source in sources)
    return {health: counts[health] for health in Health}


def health_of(source: Source, state: SourceState, now: datetime) -> Health:
    """Say how a source is. Pure."""
    if not source.active:
        return Health.PAUSED
    if state.checked_at is None:
        return Health.NEW
    if state.gone_at or state.outcome == Outcome.GONE:
        return Health.GONE
    if state.outcome == Outcome.ERROR:
        return Health.FAILING
    if state.moved_to or state.proposed:
        return Health.MOVED
    return Health.SILENT if source_pace.silence(state.newest_at, state.pace_days, now) else Health.GOOD


def not_ready(context: Context) -> list[str]:
    """Return why requests cannot be served, without names or secrets; empty if they can. Never raises."""
    store = context.store.with_lock_timeout(_PATIENCE)
    try:
        with store.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        schema = examine.schema_state(store)
    except Exception as error:  # noqa: BLE001 - whatever it is, the store does not answer
        return [f"the store does not answer ({type(error).__name__})"]
    if not schema.is_current:
        return [f"the store has schema {schema.version or 'none'}, this version of Digest needs {schema.newest}"]
    try:
        key = key_status(context)
        older = {fingerprint(one) for one in context.settings.secret_keys[1:]} if key.present else set()
    except DigestError:
        return ["the secret key cannot be read"]
    if key.store and key.store not in {key.present, *older}:
        return ["the secret key is not the store's" if key.present else "the secret key is missing"]
    return []

"""Each source, by fetching it as collecting does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.model import Outcome
from digest.settings import Settings
from digest.steps.checks.line import Line, good, warning
from digest.steps.checks.store import opened
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.store import examine
from digest.store.engine import open_store


def sources(settings: Settings, now: datetime) -> Iterator[Line]:
    """Collect from all of them. A store with an older schema is left as it is, and nothing is fetched."""
    if not settings.sources:
        return
    with opened(settings) as store:
        if store is not None and examine.schema_state(store).version and not examine.schema_state(store).is_current:
            yield warning("sources", "not checked: the store has another schema", "See the line about the store.")
            return
    from digest.steps.collecting.collect import collect  # late: it loads all that fetching needs

    store = open_store(settings.store_url)
    try:
        context = Context(settings, store, lambda: now)
        check_key(context)
        report = collect(context)
    finally:
        store.close()
    for row in report.sources:
        line = warning if row.outcome in (Outcome.ERROR, Outcome.GONE) else good
        yield line(row.name, row.reason or row.outcome.value)

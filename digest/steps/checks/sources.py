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
    """Collect from all of them; where there is no store yet, fetch them only.

    A store with an older schema is left as it is, and nothing is fetched.
    """
    if not settings.sources:
        return
    with opened(settings) as store:
        schema = examine.schema_state(store) if store is not None else None
    if schema is None or not schema.version:
        from digest.steps.collecting.try_source import try_sources  # late: it loads all that fetching needs

        yield from (_line(one.name, one.outcome, one.reason) for one in try_sources(settings))
        return
    if not schema.is_current:
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
    yield from (_line(row.name, row.outcome, row.reason) for row in report.sources)


def _line(name: str, outcome: Outcome, reason: str) -> Line:
    line = warning if outcome in (Outcome.ERROR, Outcome.GONE) else good
    return line(name, reason or outcome.value)

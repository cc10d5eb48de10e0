"""What the editor's desk shows beside an edition: the editor's decisions, the articles, and the audit trail."""

from __future__ import annotations

from digest.model import AuditEvent, Decision
from digest.steps.context import Context
from digest.store import articles, audit, editor_decisions
from digest.store.articles import ReadPost
from digest.store.audit import AuditRow
from digest.week import Week


def decisions(context: Context, week: Week) -> dict[str, Decision]:
    """Return the editor's decisions in `week`, by post id."""
    with context.store.reading() as connection:
        return editor_decisions.of_week(connection, week)


def article(context: Context, post: str) -> ReadPost | None:
    """Return a post as it was read, with all its sentences; None if it is not in the cache any more."""
    with context.store.reading() as connection:
        cached = articles.load(connection, [post])
    return cached[post].read if post in cached else None


def trail(context: Context, week: Week) -> list[AuditRow]:
    """Return what was done to the edition and by whom, newest first."""
    with context.store.reading() as connection:
        return audit.trail(connection, week)


def skip_reason(context: Context, week: Week) -> str:
    """Return why the week was skipped last; "" where nobody said."""
    skipped = next((row for row in trail(context, week) if row.what == AuditEvent.SKIPPED.value), None)
    return str(skipped.detail.get("reason", "")) if skipped else ""

"""What the editor's desk shows beside an edition: decisions, articles, and the trail of what was done."""

from __future__ import annotations

from digest.model import Decision
from digest.steps.context import Context
from digest.store import articles, audit, editions, editor_decisions
from digest.store.articles import ReadPost
from digest.store.audit import AuditRow


def decisions(context: Context, week: str) -> dict[str, Decision]:
    """What the editor decided in `week`: post id to decision."""
    with context.store.reading() as connection:
        return editor_decisions.of_week(connection, week)


def article(context: Context, post: str) -> ReadPost | None:
    """A post as it was read, with all its sentences; None where the cache has it no more."""
    with context.store.reading() as connection:
        cached = articles.load(connection, [post])
    return cached[post].read if post in cached else None


def trail(context: Context, week: str) -> list[AuditRow]:
    """What was done to the edition and by whom, newest first."""
    with context.store.reading() as connection:
        return audit.trail(connection, week)


def answers(context: Context) -> bool:
    """Whether the store can be read. Raises StoreError or the database's own error where it cannot."""
    with context.store.reading() as connection:
        editions.list_all(connection)
    return True

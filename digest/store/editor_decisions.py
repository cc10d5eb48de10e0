"""The editor's decisions about the posts of a week."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.model import Decision
from digest.store.schema import decisions
from digest.week import Week


def of_week(connection: Connection, week: Week) -> dict[str, Decision]:
    """Return the editor's decisions in `week`, by post id."""
    rows = connection.execute(select(decisions).where(decisions.c.week == week))
    return {
        row.post: Decision(
            row.post,
            row.theme,
            row.dropped,
            row.held,
            row.pinned,
            row.title,
            tuple((int(start), int(end)) for start, end in row.sentences),
            row.note,
            row.alt,
            row.full,
            row.brought_in,
            row.no_picture,
        )
        for row in rows
    }


def decide(connection: Connection, week: Week, decision: Decision, *, at: datetime) -> None:
    """Store a decision in place of the one before it; an empty decision is deleted."""
    key = (decisions.c.week == week) & (decisions.c.post == decision.post)
    connection.execute(delete(decisions).where(key))
    if decision != Decision(decision.post):
        connection.execute(
            insert(decisions).values(
                week=week,
                post=decision.post,
                theme=decision.theme,
                dropped=decision.dropped,
                held=decision.held,
                pinned=decision.pinned,
                title=decision.title,
                sentences=[list(offsets) for offsets in decision.sentences],
                note=decision.note,
                alt=decision.alt,
                full=decision.full,
                brought_in=decision.brought_in,
                no_picture=decision.no_picture,
                made_at=at,
            )
        )

"""How many subscribers have which text of an edition: several where it was stopped, changed and approved again."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from digest.model import DeliveryState, Mailing, RevisionCount
from digest.store.schema import approvals, deliveries


def revision_counts(connection: Connection, mailing: Mailing) -> tuple[RevisionCount, ...]:
    """Return them in the order of approval. Uncertain deliveries count: those subscribers may have the text.

    What was sent before deliveries recorded their approval is left out.
    """
    rows = connection.execute(
        select(
            approvals.c.revision,
            approvals.c.fingerprint,
            func.min(approvals.c.at).label("approved_at"),
            func.count(deliveries.c.id).label("subscribers"),
        )
        .join(deliveries, deliveries.c.approval == approvals.c.id)
        .where(
            deliveries.c.week == mailing,
            deliveries.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNCERTAIN.value]),
        )
        .group_by(approvals.c.revision, approvals.c.fingerprint)
        .order_by(func.min(approvals.c.id))
    ).all()
    return tuple(RevisionCount(row.revision, row.subscribers, row.approved_at, row.fingerprint) for row in rows)

"""Two persons approve, as `[approval] second` asks: the first approval waits for another person's of the same content.

It is of exact content, as every approval is: with another fingerprint it holds no more, and whoever approves then is
the first.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from digest.errors import ApprovalError
from digest.model import Approval, AuditEvent
from digest.store import approvals, audit


def with_first(connection: Connection, approval: Approval) -> Approval:
    """Return the approval of both persons if another one has approved the same content; else store it as the first.

    Raises ApprovalError if the same person has approved it already.
    """
    first = approvals.first_of_two(connection, approval.week)
    if first is not None and first.fingerprint == approval.fingerprint:
        if is_same_person(first.by, approval.by):
            raise ApprovalError(
                f"{first.by} has approved {approval.week} already.", "Another person must approve it, too."
            )
        approvals.drop_first(connection, approval.week)
        return replace(approval, by=f"{first.by} and {approval.by}")
    waiting = replace(approval, waits=True)
    approvals.set_first(connection, waiting)
    detail = {"revision": approval.revision, "fingerprint": approval.fingerprint}
    if first is not None:
        detail["void"] = f"{first.by} had approved another text"
    event = AuditEvent.FIRST_APPROVED
    audit.record(connection, event, at=approval.at, by=approval.by, week=approval.week, detail=detail)
    return waiting


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: capitals, spaces, and how somebody came in make no difference. Pure."""
    return _key(one) == _key(other)


def _key(name: str) -> str:
    return " ".join(name.partition(" (")[0].split()).casefold()

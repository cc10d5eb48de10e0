"""Posts that have gone since the edition was composed: looked for at approval and again before sending."""

from __future__ import annotations

from datetime import timedelta

from digest.errors import ApprovalError
from digest.model import Approval, Edition
from digest.steps.context import Context
from digest.steps.recheck import Flagged, recheck_now
from digest.store import editions

FRESH = timedelta(minutes=15)
"""Links that were looked at for an approval this short ago are not looked at again before sending."""


def look_again(context: Context, edition: Edition, *, moment: str) -> tuple[Flagged, ...]:
    """Visit the edition's links; what has gone is reported and kept in the audit trail.

    `moment` says when, for people: "at approval". Raises ApprovalError where posts were withdrawn and
    `[edition] hold_withdrawn` says that the edition waits for its editor then.
    """
    flagged = recheck_now(context, edition.posts)
    if not flagged:
        return ()
    week = edition.week
    for post in flagged:
        context.report(
            f"{week}: {moment}, “{post.title}” {'has gone' if post.withdrawn else 'did not answer'}: {post.reason}"
        )
    with context.store.writing() as connection:
        detail = {"posts": [{"title": post.title, "url": post.url, "reason": post.reason} for post in flagged]}
        editions.note(
            connection, at=context.clock(), by="digest", what=f"links checked {moment}", week=week, detail=detail
        )
    gone = [post.title for post in flagged if post.withdrawn]
    if gone and context.settings.edition.hold_withdrawn:
        raise ApprovalError(
            f"{len(gone)} of the edition's posts {'have' if len(gone) > 1 else 'has'} gone: " + "; ".join(gone) + ".",
            "Drop them on the desk and approve again, or set [edition] hold_withdrawn = false.",
        )
    return flagged


def is_fresh(context: Context, approval: Approval) -> bool:
    """Whether the approval, and with it the look at the links, is recent enough."""
    return context.clock() - approval.at <= FRESH

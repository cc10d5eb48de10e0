"""How many subscribers an edition has, and how many more or fewer than when it was approved.

An approval covers the rule of who gets the edition, not their number, as subscribers come and go until it is sent. The
number is stored with the approval. If it has changed a lot, the editor sees a sentence about it before sending.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from digest.model import Edition
from digest.steps.context import Context
from digest.store import approvals, editions, recipients
from digest.text import plural
from digest.week import Week

_MANY, _MUCH = 10, 0.1  # a change of more subscribers than this, or of a larger share, is mentioned


def size(connection: Connection, edition: Edition | None, now: datetime) -> int:
    """Return how many active subscribers would get the edition; monthly ones only if it has the month's mail."""
    monthly = edition is not None and edition.month is not None
    return recipients.active(connection, now=now, monthly=monthly)


def now(context: Context, edition: Edition) -> int:
    """Return how many active subscribers would get the edition now."""
    with context.store.reading() as connection:
        return size(connection, edition, context.clock())


def change(context: Context, week: Week) -> str:
    """Return a sentence such as "340 subscribers, 290 more than at approval".

    Returns "" if the number is about the same, or was not stored.
    """
    with context.store.reading() as connection:
        return change_in(connection, week, context.clock())


def change_in(connection: Connection, week: Week, now: datetime) -> str:
    """Like `change`, within the caller's transaction."""
    before = approvals.subscribers_at_last(connection, week)
    return "" if before is None else describe_change(before, size(connection, editions.load(connection, week), now))


def describe_change(before: int, now: int) -> str:
    """Return the sentence, or "" for a small difference. Pure."""
    more = abs(now - before)
    if more <= _MANY and more <= _MUCH * before:
        return ""
    return f"{plural(now, 'subscriber')}, {more:,} {'more' if now > before else 'fewer'} than at approval"

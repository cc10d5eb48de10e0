"""How many subscribers an edition has, and how many more or fewer than when it was approved.

Approval holds for the rule of who gets it, not for the number: subscribers come and go until it is sent. So the number
is kept with the approval, and a jump is said before the first mail.
"""

from __future__ import annotations

from sqlalchemy import Connection

from digest.model import EffectiveStatus
from digest.steps.context import Context
from digest.store import approvals, subscribers

_MANY, _MUCH = 10, 0.1  # subscribers, or a part of them: more than that is worth a word


def size(connection: Connection) -> int:
    """Return how many active subscribers there are."""
    return subscribers.counts(connection)[EffectiveStatus.ACTIVE]


def change(context: Context, week: str) -> str:
    """ "340 subscribers, 290 more than at approval"; "" where the number is about what it was, or was not kept."""
    with context.store.reading() as connection:
        return change_in(connection, week)


def change_in(connection: Connection, week: str) -> str:
    """The same, within the caller's transaction."""
    before = approvals.subscribers_at_last(connection, week)
    return "" if before is None else describe_change(before, size(connection))


def describe_change(before: int, now: int) -> str:
    """Pure: the sentence, where the difference is worth one."""
    more = abs(now - before)
    if more <= _MANY and more <= _MUCH * before:
        return ""
    return f"{now} subscriber{'' if now == 1 else 's'}, {more} {'more' if now > before else 'fewer'} than at approval"

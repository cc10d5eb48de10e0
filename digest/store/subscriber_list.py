"""All subscribers as they stand now: listed, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Case, Connection, Text, and_, case, func, literal, or_, select, text

from digest.model import EffectiveStatus, Frequency, SubscriberRow, SubscriberStatus
from digest.store.activity import is_back
from digest.store.schema import subscribers, suppressions
from digest.store.subscribers import suppression_text

_RECEIVING = (SubscriberStatus.ACTIVE.value, SubscriberStatus.PAUSED.value)
_WITH_SUPPRESSIONS = subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash)


def _effective_status(now: datetime) -> Case[str]:
    return case(
        (
            and_(suppressions.c.hash.is_not(None), subscribers.c.status.in_(_RECEIVING)),
            literal(EffectiveStatus.SUPPRESSED.value, Text),
        ),
        (
            and_(subscribers.c.status == SubscriberStatus.PAUSED.value, subscribers.c.paused_until <= now),
            literal(EffectiveStatus.ACTIVE.value, Text),
        ),
        else_=subscribers.c.status,
    )


def stream(connection: Connection, status: EffectiveStatus | None = None, *, now: datetime) -> Iterator[SubscriberRow]:
    """Every subscriber as they are now, in order; memory stays flat however many there are."""
    effective_status = _effective_status(now)
    also = func.nullif(suppressions.c.also, "")  # weighs more: an export must not lose that somebody complained
    reason = func.coalesce(also, suppression_text, "").label("reason")
    statement = select(subscribers, effective_status.label("effective_status"), reason).select_from(_WITH_SUPPRESSIONS)
    if status is not None:
        statement = statement.where(effective_status == status.value)
    for row in connection.execute(statement.order_by(subscribers.c.id), execution_options={"yield_per": 2000}):
        yield SubscriberRow(
            row.id,
            row.email,
            row.name,
            tuple(row.themes),
            row.language,
            EffectiveStatus(row.effective_status),
            str(row.reason),
            Frequency(row.frequency),
            row.paused_until if row.effective_status == EffectiveStatus.PAUSED else None,
        )


def counts(connection: Connection, now: datetime) -> dict[EffectiveStatus, int]:
    """How many subscribers have which status now."""
    # By number: PostgreSQL does not see that two parameters of the same value make the same expression.
    grouped = select(_effective_status(now), func.count()).select_from(_WITH_SUPPRESSIONS).group_by(text("1"))
    numbers = {EffectiveStatus(status): int(number) for status, number in connection.execute(grouped)}
    return {status: numbers.get(status, 0) for status in EffectiveStatus}


def languages(connection: Connection, now: datetime) -> dict[str, int]:
    """How many active subscribers ask for which language; "" for those who ask for none. A pause may have ended."""
    counted = select(subscribers.c.language, func.count()).group_by(subscribers.c.language)
    # An index answers for all of them. The few on the suppression list are looked up one by one: coalesce() keeps
    # SQLite from going through everybody by that index.
    all_of_them = counted.where(subscribers.c.status == SubscriberStatus.ACTIVE.value)
    back = counted.where(is_back(now))
    suppressed_ones = counted.where(
        subscribers.c.hash.in_(select(suppressions.c.hash)),
        or_(func.coalesce(subscribers.c.status, "") == SubscriberStatus.ACTIVE.value, is_back(now)),
    )
    numbers: Counter[str] = Counter()
    for language, number in (*connection.execute(all_of_them), *connection.execute(back)):
        numbers[language] += number
    for language, number in connection.execute(suppressed_ones):
        numbers[language] -= number
    return {language: number for language, number in numbers.items() if number}

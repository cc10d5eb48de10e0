"""Who would get a mailing at a moment: how many, how many of them are suppressed, in which languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from digest.model import DeliveryState, Frequency, Mailing
from digest.store.activity import is_active, is_of_frequency
from digest.store.schema import deliveries, subscribers, suppressions


@dataclass(frozen=True, slots=True)
class Recipients:
    """Numbers of subscribers; those who have the mailing already are not among them."""

    candidates: int  # active, or waiting for the rest of the mailing
    suppressed: int  # of these: on the suppression list
    languages: Mapping[str, int]  # of the others; "" asks for none
    monthly: int = 0  # of the others: those who get mail once a month

    @property
    def number(self) -> int:
        return self.candidates - self.suppressed


def active(connection: Connection, *, now: datetime, monthly: bool) -> int:
    """Count who would get a mailing that nobody has yet: weekly subscribers, and monthly ones too if `monthly`."""
    joined = subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash)
    condition = and_(is_active(now), is_of_frequency(monthly=monthly), suppressions.c.hash.is_(None))
    return int(connection.execute(select(func.count()).select_from(joined).where(condition)).scalar_one())


def monthly_languages(connection: Connection, *, now: datetime) -> dict[str, int]:
    """Return how many of those who get the month's mail ask for which language; "" for those who ask for none."""
    joined = subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash)
    is_monthly = subscribers.c.frequency == Frequency.MONTHLY.value
    rows = connection.execute(
        select(subscribers.c.language, func.count())
        .select_from(joined)
        .where(is_active(now), is_monthly, suppressions.c.hash.is_(None))
        .group_by(subscribers.c.language)
    )
    return {str(language): int(number) for language, number in rows}


_OPEN = (DeliveryState.QUEUED.value, DeliveryState.SENDING.value, DeliveryState.DEFERRED.value)


def recipients(connection: Connection, mailing: Mailing, *, now: datetime, monthly: bool) -> Recipients:
    """Count who has no delivery of `mailing` yet and would get one, and who waits for theirs.

    Monthly subscribers are among the former only if the mailing has the month's mail (`monthly`).
    """
    joined = subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash).outerjoin(
        deliveries, (deliveries.c.subscriber == subscribers.c.id) & (deliveries.c.week == mailing)
    )
    is_new = and_(is_active(now), is_of_frequency(monthly=monthly), deliveries.c.state.is_(None))
    rows = connection.execute(
        select(subscribers.c.language, subscribers.c.frequency, func.count(), func.count(suppressions.c.hash))
        .select_from(joined)
        .where(or_(is_new, deliveries.c.state.in_(_OPEN)))
        .group_by(subscribers.c.language, subscribers.c.frequency)
    ).all()
    languages: Counter[str] = Counter()
    for language, _, number, suppressed in rows:
        languages[language] += number - suppressed
    return Recipients(
        sum(number for _, _, number, _ in rows),
        sum(suppressed for _, _, _, suppressed in rows),
        {language: number for language, number in languages.items() if number},
        sum(number - suppressed for _, frequency, number, suppressed in rows if frequency == Frequency.MONTHLY.value),
    )

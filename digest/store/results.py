"""What became of a mailing, counted: by domain and reply, and who left or complained after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from digest.model import BounceState, DeliveryState, Mailing, SuppressionReason
from digest.store.schema import bounces, deliveries, subscribers, suppressions


@dataclass(frozen=True, slots=True)
class DomainCount:
    """Deliveries at one domain in one state, or bounces that came back from there."""

    domain: str  # "" where addresses were removed
    state: str  # a DeliveryState; "bounced" for what came back as mail; "on hold" while an operator has not decided
    code: int  # what the server replied; 0 and "" where that does not matter, or there was no reply
    enhanced: str
    text: str
    number: int


def _domain(connection: Connection, email: ColumnElement[str]) -> ColumnElement[str]:
    """What follows the first @. A quoted local part may have one, too: callers look for the last."""
    place = func.instr(email, "@") if connection.dialect.name == "sqlite" else func.strpos(email, "@")
    return func.lower(func.substr(email, place + 1))


_REFUSED = (DeliveryState.DEFERRED.value, DeliveryState.FAILED.value, DeliveryState.UNCERTAIN.value)


def by_domain(connection: Connection, mailing: Mailing) -> Iterator[DomainCount]:
    """Count the deliveries of a mailing by domain and state, those that were refused also by the server's reply."""
    here = deliveries.c.week == mailing
    domain = _domain(connection, deliveries.c.email).label("domain")
    accepted = (
        select(domain, deliveries.c.state, func.count())
        .where(here, deliveries.c.state.not_in(_REFUSED))
        .group_by("domain", deliveries.c.state)
    )
    for name, state, number in connection.execute(accepted):
        yield DomainCount(name.rpartition("@")[2], state, 0, "", "", number)
    reply: tuple[Any, ...] = (deliveries.c.reply_code, deliveries.c.reply_enhanced, deliveries.c.reply_text)
    refused = (
        select(domain, deliveries.c.state, *reply, func.count())
        .where(here, deliveries.c.state.in_(_REFUSED))
        .group_by("domain", deliveries.c.state, *reply)
    )
    for name, state, code, enhanced, text, number in connection.execute(refused, execution_options={"yield_per": 1000}):
        yield DomainCount(name.rpartition("@")[2], state, code, enhanced, text, number)


def bounces_by_domain(connection: Connection, mailing: Mailing) -> Iterator[DomainCount]:
    """Count the bounces of a mailing: what came back as mail, and what is on hold. Dismissed ones say nothing."""
    domain = _domain(connection, subscribers.c.email).label("domain")
    columns: tuple[Any, ...] = (bounces.c.state, bounces.c.returned, bounces.c.code, bounces.c.detail)
    counted = (
        select(domain, *columns, func.count())
        .join(subscribers, subscribers.c.id == bounces.c.subscriber)
        .where(bounces.c.batch == str(mailing), bounces.c.state != BounceState.DISMISSED.value)
        .group_by("domain", *columns)
    )
    for name, state, returned, code, detail, number in connection.execute(counted):
        on_hold = state == BounceState.ON_HOLD.value
        if returned or on_hold:
            what = "on hold" if on_hold else "bounced"
            yield DomainCount(name.rpartition("@")[2], what, 0, code, detail, number)


@dataclass(frozen=True, slots=True)
class Losses:
    """Subscribers who got a mailing and are gone since."""

    left: int
    complained: int


def losses(connection: Connection, mailing: Mailing, *, since: datetime, until: datetime | None) -> Losses:
    """Count who got `mailing` and left or complained from `since` on, and before the next one."""
    complaint, left = SuppressionReason.COMPLAINT.value, SuppressionReason.UNSUBSCRIBED.value
    got_it = deliveries.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNCERTAIN.value])
    joined = deliveries.join(subscribers, subscribers.c.id == deliveries.c.subscriber).join(
        suppressions, suppressions.c.hash == subscribers.c.hash
    )
    within = [suppressions.c.at >= since] + ([suppressions.c.at < until] if until else [])
    is_complaint = or_(suppressions.c.reason == complaint, suppressions.c.also == complaint)
    is_leaving = and_(or_(suppressions.c.reason == left, suppressions.c.also == left), ~is_complaint)

    def number(condition: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(joined).where(deliveries.c.week == mailing, got_it, *within)
        return int(connection.execute(counted.where(condition)).scalar_one())

    return Losses(number(is_leaving), number(is_complaint))

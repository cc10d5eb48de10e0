"""Act on what a provider reported: each event once, on the subscriber with its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from digest.mail.returned.parse_bounce import Kind
from digest.mail.returned.webhooks.reported_event import ReportedEvent
from digest.mail.smtp.verdict import classify
from digest.steps.bounces.record import ReturnedBounce
from digest.steps.bounces.settle import notify_of_holds, settle
from digest.steps.context import Context
from digest.steps.subscribers.act_on_report import act_on_report
from digest.store import provider_events, subscribers
from digest.subscribers.email_addresses import Address, parse_address


def take_in(context: Context, provider: str, events: Sequence[ReportedEvent]) -> int:
    """Record the events that are new and act on them; return how many those are. All of them or, if it raises, none.

    Bounces are only recorded here: `settle_reports` counts them.
    """
    if not events:
        return 0
    new = 0
    with context.store.writing() as connection:
        for one in events:
            new += _act(connection, context, provider, one)
    return new


def _act(connection: Connection, context: Context, provider: str, event: ReportedEvent) -> bool:
    now = context.clock()
    if not provider_events.add(connection, provider, event.id, at=now):
        return False
    address = parse_address(event.address)
    subscriber = subscribers.find_by_key(connection, address.key) if isinstance(address, Address) else None
    if subscriber is not None:
        verdict = replace(classify(0, event.status, event.detail), hard=event.kind is Kind.HARD)
        # A provider's clock that is ahead of ours must not count for an edition that is still to come.
        report = ReturnedBounce(verdict, event.detail, event.message_id, min(event.at or now, now))
        source = f"webhook of {provider}"
        act_on_report(connection, context, subscriber, event.kind, report, how=source, origin=source)
    return True


def settle_reports(context: Context) -> None:
    """Count the bounces that were recorded, and tell the editors what is on hold."""
    settle(context)
    notify_of_holds(context)

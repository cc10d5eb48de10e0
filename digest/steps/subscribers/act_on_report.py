"""Act on one report about a subscriber, whether it came as mail or by webhook.

A complaint suppresses and a request unsubscribes at once; a bounce is only recorded, for all bounces of a mailing are
looked at together.
"""

from __future__ import annotations

from sqlalchemy import Connection

from digest.mail.returned.parse_bounce import Kind
from digest.model import Suppression, SuppressionReason
from digest.steps.bounces.record import ReturnedBounce, record_returned
from digest.steps.context import Context
from digest.steps.subscribers.operator_actions import unsubscribe_subscriber
from digest.steps.suppress import suppress_for_returned_mail
from digest.store.subscribers import StoredSubscriber


def act_on_report(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    kind: Kind,
    report: ReturnedBounce,
    *,
    how: str,
    origin: str,
) -> bool:
    """Return whether the subscriber was suppressed. `how` and `origin` are for the subscriber's history."""
    match kind:
        case Kind.UNSUBSCRIBE:
            unsubscribe_subscriber(connection, context, subscriber, how=how)
        case Kind.COMPLAINT:
            complaint = Suppression(SuppressionReason.COMPLAINT, report.detail.split(" ")[0])
            return suppress_for_returned_mail(
                connection, context, subscriber, complaint, origin=origin, detail=report.detail
            )
        case Kind.HARD | Kind.SOFT:
            record_returned(connection, context, subscriber.id, report)
    return False

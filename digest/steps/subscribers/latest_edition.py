"""Send the latest edition to a new subscriber, as it was approved, or not at all."""

from __future__ import annotations

import logging

from digest.errors import DigestError
from digest.log import for_week
from digest.model import EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.sending.send import send
from digest.steps.sending.verify_approval import approved_edition
from digest.store import deliveries, editions
from digest.week import Week

LOG = logging.getLogger(__name__)


def latest_for_newcomers(context: Context) -> Week | None:
    """Return the week of the latest edition that was sent, if it can be sent to new subscribers; else None.

    It cannot if a template or a setting has changed since. Changes nothing.
    """
    with context.store.reading() as connection:
        sent_editions = [row for row in editions.list_all(connection) if row.sent_at is not None]
    if not sent_editions:
        return None
    try:
        approved_edition(context, sent_editions[0].week)
    except DigestError as error:
        LOG.warning("New subscribers do not get the latest edition: %s", error.what)
        return None
    return sent_editions[0].week


def queue_latest(context: Context, number: int) -> Week | None:
    """Queue the latest edition for a new subscriber, once. Return its week; None if there is none or they have it.

    An error is only logged: the subscription itself has succeeded by then.
    """
    try:
        week = latest_for_newcomers(context)
        if not week:
            return None
        with context.store.writing() as connection:
            if not deliveries.queue_one(connection, Mailing(week), number, now=context.clock()):
                return None
            editions.move(connection, week, [EditionStatus.SENT], EditionStatus.SENDING)
    except DigestError as error:
        LOG.warning("A new subscriber does not get the latest edition: %s", error.what)
        return None
    return week


def send_latest(context: Context, week: Week) -> None:
    """Send what was queued. A failure is logged; the next `digest send` tries again."""
    try:
        send(context, week)
    except DigestError as error:
        for_week(LOG, week).warning("The edition for a new subscriber stays queued: %s", error.what)

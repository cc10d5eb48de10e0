"""What is forgotten in time, whether or not an edition is sent: old addresses, old pages, who never confirmed."""

from __future__ import annotations

from datetime import timedelta

from digest.steps.context import Context
from digest.store import deliveries, pages, subscribers
from digest.subscribers.consent_rules import CONFIRM_WITHIN


def forget(context: Context) -> None:
    """Forget what the settings say is old enough: `[store] retention_days`, `[collect] keep_pages_days`.

    Deliveries that are still open keep their addresses: they are needed to send them.
    """
    now = context.clock()
    settings = context.settings
    with context.store.writing() as connection:
        pages.prune(connection, now, keep_days=settings.collect.keep_pages_days)
        deliveries.forget_addresses(connection, before=now - timedelta(days=settings.store.retention_days))
        subscribers.forget_pending(connection, before=now - CONFIRM_WITHIN)

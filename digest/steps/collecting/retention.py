"""Delete what is past its retention: addresses in old deliveries, old pages, unconfirmed subscriptions."""

from __future__ import annotations

from datetime import timedelta

from digest.steps.collecting.post_words import searched_since
from digest.steps.context import Context
from digest.steps.picture_files import pictures_folder
from digest.store import deliveries, pages, pictures, post_texts, provider_events, subscribers
from digest.subscribers.consent_rules import CONFIRM_WITHIN

_EVENTS_KEPT = timedelta(days=30)  # longer than any provider goes on sending an event again

_PICTURES_KEPT = timedelta(days=90)  # of posts in no edition: longer than an editor brings one back

_WORDS_KEPT = timedelta(days=35)  # longer than they are searched


def forget(context: Context) -> None:
    """Delete what is older than `[store] retention_days` and `[collect] keep_pages_days`.

    Open deliveries keep their addresses, which are needed to send them.
    """
    now = context.clock()
    settings = context.settings
    with context.store.writing() as connection:
        pages.prune(connection, now, keep_days=settings.collect.keep_pages_days)
        deliveries.forget_addresses(connection, before=now - timedelta(days=settings.store.retention_days))
        provider_events.prune(connection, before=now - _EVENTS_KEPT)
        subscribers.forget_pending(connection, before=now - CONFIRM_WITHIN)
        unused = pictures.prune(connection, before=now - _PICTURES_KEPT)
        post_texts.prune(connection, before=searched_since(context) - _WORDS_KEPT)
    # After the rows: the preflight would miss the file of a row, but nobody misses the row of a file.
    for name in unused:
        (pictures_folder(settings) / name).unlink(missing_ok=True)

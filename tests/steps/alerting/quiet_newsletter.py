"""A newsletter with which nothing is wrong: its last edition, 2019-W12, was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.model import EditionStatus
from digest.steps.context import Context
from digest.store import editions
from digest.store.engine import Store
from digest.week import Week
from tests.mail.editions import edition
from tests.steps.alerting.hook_server import Hook
from tests.steps.newsletter_setup import Newsletter, set_up

W12 = Week(2019, 12)
MONDAY = datetime(2019, 3, 25, 13, tzinfo=UTC)  # W12 closed at midnight
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EDITORS = ["One <one@example.org>", "two@example.org"]


def at(context: Context, moment: datetime) -> Context:
    return replace(context, clock=lambda: moment)


def store_edition(
    store: Store, week: Week, status: EditionStatus = EditionStatus.SENT, made: datetime = MONDAY
) -> None:
    with store.writing() as connection:
        editions.save_revision(connection, replace(edition(2), week=week), by="digest", at=made)
        editions.move(connection, week, [EditionStatus.DRAFT], status)


@contextmanager
def quiet_newsletter(
    folder: Path, store: Store, hook: Hook | None = None, **tables: dict[str, Any]
) -> Iterator[Newsletter]:
    """`hook` is its webhook; `tables` add to digest.toml. The clock stands at MONDAY."""
    newsletter = {"editors": EDITORS} | tables.pop("newsletter", {})
    alerts = {"webhook_url": hook.url if hook else ""} | tables.pop("alerts", {})
    with store.reading() as connection:
        is_new = editions.find(connection, W12) is None
    if is_new:
        store_edition(store, W12)
    with set_up(
        folder, store, sources=["Working at Estuary"], tables={"newsletter": newsletter, "alerts": alerts} | tables
    ) as one:
        yield replace(one, context=at(one.context, MONDAY))


def mails(newsletter: Newsletter) -> list[tuple[str, str, str]]:
    """Recipient, subject and text of all that was mailed, oldest first."""
    rows = []
    for message in newsletter.mailbox.messages()[::-1]:
        opened = newsletter.mailbox.open(message.id)
        rows.append((message.recipients[0], message.subject, opened.text if opened else ""))
    return rows

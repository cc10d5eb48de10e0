"""Editions that went out, written into a store, for pages that show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.model import EditionStatus
from digest.steps.context import Context
from digest.store import editions
from digest.week import Week
from tests.mail.editions import edition

LATEST = Week(2019, 12)


def write_sent_editions(context: Context, number: int, *, posts: int = 10) -> None:
    """Write the editions of so many weeks up to LATEST; each went out on the Monday after it."""
    with context.store.writing() as connection:
        for back in range(number):
            week, shift = LATEST.shift(-back), timedelta(weeks=-back)
            one = edition(posts, short=posts // 6)
            one = replace(one, week=week, starts=one.starts + shift, ends=one.ends + shift)
            editions.save_revision(connection, one, by="editor", at=one.ends)
            editions.set_fields(
                connection, week, status=EditionStatus.SENT.value, sent_at=one.ends + timedelta(hours=9)
            )

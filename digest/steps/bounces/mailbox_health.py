"""Does anybody read the mail that comes back? Bounces, complaints, and requests to unsubscribe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest.settings import Settings
from digest.store import bounces
from digest.week import Week

_WEEKS = 6
_ALARMING = 0.001  # of all messages, as Gmail and Yahoo count
_FEWEST_COMPLAINTS = 3  # fewer say nothing about a small list
_OVERDUE = timedelta(days=2)  # since the last reading, which should happen every hour


@dataclass(frozen=True, slots=True)
class MailboxFinding:
    """One thing about returned mail, for `digest check`."""

    good: bool
    message: str
    remedy: str = ""


def reading_key(place: str) -> str:
    """Return under which name the store knows a mailbox: its place may hold somebody's name."""
    named = place if "://" in place else str(Path(place).resolve())
    return hashlib.sha256(named.encode()).hexdigest()


def mailbox_health(connection: Connection, settings: Settings, now: datetime) -> Iterator[MailboxFinding]:
    """Say whether the mailbox is read, and whether what is in it can be matched."""
    place, return_path = settings.bounce_mailbox, settings.bounces.return_path
    address = return_path.replace("{token}", "…") or settings.newsletter.from_address
    if not place:
        lost = "requests to unsubscribe by mail are lost"
        if not settings.bounces.webhooks:
            lost = "bounces, complaints and requests to unsubscribe by mail are lost"
        yield MailboxFinding(
            False,
            f"nobody reads what comes back to {address}: {lost}",
            "Set [bounces] mailbox, and run `digest bounces read` every hour.",
        )
    else:
        yield _reading(bounces.last_reading(connection, [reading_key(place)]), place, address, now)
        if "{token}" not in return_path:
            yield MailboxFinding(
                False,
                f"all bounces come back to {address}: those that quote nothing of our mail count for nobody",
                'Give each subscriber a return address: [bounces] return_path = "bounces+{token}@…".',
            )
    yield from _complaints(connection, now)
    if number := bounces.count_on_hold(connection):
        what = "1 bounce is on hold and suppresses" if number == 1 else f"{number} bounces are on hold and suppress"
        yield MailboxFinding(False, f"{what} nobody", "Decide: `digest bounces list` shows what is on hold.")


def _complaints(connection: Connection, now: datetime) -> Iterator[MailboxFinding]:
    """The rate that mailbox providers watch: complaints for each message of the last editions."""
    weeks = [Week.of(now.date()).shift(-age) for age in range(_WEEKS)]
    sent = bounces.sent_in(connection, weeks)
    number = bounces.complaints(connection, now - timedelta(weeks=_WEEKS))
    if not sent or not number:
        return
    message = f"{number} complaints about {sent:,} messages of the last {_WEEKS} weeks: {number / sent:.2%}"
    if number / sent < _ALARMING or number < _FEWEST_COMPLAINTS:
        yield MailboxFinding(True, message)
    else:
        remedy = "Gmail and Yahoo want less than 0.1%, and reject from 0.3% on: see docs/deliverability.md."
        yield MailboxFinding(False, message, remedy)


def _reading(last: datetime | None, place: str, address: str, now: datetime) -> MailboxFinding:
    if not place.startswith(("imap://", "imaps://")) and not (Path(place) / "cur").is_dir():
        return MailboxFinding(False, f"there is no Maildir {place}", "Correct [bounces] mailbox.")
    remedy = "Run `digest bounces read` every hour, by cron or a timer."
    if last is None:
        return MailboxFinding(False, f"the mailbox of {address} was never read", remedy)
    message = f"the mailbox of {address} was last read at {last:%Y-%m-%d %H:%M} UTC"
    return MailboxFinding(now - last <= _OVERDUE, message, "" if now - last <= _OVERDUE else remedy)

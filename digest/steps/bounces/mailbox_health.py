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

_OVERDUE = timedelta(days=2)  # since the last reading, which should happen every hour


@dataclass(frozen=True, slots=True)
class MailboxFinding:
    """One thing about returned mail, for `digest check`."""

    good: bool
    message: str
    remedy: str = ""


def reading_key(place: str) -> str:
    """Return under which name the store knows a mailbox: its place may hold somebody's name."""
    return hashlib.sha256(place.encode()).hexdigest()


def mailbox_health(connection: Connection, settings: Settings, now: datetime) -> Iterator[MailboxFinding]:
    """Say whether the mailbox is read, and whether what is in it can be matched."""
    place, return_path = settings.bounces.mailbox, settings.bounces.return_path
    address = return_path.replace("{token}", "…") or settings.newsletter.from_address
    if not place:
        where = "bounces come by webhook, but " if settings.bounces.webhooks else ""
        yield MailboxFinding(
            False,
            f"{where}nobody reads what comes back to {address}: requests to unsubscribe by mail, bounces, complaints",
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
    if number := bounces.count_on_hold(connection):
        yield MailboxFinding(
            False, f"{number} bounces are on hold and suppress nobody", "Decide: `digest bounces list` shows them."
        )


def _reading(last: datetime | None, place: str, address: str, now: datetime) -> MailboxFinding:
    if not place.startswith(("imap://", "imaps://")) and not (Path(place) / "cur").is_dir():
        return MailboxFinding(False, f"there is no Maildir {place}", "Correct [bounces] mailbox.")
    remedy = "Run `digest bounces read` every hour, by cron or a timer."
    if last is None:
        return MailboxFinding(False, f"the mailbox of {address} was never read", remedy)
    message = f"the mailbox of {address} was last read at {last:%Y-%m-%d %H:%M} UTC"
    return MailboxFinding(now - last <= _OVERDUE, message, "" if now - last <= _OVERDUE else remedy)

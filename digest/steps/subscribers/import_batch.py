"""Judge the rows of an import and apply them, a batch in a transaction.

row ─▶ invalid?
    ─▶ on the suppression list, or unsubscribed: stays so
    ─▶ the file says that they left or are suppressed: becomes so
    ─▶ in the file before: a duplicate
    ─▶ in the store: updated
    ─▶ a likely typing mistake: doubtful
    ─▶ added
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any

from sqlalchemy import Connection

from digest.model import (
    ConsentEvent,
    EffectiveStatus,
    Frequency,
    RowVerdict,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.store import subscribers
from digest.store.subscribers import Consent, NewSubscriber, StoredSubscriber
from digest.subscribers.csv_file import CsvRow
from digest.subscribers.email_addresses import Address, BadAddress, parse_address
from digest.subscribers.mail_providers import likely_address
from digest.subscribers.pause_dates import pause_end
from digest.words.language_tags import canonical, known_language

_MOST_NAME = 200
_MOST_LANGUAGE = 35  # characters of a tag (RFC 5646 section 4.4.1)
_WITH_MAIL = (SubscriberStatus.PENDING, SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
_EVENTS = {SubscriberStatus.PENDING: ConsentEvent.ASKED}  # else: subscribed


@dataclass(slots=True)
class _Batch:
    """What the store has about a batch of rows, and what is to be written."""

    connection: Connection
    hashes: Mapping[str, tuple[str, ...]]  # by key
    existing: Mapping[str, StoredSubscriber]  # by key
    suppressions: Mapping[str, Suppression]  # by hash
    earlier: set[str] = field(default_factory=set)  # keys of earlier rows
    new: dict[str, NewSubscriber] = field(default_factory=dict)  # by key
    restricted: dict[str, Suppression] = field(default_factory=dict)  # by key: who left according to an earlier row
    to_suppress: dict[Suppression, list[str]] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)

    def reasons(self, key: str) -> list[Suppression]:
        """Return why an address is suppressed."""
        if key in self.restricted:
            return [self.restricted[key]]
        return [self.suppressions[one] for one in self.hashes[key] if one in self.suppressions]


class Importer:
    """Judges rows and applies them. A dry run remembers what it would have written instead of writing it."""

    def __init__(
        self, context: Context, *, file_name: str, by: str, dry_run: bool, accept_doubtful: bool = False
    ) -> None:
        self._now = context.clock()
        self._zone = context.settings.newsletter.zone
        self._themes = {theme.key for theme in context.settings.themes}
        self._hasher = hasher_of(context.settings)
        self._how = f"import {file_name}" + (f" by {by}" if by else "")
        self._file_name = file_name
        self._last_number = 0  # the highest subscriber number before this import
        self._dry_run = dry_run
        self._accept_doubtful = accept_doubtful
        self._would_add: set[str] = set()  # the keys of addresses
        self._would_be: dict[str, StoredSubscriber] = {}  # by the same keys: rows as they would be changed
        self._would_restrict: dict[str, Suppression] = {}  # by the same keys

    def begin(self, connection: Connection) -> None:
        if not self._dry_run:
            subscribers.expect_many(connection)
        self._last_number = subscribers.highest_number(connection)

    def hashes(self, addresses: Iterable[Address | BadAddress]) -> dict[str, tuple[str, ...]]:
        """Return the hashes of each valid address, by its key."""
        return {one.key: self._hasher.hashes(one.key) for one in addresses if isinstance(one, Address)}

    def check(self, row: CsvRow) -> Address | BadAddress:
        """Return the row's address, or what is wrong with the row. Does not touch the store."""
        if row.problem:
            return BadAddress(row.email, row.problem)
        address = parse_address(row.email) if row.email else BadAddress("", "the address is missing")
        if row.standing.suppression is not None:
            return address  # nothing else counts for whoever gets no mail
        if not self._themes.issuperset(row.themes):
            unknown = [theme for theme in row.themes if theme not in self._themes]
            near = difflib.get_close_matches(unknown[0], self._themes, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(self._themes))}"
            return BadAddress(row.email, f"there is no theme {unknown[0]!r}{hint}")
        if len(row.name) > _MOST_NAME:
            return BadAddress(row.email, f"the name is longer than {_MOST_NAME} characters")
        if row.language and not _is_language(row.language):
            return BadAddress(row.email, f"{row.language[:20]!r} is not a language tag; write one such as cy or en-GB")
        if row.frequency and row.frequency not in list(Frequency):
            return BadAddress(row.email, f"there is no frequency {row.frequency[:20]!r}; write weekly or monthly")
        if row.paused_until and _day(row.paused_until) is None:
            return BadAddress(row.email, f"{row.paused_until[:20]!r} is not a date; write one such as 2027-05-01")
        return address

    def _pause_end(self, row: CsvRow) -> datetime | None:
        """Return when the pause of a row ends; None for one that does not end by itself."""
        is_paused = row.standing.status is EffectiveStatus.PAUSED
        return pause_end(_day(row.paused_until), self._zone) if is_paused else None

    def take(
        self,
        connection: Connection,
        rows: Sequence[CsvRow],
        addresses: Sequence[Address | BadAddress],
        hashes: Mapping[str, tuple[str, ...]],
    ) -> list[RowVerdict]:
        """Import a batch in the caller's transaction; return a verdict for each row, in order."""
        if not self._dry_run:
            subscribers.lock_table(connection)
        existing = {
            key: replace(one, status=one.status_at(self._now))
            for key, one in subscribers.find_many(connection, list(hashes)).items()
        }
        if self._dry_run:
            existing |= {key: self._would_be[key] for key in self._would_be.keys() & hashes.keys()}
        suppressions = subscribers.suppressed(connection, [one for group in hashes.values() for one in group])
        batch = _Batch(connection, hashes, existing, suppressions, restricted=self._would_restrict)
        verdicts = [
            self._judge(batch, row, address)
            if isinstance(address, Address)
            else RowVerdict(row.line, row.email, "invalid", address.reason)
            for row, address in zip(rows, addresses, strict=True)
        ]
        if self._dry_run:
            self._would_add.update(batch.new)
        else:
            self._write(batch)
            batch.restricted.clear()  # the store has them now
        return verdicts

    def _write(self, batch: _Batch) -> None:
        connection = batch.connection
        subscribers.add_many(connection, list(batch.new.values()), now=self._now)
        for suppression, hashes in batch.to_suppress.items():
            subscribers.suppress(connection, hashes, suppression, at=self._now)
        subscribers.add_consent(connection, batch.consents)

    def _judge(self, batch: _Batch, row: CsvRow, address: Address) -> RowVerdict:
        key = address.key
        subscriber = batch.existing.get(key)
        reasons = batch.reasons(key)
        if row.standing.suppression is not None and _is_news(row.standing.suppression, reasons):
            return self._restrict(batch, row, address, row.standing.suppression)
        if reasons or (subscriber and subscriber.status is SubscriberStatus.LEFT):
            reason = str(reasons[0]) if reasons else SuppressionReason.UNSUBSCRIBED.value
            return RowVerdict(row.line, row.email, "suppressed", reason)
        if key in batch.earlier or key in self._would_add or (subscriber and self._has_added(subscriber)):
            return RowVerdict(row.line, row.email, "duplicate", "the address is in this file twice")
        batch.earlier.add(key)
        if subscriber is not None:
            return self._update(batch, row, subscriber)
        likely = "" if self._accept_doubtful else likely_address(address.email)
        if likely:
            return RowVerdict(row.line, address.email, "doubtful", f"did you mean {likely}?")
        new = self._new(batch, row, address)
        batch.consents.append(self._consent(new.hash, _EVENTS.get(new.status, ConsentEvent.SUBSCRIBED), row))
        reason = "" if new.status is SubscriberStatus.ACTIVE else new.status.value
        return RowVerdict(row.line, address.email, "added", reason)

    def _new(self, batch: _Batch, row: CsvRow, address: Address) -> NewSubscriber:
        status = row.standing.status
        new = NewSubscriber(
            address.email,
            address.key,
            batch.hashes[address.key][0],
            row.name[:_MOST_NAME],
            tuple(theme for theme in row.themes if theme in self._themes),
            row.language if _is_language(row.language) else "",
            SubscriberStatus.ACTIVE if status is EffectiveStatus.SUPPRESSED else SubscriberStatus(status),
            Frequency(row.frequency) if row.frequency in list(Frequency) else Frequency.WEEKLY,
            self._pause_end(row),
        )
        batch.new[address.key] = new
        return new

    def _restrict(self, batch: _Batch, row: CsvRow, address: Address, suppression: Suppression) -> RowVerdict:
        """Unsubscribe or suppress, as the file says: nothing is sent, and no later import changes that."""
        key, subscriber = address.key, batch.existing.get(address.key)
        has_left = row.standing.status is EffectiveStatus.LEFT
        if subscriber is not None:
            if has_left and self._dry_run:
                self._would_be[key] = replace(subscriber, status=SubscriberStatus.LEFT)
            elif has_left:
                subscribers.move(batch.connection, subscriber.id, _WITH_MAIL, SubscriberStatus.LEFT)
        elif key not in batch.new:
            self._new(batch, row, address)
        elif has_left:
            batch.new[key] = batch.new[key]._replace(status=SubscriberStatus.LEFT)
        hashes = dict.fromkeys((*([subscriber.hash] if subscriber else []), *batch.hashes[key]))
        batch.to_suppress.setdefault(suppression, []).extend(hashes)
        batch.restricted[key] = suppression
        event = ConsentEvent.UNSUBSCRIBED if has_left else ConsentEvent.SUPPRESSED
        batch.consents.append(self._consent(next(iter(hashes)), event, row, wording=str(suppression)))
        return RowVerdict(row.line, row.email, "suppressed", f"{suppression}, says the file")

    def _update(self, batch: _Batch, row: CsvRow, subscriber: StoredSubscriber) -> RowVerdict:
        """Change a known subscriber. An empty name or language changes nothing; empty themes mean all of them."""
        pauses = row.standing.status is EffectiveStatus.PAUSED and subscriber.status is SubscriberStatus.ACTIVE
        values: dict[str, Any] = {
            "name": row.name or subscriber.name,
            "language": row.language or subscriber.language,
            "themes": row.themes if row.says_themes else subscriber.themes,
            "status": SubscriberStatus.PAUSED if pauses else subscriber.status,
            "frequency": Frequency(row.frequency) if row.frequency else subscriber.frequency,
        }
        changed = {column: value for column, value in values.items() if value != getattr(subscriber, column)}
        if not changed:
            is_active = subscriber.status is SubscriberStatus.ACTIVE
            return RowVerdict(row.line, row.email, "unchanged", "" if is_active else subscriber.status.value)
        if self._dry_run:
            self._would_be[subscriber.key] = replace(subscriber, **values)
        elif pauses:
            subscribers.change(batch.connection, subscriber.id, **changed, paused_until=self._pause_end(row))
        else:
            subscribers.change(batch.connection, subscriber.id, **changed)
        names = ", ".join("paused" if column == "status" else column for column in sorted(changed))
        batch.consents.append(self._consent(subscriber.hash, ConsentEvent.CHANGED, row, detail=names))
        return RowVerdict(row.line, row.email, "updated", names)

    def _consent(self, hash_: str, event: ConsentEvent, row: CsvRow, *, wording: str = "", detail: str = "") -> Consent:
        return Consent(hash_, self._now, event, self._how, f"{self._file_name}, line {row.line}", wording, detail)

    def _has_added(self, subscriber: StoredSubscriber) -> bool:
        """Whether an earlier batch of this import added the subscriber.

        Somebody who subscribed on the page meanwhile has another `joined_at`.
        """
        return subscriber.id > self._last_number and subscriber.joined_at == self._now


def _is_news(suppression: Suppression, present: Sequence[Suppression]) -> bool:
    """Whether what a file says adds to why an address is suppressed: a bounce may be lifted later, leaving may not."""
    is_final = suppression.reason in subscribers.FINAL_REASONS
    return not present or (is_final and subscribers.final_reason(present) is None)


def _day(text: str) -> date | None:
    """Return the date that our own export writes; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if MINYEAR < day.year < MAXYEAR else None  # the first and the last day are not one in every time zone


def _is_language(tag: str) -> bool:
    return len(tag) <= _MOST_LANGUAGE and bool(canonical(tag) or known_language(tag))

"""Import subscribers: a CSV file in, a verdict on each row out."""

from __future__ import annotations

import difflib
import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from digest.model import ConsentEvent, RowVerdict, SubscriberStatus, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.store import subscribers
from digest.store.subscribers import Consent, NewSubscriber, StoredSubscriber
from digest.subscribers.csv_file import CsvRow, read_csv
from digest.subscribers.email_addresses import Address, BadAddress, parse_address
from digest.words.language_tags import canonical, known_language

_BATCH = 20_000  # rows in a transaction: others wait for SQLite's lock as long as one takes
_PAUSE = 0.12  # seconds between two transactions: a waiting writer asks for the lock every tenth of a second
_MOST_NAME = 200
_MOST_LANGUAGE = 35  # characters of a tag (RFC 5646 section 4.4.1)


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """`digest subscribers import`: how many rows got which verdict."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    suppressed: int = 0
    invalid: int = 0
    dry_run: bool = False

    @property
    def rows(self) -> int:
        return self.added + self.updated + self.unchanged + self.duplicate + self.suppressed + self.invalid


def import_file(
    context: Context,
    path: Path,
    *,
    dry_run: bool = False,
    by: str = "",
    on_verdict: Callable[[RowVerdict], None] | None = None,
    batch: int = _BATCH,
) -> ImportCounts:
    """Read a CSV file into the store, and call `on_verdict` for each row in the order of the file.

    Adds new subscribers and updates those the store has. Never brings back an address that unsubscribed or is
    suppressed. A dry run gives the verdicts of a real one and writes nothing. `batch` rows make a transaction. Raises
    UsageError when the file cannot be read.
    """
    counts: dict[str, int] = {}
    for verdict in import_rows(context, read_csv(path), file_name=path.name, dry_run=dry_run, by=by, batch=batch):
        counts[verdict.verdict] = counts.get(verdict.verdict, 0) + 1
        if on_verdict is not None:
            on_verdict(verdict)
    return ImportCounts(**counts, dry_run=dry_run)


def import_rows(
    context: Context,
    rows: Iterable[CsvRow],
    *,
    file_name: str,
    dry_run: bool = False,
    by: str = "",
    batch: int = _BATCH,
) -> Iterator[RowVerdict]:
    """Import rows from anywhere, as `import_file` does; yield each verdict once it is committed."""
    importer = _Importer(context, file_name=file_name, by=by, dry_run=dry_run)
    with _import_transactions(context, dry_run) as transaction:
        with transaction() as connection:
            importer.begin(connection)
        iterator = iter(rows)
        verdicts: list[RowVerdict] | None = None
        free_since = 0.0
        while verdicts is None or len(verdicts) == batch:
            with _without_garbage_collection():
                batch_rows = list(itertools.islice(iterator, batch))
                addresses = [importer.check(row) for row in batch_rows]  # outside the transaction, so that nobody waits
                hashes = importer.hashes(addresses)
                if context.store.is_sqlite and not dry_run:
                    time.sleep(max(0.0, free_since + _PAUSE - time.monotonic()))
                with transaction() as connection:
                    verdicts = importer.take(connection, batch_rows, addresses, hashes)
                free_since = time.monotonic()
            yield from verdicts


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector: a batch makes many values without cycles, and each collection would scan them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _import_transactions(context: Context, dry_run: bool) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
    """Give the transaction that each batch runs in. A dry run only reads, so that nobody waits for it."""
    if dry_run:
        yield context.store.reading
        return
    with context.store.writing_session() as writing:
        yield writing


class _Importer:
    """Judge rows and apply them. A dry run remembers what it would have written instead of writing it."""

    def __init__(self, context: Context, *, file_name: str, by: str, dry_run: bool) -> None:
        self._now = context.clock()
        self._themes = {theme.key for theme in context.settings.themes}
        self._hasher = hasher_of(context.settings)
        self._how = f"import {file_name}" + (f" by {by}" if by else "")
        self._file_name = file_name
        self._last_number = 0  # the highest subscriber number before this import
        self._dry_run = dry_run
        self._would_add: set[str] = set()  # the keys of addresses
        self._would_be: dict[str, StoredSubscriber] = {}  # by the same keys: rows as they would be changed

    def begin(self, connection: Connection) -> None:
        if not self._dry_run:
            subscribers.expect_many(connection)
        self._last_number = subscribers.highest_number(connection)

    def hashes(self, addresses: Iterable[Address | BadAddress]) -> dict[str, tuple[str, ...]]:
        """Return the hashes of each valid address, by its key."""
        return {one.key: self._hasher.hashes(one.key) for one in addresses if isinstance(one, Address)}

    def take(
        self,
        connection: Connection,
        rows: Sequence[CsvRow],
        addresses: Sequence[Address | BadAddress],
        hashes: dict[str, tuple[str, ...]],
    ) -> list[RowVerdict]:
        """Import a batch in the caller's transaction; return a verdict for each row, in order."""
        if not self._dry_run:
            subscribers.lock_table(connection)
        existing = subscribers.find_many(connection, list(hashes))
        if self._dry_run:
            existing |= {key: self._would_be[key] for key in self._would_be.keys() & hashes.keys()}
        suppressions = subscribers.suppressed(connection, [one for group in hashes.values() for one in group])
        new_subscribers: list[NewSubscriber] = []
        batch_keys: set[str] = set()
        consents: list[Consent] = []
        verdicts: list[RowVerdict] = []
        for row, address in zip(rows, addresses, strict=True):
            if not isinstance(address, Address):
                verdicts.append(RowVerdict(row.line, row.email, "invalid", address.reason))
                continue
            reason = _first_reason(suppressions, hashes[address.key])
            subscriber = existing.get(address.key)
            if reason or (subscriber and subscriber.status is SubscriberStatus.LEFT):
                verdicts.append(
                    RowVerdict(row.line, row.email, "suppressed", reason or SuppressionReason.UNSUBSCRIBED.value)
                )
            elif (
                address.key in batch_keys
                or address.key in self._would_add
                or (subscriber and self._has_added(subscriber))
            ):
                verdicts.append(RowVerdict(row.line, row.email, "duplicate", "the address is in this file twice"))
            elif subscriber is not None:
                verdicts.append(self._update(connection, row, subscriber, consents))
            else:
                newest_hash = hashes[address.key][0]
                new_subscribers.append(
                    NewSubscriber(address.email, address.key, newest_hash, row.name, row.themes, row.language)
                )
                consents.append(
                    Consent(
                        newest_hash,
                        self._now,
                        ConsentEvent.SUBSCRIBED,
                        self._how,
                        f"{self._file_name}, line {row.line}",
                    )
                )
                verdicts.append(RowVerdict(row.line, address.email, "added"))
            batch_keys.add(address.key)
        if self._dry_run:
            self._would_add.update(one.key for one in new_subscribers)
        else:
            subscribers.add_many(connection, new_subscribers, now=self._now)
            subscribers.add_consent(connection, consents)
        return verdicts

    def _has_added(self, subscriber: StoredSubscriber) -> bool:
        """Whether an earlier batch of this import added the subscriber.

        Somebody who subscribed on the page meanwhile has another `joined_at`.
        """
        return subscriber.id > self._last_number and subscriber.joined_at == self._now

    def check(self, row: CsvRow) -> Address | BadAddress:
        """Return the row's address, or what is wrong with the row. Does not touch the store."""
        if row.problem:
            return BadAddress(row.email, row.problem)
        if not self._themes.issuperset(row.themes):
            unknown = [theme for theme in row.themes if theme not in self._themes]
            near = difflib.get_close_matches(unknown[0], self._themes, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(self._themes))}"
            return BadAddress(row.email, f"there is no theme {unknown[0]!r}{hint}")
        if len(row.name) > _MOST_NAME:
            return BadAddress(row.email, f"the name is longer than {_MOST_NAME} characters")
        if row.language and not _is_language(row.language):
            return BadAddress(row.email, f"{row.language[:20]!r} is not a language tag; write one such as cy or en-GB")
        return parse_address(row.email) if row.email else BadAddress("", "the address is missing")

    def _update(
        self, connection: Connection, row: CsvRow, subscriber: StoredSubscriber, consents: list[Consent]
    ) -> RowVerdict:
        """Change a known subscriber. An empty name or language changes nothing; empty themes mean all of them."""
        values: dict[str, Any] = {
            "name": row.name or subscriber.name,
            "language": row.language or subscriber.language,
            "themes": row.themes if row.says_themes else subscriber.themes,
        }
        changed = {column: value for column, value in values.items() if value != getattr(subscriber, column)}
        if not changed:
            is_active = subscriber.status is SubscriberStatus.ACTIVE
            return RowVerdict(row.line, row.email, "unchanged", "" if is_active else subscriber.status.value)
        if self._dry_run:
            self._would_be[subscriber.key] = replace(subscriber, **values)
        else:
            subscribers.change(connection, subscriber.id, **changed)
        origin = f"{self._file_name}, line {row.line}"
        names = ", ".join(sorted(changed))
        consents.append(Consent(subscriber.hash, self._now, ConsentEvent.CHANGED, self._how, origin, detail=names))
        return RowVerdict(row.line, row.email, "updated", names)


def _first_reason(suppressions: Mapping[str, Suppression], hashes: Iterable[str]) -> str:
    """Return why one of these hashes is suppressed; "" if none is."""
    return next((str(suppressions[one]) for one in hashes if one in suppressions), "") if suppressions else ""


def _is_language(tag: str) -> bool:
    return len(tag) <= _MOST_LANGUAGE and bool(canonical(tag) or known_language(tag))

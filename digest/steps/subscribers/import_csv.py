"""Importing subscribers: a CSV file in, a verdict on each row out."""

from __future__ import annotations

import difflib
import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from digest.model import ConsentEvent, RowVerdict, Subscriber, SubscriberStatus, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.store import subscribers
from digest.store.subscribers import Consent, NewSubscriber, StoredSubscriber
from digest.subscribers.csv_file import CsvRow, read_csv
from digest.subscribers.email_addresses import Address, BadAddress, parse_address
from digest.words.language_tags import canonical, known_language

BATCH = 20_000  # rows a transaction, about a second: more would be faster, but others wait meanwhile
GAP = 0.12  # seconds between two: who waits for SQLite's lock looks again every tenth of a second
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
    tell: Callable[[RowVerdict], None] | None = None,
) -> ImportCounts:
    """Read a CSV file into the store; `tell` hears the verdict on each row, in the order of the file.

    Adds who is new, updates what the file says of who is there, and never brings back someone who left or was
    suppressed. A dry run judges by what is there and by what the file has said before, and writes nothing. Raises
    UsageError when the file cannot be read.
    """
    found: dict[str, int] = {}
    for verdict in import_rows(context, read_csv(path), shown=path.name, dry_run=dry_run, by=by):
        found[verdict.verdict] = found.get(verdict.verdict, 0) + 1
        if tell is not None:
            tell(verdict)
    return ImportCounts(**found, dry_run=dry_run)


def import_rows(
    context: Context, rows: Iterable[CsvRow], *, shown: str, dry_run: bool = False, by: str = ""
) -> Iterator[RowVerdict]:
    """The same from any rows; verdicts are given out as they are committed."""
    importer = _Importer(context, shown=shown, by=by, dry_run=dry_run)
    with _import_transactions(context, dry_run) as transaction:
        with transaction() as connection:
            importer.begin(connection)
        iterator = iter(rows)
        verdicts: list[RowVerdict] | None = None
        free_since = 0.0
        while verdicts is None or len(verdicts) == BATCH:
            with _uncollected():
                batch = list(itertools.islice(iterator, BATCH))
                addresses = [importer.check(row) for row in batch]  # before others have to wait
                hashes = importer.hashes(addresses)
                if context.store.is_sqlite and not dry_run:
                    time.sleep(max(0.0, free_since + GAP - time.monotonic()))
                with transaction() as connection:
                    verdicts = importer.take(connection, batch, addresses, hashes)
                free_since = time.monotonic()
            yield from verdicts


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: a batch makes some hundred thousand values that live to its end and hold no
    cycles, and looking through them again and again takes a third of the time of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _import_transactions(context: Context, dry_run: bool) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
    """One transaction a batch: it writes, or for a dry run only reads, so that nobody waits for it."""
    if dry_run:
        yield context.store.reading
        return
    with context.store.writing_session() as writing:
        yield writing


class _Importer:
    """Judges rows and does what they say. A dry run remembers instead what it would have done."""

    def __init__(self, context: Context, *, shown: str, by: str, dry_run: bool) -> None:
        self._now = context.clock()
        self._themes = {theme.key for theme in context.settings.themes}
        self._hasher = hasher_of(context.settings)
        self._how = f"import {shown}" + (f" by {by}" if by else "")
        self._shown = shown
        self._before = 0  # the highest number of a subscriber before this import
        self._dry_run = dry_run
        self._would_add: set[str] = set()  # the keys of addresses
        self._would_be: dict[str, StoredSubscriber] = {}

    def begin(self, connection: Connection) -> None:
        if not self._dry_run:
            subscribers.expect_many(connection)
        self._before = subscribers.highest_number(connection)

    def hashes(self, addresses: Iterable[Address | BadAddress]) -> dict[str, tuple[str, ...]]:
        """By the key of the address."""
        return {one.key: self._hasher.hashes(one.key) for one in addresses if isinstance(one, Address)}

    def take(
        self,
        connection: Connection,
        rows: Sequence[CsvRow],
        addresses: Sequence[Address | BadAddress],
        hashes: dict[str, tuple[str, ...]],
    ) -> list[RowVerdict]:
        """Import a batch in the caller's transaction; a verdict for each row, in order."""
        if not self._dry_run:
            subscribers.lock_table(connection)
        there = subscribers.find_many(connection, list(hashes))
        if self._dry_run:
            there |= {key: self._would_be[key] for key in self._would_be.keys() & hashes.keys()}
        barred = subscribers.suppressed(connection, [one for group in hashes.values() for one in group])
        new: list[NewSubscriber] = []
        seen: set[str] = set()
        consents: list[Consent] = []
        verdicts: list[RowVerdict] = []
        for row, address in zip(rows, addresses, strict=True):
            if not isinstance(address, Address):
                verdicts.append(RowVerdict(row.line, row.email, "invalid", address.reason))
                continue
            reason = next((str(barred[one]) for one in hashes[address.key] if one in barred), "") if barred else ""
            subscriber = there.get(address.key)
            if reason or (subscriber and subscriber.status is SubscriberStatus.LEFT):
                verdicts.append(
                    RowVerdict(row.line, row.email, "suppressed", reason or SuppressionReason.UNSUBSCRIBED.value)
                )
            elif address.key in seen or address.key in self._would_add or (subscriber and self._has_added(subscriber)):
                verdicts.append(RowVerdict(row.line, row.email, "duplicate", "stands in this file twice"))
            elif subscriber is not None:
                verdicts.append(self._update(connection, row, subscriber, consents))
            else:
                mine = hashes[address.key][0]
                new.append(NewSubscriber(address.email, address.key, mine, row.name, row.themes, row.language))
                consents.append(
                    Consent(mine, self._now, ConsentEvent.SUBSCRIBED, self._how, f"{self._shown}, line {row.line}")
                )
                verdicts.append(RowVerdict(row.line, address.email, "added"))
            seen.add(address.key)
        if self._dry_run:
            self._would_add.update(one.key for one in new)
        else:
            subscribers.add_many(connection, new, now=self._now)
            subscribers.note_consent(connection, consents)
        return verdicts

    def _has_added(self, subscriber: StoredSubscriber) -> bool:
        """Whether an earlier batch did; those who meanwhile came by the page have joined at another moment."""
        return subscriber.id > self._before and subscriber.joined_at == self._now

    def check(self, row: CsvRow) -> Address | BadAddress:
        """The row's address, or what is wrong with the row; asks nothing of the store."""
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
            return BadAddress(row.email, f"{row.language[:20]!r} is no language tag; write one such as cy or en-GB")
        return parse_address(row.email) if row.email else BadAddress("", "there is no address")

    def _update(
        self, connection: Connection, row: CsvRow, subscriber: StoredSubscriber, consents: list[Consent]
    ) -> RowVerdict:
        """What the file says of a subscriber who is there: an empty name or language says nothing, empty themes say
        all."""
        one = subscriber
        said: dict[str, Any] = {
            "name": row.name or one.name,
            "language": row.language or one.language,
            "themes": row.themes if row.says_themes else one.themes,
        }
        changed = {column: value for column, value in said.items() if value != getattr(one, column)}
        if not changed:
            return RowVerdict(row.line, row.email, "unchanged", "" if _is_active(one) else one.status.value)
        if self._dry_run:
            self._would_be[subscriber.key] = replace(subscriber, **said)
        else:
            subscribers.change(connection, one.id, **changed)
        origin = f"{self._shown}, line {row.line}"
        names = ", ".join(sorted(changed))
        consents.append(Consent(subscriber.hash, self._now, ConsentEvent.CHANGED, self._how, origin, detail=names))
        return RowVerdict(row.line, row.email, "updated", names)


def _is_language(tag: str) -> bool:
    return len(tag) <= _MOST_LANGUAGE and bool(canonical(tag) or known_language(tag))


def _is_active(one: Subscriber) -> bool:
    return one.status is SubscriberStatus.ACTIVE

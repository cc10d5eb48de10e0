"""Import subscribers: a CSV file in, a verdict on each row out.

the whole file ─▶ inspect: is it clear who gets mail? ─▶ batches of rows ─▶ import_batch ─▶ verdicts
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model import RowVerdict
from digest.steps.context import Context
from digest.steps.subscribers.import_batch import Importer
from digest.subscribers.csv_file import AS_WRITTEN, CsvRow, read_csv
from digest.subscribers.csv_questions import Inspection, inspect

_BATCH = 20_000  # rows in a transaction: others wait for SQLite's lock as long as one takes
_PAUSE = 0.12  # seconds between two transactions: a waiting writer asks for the lock every tenth of a second


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """`digest subscribers import`: how many rows got which verdict."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    suppressed: int = 0
    doubtful: int = 0  # the address has a likely typing mistake; not added
    invalid: int = 0
    dry_run: bool = False
    status_columns: tuple[str, ...] = ()  # that say who gets mail
    not_read: tuple[str, ...] = ()  # columns that are of no use here

    @property
    def rows(self) -> int:
        return sum(
            (self.added, self.updated, self.unchanged, self.duplicate, self.suppressed, self.doubtful, self.invalid)
        )


def import_file(
    context: Context,
    path: Path,
    *,
    dry_run: bool = False,
    by: str = "",
    inspection: Inspection | None = None,
    accept_doubtful: bool = False,
    on_verdict: Callable[[RowVerdict], None] | None = None,
    batch: int = _BATCH,
) -> ImportCounts:
    """Read a CSV file into the store, and call `on_verdict` for each row in the order of the file.

    Adds new subscribers and updates those the store has. Never brings back an address that unsubscribed or is
    suppressed; whoever left, paused or is suppressed according to the file, is so in the store. A dry run gives the
    verdicts of a real one and writes nothing. `batch` rows make a transaction. `inspection` is that of the file with
    the operator's readings. Raises UsageError if the file cannot be read, and if it is unclear who left: then nothing
    is written.
    """
    inspection = inspection or inspect(path, AS_WRITTEN)
    if inspection.questions:
        raise _refusal(path, inspection)
    counts: dict[str, int] = {}
    for verdict in import_rows(
        context,
        read_csv(path, inspection.readings),
        file_name=path.name,
        dry_run=dry_run,
        by=by,
        accept_doubtful=accept_doubtful,
        batch=batch,
    ):
        counts[verdict.verdict] = counts.get(verdict.verdict, 0) + 1
        if on_verdict is not None:
            on_verdict(verdict)
    return ImportCounts(
        **counts,
        dry_run=dry_run,
        status_columns=tuple(
            column.name
            for column in inspection.columns.statuses
            if inspection.columns.names and column.position != inspection.columns.frequency
        ),
        not_read=inspection.columns.unread_names,
    )


def _refusal(path: Path, inspection: Inspection) -> UsageError:
    lines = "".join(f"\n  {question.text}. {question.option}" for question in inspection.questions)
    return UsageError(
        f"{path}: it is unclear who may get mail, so nothing was imported.{lines}",
        "Add these options, with your answer in place of …\n"
        "    about a column: status (its words are statuses), subscribed (they left if it says no or nothing),\n"
        "      left (they left if it says anything but no), name (of the person), ignore\n"
        "    about a value, or about the whole file: active, pending, paused, left, suppressed",
    )


def import_rows(
    context: Context,
    rows: Iterable[CsvRow],
    *,
    file_name: str,
    dry_run: bool = False,
    by: str = "",
    accept_doubtful: bool = False,
    batch: int = _BATCH,
) -> Iterator[RowVerdict]:
    """Import rows from anywhere, as `import_file` does; yield each verdict once it is committed."""
    importer = Importer(context, file_name=file_name, by=by, dry_run=dry_run, accept_doubtful=accept_doubtful)
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

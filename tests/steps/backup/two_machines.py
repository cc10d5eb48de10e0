"""A newsletter on machine A, an approved edition for many, and machine B: another folder and another database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest.collect.parse_in_workers import ParsePool
from digest.model import DeliveryCounts, EditionStatus, Mailing
from digest.settings import load_settings
from digest.steps.backup.backup import backup
from digest.steps.backup.restore import RestoreReport, restore
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.steps.subscribers.import_csv import import_rows
from digest.store import deliveries, editions
from digest.store.engine import Store, open_store
from digest.subscribers.csv_file import CsvRow
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.newsletter_setup import NOW, WEEK, set_up

MAILING = Mailing(WEEK)


@dataclass
class Machine:
    context: Context

    @property
    def counts(self) -> DeliveryCounts:
        with self.context.store.reading() as connection:
            return deliveries.counts(connection, MAILING)

    @property
    def status(self) -> EditionStatus:
        with self.context.store.reading() as connection:
            row = editions.find(connection, WEEK)
        assert row is not None
        return row.status


@contextmanager
def machine_a(
    folder: Path, store: Store, server: SmtpServer, parsers: ParsePool, *, subscribers: int
) -> Iterator[Machine]:
    folder.mkdir(parents=True)
    tables = {"smtp": {"port": server.port, "connections": 4}}
    with set_up(folder, store, sources=("Working at Estuary",), tables=tables) as newsletter:
        context = newsletter.context
        register_store(context)
        check_key(context)
        rows = [
            CsvRow(number, f"r{number}@example.org", "", (), "", False, False, False) for number in range(subscribers)
        ]
        assert len(list(import_rows(context, rows, file_name="test", by="operator"))) == subscribers
        collect(context, week=WEEK, parsers=parsers)
        compose(context, WEEK)
        approve(context, WEEK, by="editor")
        yield Machine(context)


@contextmanager
def machine_b(
    a: Machine, file: Path, folder: Path, url: str, *, force: bool = False
) -> Iterator[tuple[Machine, RestoreReport]]:
    """Machine B, with A's settings but for the store's address, and the backup `file` restored."""
    settings = a.context.settings
    folder.mkdir(parents=True, exist_ok=True)
    text = settings.path.read_text("utf-8").replace(settings.store.url, url)
    (folder / "digest.toml").write_text(text, "utf-8")
    report = restore(file, folder / "digest.toml", force=force, clock=lambda: NOW, by="operator")
    store = open_store(url)
    try:
        context = Context(load_settings(folder / "digest.toml"), store, lambda: NOW)
        check_key(context)
        yield Machine(context), report
    finally:
        store.close()


def backed_up(machine: Machine, file: Path) -> Path:
    return backup(machine.context, file).file

"""What `digest deliveries` lists."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from digest.model import Mailing
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.sending import deliveries
from digest.steps.subscribers import operator_actions
from digest.store import deliveries as ledger
from digest.store.engine import open_store

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
TOML = '[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n'


def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    context = Context(parse_settings(TOML, path=tmp_path / "digest.toml"), store, lambda: NOW)
    operator_actions.add(context, "=1+1@x.example")
    operator_actions.suppress(context, "=1+1@x.example", detail='=HYPERLINK("https://evil.example")')
    with store.writing() as connection:
        ledger.queue(connection, Mailing.parse("2019-W12"), now=NOW)
    file = io.StringIO()
    assert deliveries.write_csv(context, file, Mailing.parse("2019-W12"), None) == 1
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    assert row["email"] == "'=1+1@x.example"
    assert row["text"].startswith("'=HYPERLINK")
    store.close()

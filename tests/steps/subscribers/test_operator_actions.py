"""Subscribers come, change, leave and are forgotten, on both databases."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from digest.errors import StoreError, UsageError
from digest.model import EffectiveStatus, Mailing, RowVerdict, Suppression, SuppressionReason
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.subscribers import import_csv, operator_actions
from digest.store import claims, deliveries
from digest.store import subscribers as store_subscribers
from digest.store.engine import Store
from digest.subscribers.csv_file import CsvRow

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
TOML = '[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n'


@pytest.fixture
def context(tmp_path: Path, store: Store) -> Context:
    settings = parse_settings(TOML + f'[store]\nurl = "sqlite:///{tmp_path}/x.db"\n', path=tmp_path / "digest.toml")
    return Context(settings, store, lambda: NOW)


def bring_in(
    context: Context, tmp_path: Path, text: str, *, dry_run: bool = False, batch: int = 20_000
) -> list[tuple[str, str]]:
    path = tmp_path / "subscribers.csv"
    path.write_text(text, "utf-8")
    verdicts: list[RowVerdict] = []
    import_csv.import_file(context, path, dry_run=dry_run, by="tester", on_verdict=verdicts.append, batch=batch)
    return [(one.verdict, one.reason) for one in verdicts]


def everyone(context: Context) -> dict[str, tuple[str, tuple[str, ...], EffectiveStatus]]:
    return {one.email: (one.name, one.themes, one.status) for one in operator_actions.everyone(context)}


def test_a_verdict_for_each_row(context: Context, tmp_path: Path) -> None:
    text = (
        "email,name,themes\nada@example.org,Ada,\nADA@Example.org,Ada,\nnonsense,,\nbo@example.org,Bo,coms\n,,comms\n"
    )
    assert bring_in(context, tmp_path, text) == [
        ("added", ""),
        ("duplicate", "the address is in this file twice"),
        ("invalid", "An email address must have an @-sign."),
        ("invalid", "there is no theme 'coms'; did you mean 'comms'?"),
        ("invalid", "the address is missing"),
    ]
    again = "email,name,themes\nada@example.org,Ada P.,comms\ncy@example.org,,\nada@example.org,Ada P.,comms\n"
    assert bring_in(context, tmp_path, again) == [
        ("updated", "name, themes"),
        ("added", ""),
        ("duplicate", "the address is in this file twice"),
    ]
    assert everyone(context) == {
        "ada@example.org": ("Ada P.", ("comms",), EffectiveStatus.ACTIVE),
        "cy@example.org": ("", (), EffectiveStatus.ACTIVE),
    }


def test_a_row_that_is_too_long_is_invalid_and_the_others_count(context: Context, tmp_path: Path) -> None:
    text = f'email,name\nada@example.org,Ada\n{"x" * 2_000}@example.org,Bo\n"{"y" * 140_000}",Cy\ndi@example.org,Di\n'
    assert bring_in(context, tmp_path, text) == [
        ("added", ""),
        ("invalid", "It is longer than an address may be."),
        ("invalid", "one of its cells is longer than an address may be"),
        ("added", ""),
    ]


def test_a_dry_run_reports_the_same_and_changes_nothing(context: Context, tmp_path: Path) -> None:
    text = "email,name\nada@example.org,Ada\nbo@example.org,Bo\nada@example.org,Ada\n"
    dry = bring_in(context, tmp_path, text, dry_run=True)
    assert everyone(context) == {}
    assert bring_in(context, tmp_path, text) == dry


def test_a_dry_run_knows_the_rows_of_earlier_batches(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email,name\nada@example.org,Ada\nbo@example.org,Bo\n")
    operator_actions.remove(context, "bo@example.org")
    text = (
        "email,name\nada@example.org,Ada P.\nbo@example.org,Bo\ncy@example.org,Cy\nnonsense,\n"
        "ada@example.org,Ada P.\ncy@example.org,Cy\nada@example.org,Ada\ncy@example.org,Cy\n"
    )
    dry = bring_in(context, tmp_path, text, dry_run=True, batch=2)
    assert [verdict for verdict, _ in dry] == [
        "updated", "suppressed", "added", "invalid", "unchanged", "duplicate", "updated", "duplicate",
    ]  # fmt: skip
    assert sorted(everyone(context)) == ["ada@example.org", "bo@example.org"]
    assert bring_in(context, tmp_path, text, batch=2) == dry


def test_a_dry_run_blocks_no_writer(context: Context) -> None:
    """Another program can write between any two rows without waiting."""
    hurried = context.store.with_lock_timeout(0.5)

    def rows() -> Iterator[CsvRow]:
        for line in range(1, 4):
            with hurried.writing() as connection:
                store_subscribers.suppress(
                    connection, [f"hash {line}"], Suppression(SuppressionReason.OPERATOR, "test"), at=NOW
                )
            yield CsvRow(line, f"reader{line}@example.org")

    verdicts = import_csv.import_rows(context, rows(), file_name="test", dry_run=True)
    for verdict in verdicts:
        assert verdict.verdict == "added"
        with hurried.writing() as connection:
            store_subscribers.suppress(
                connection, [verdict.email], Suppression(SuppressionReason.OPERATOR, "test"), at=NOW
            )


def test_a_dry_run_does_not_wait_for_a_writer(context: Context) -> None:
    hurried = replace(context, store=context.store.with_lock_timeout(0.5))
    with context.store.writing() as connection:
        store_subscribers.lock_table(connection)
        [verdict] = import_csv.import_rows(hurried, [CsvRow(1, "ada@example.org")], file_name="test", dry_run=True)
        assert verdict.verdict == "added"


def test_an_import_keeps_what_the_file_does_not_mention(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email,name,themes,language\nada@example.org,Ada,comms,en-GB\n")
    assert bring_in(context, tmp_path, "email\nada@example.org\n") == [("unchanged", "")]
    assert bring_in(context, tmp_path, "email,name\nada@example.org,\n") == [("unchanged", "")]
    assert everyone(context)["ada@example.org"][:2] == ("Ada", ("comms",))


def test_no_import_brings_back_an_unsubscribed_subscriber(context: Context, tmp_path: Path) -> None:
    text = "email\nada@example.org\nbo@example.org\ncy@example.org\n"
    bring_in(context, tmp_path, text)
    operator_actions.remove(context, "Ada@example.org", by="tester")
    assert operator_actions.erase(context, "bo@example.org")
    operator_actions.suppress(context, "cy@example.org", detail="asked by letter")
    operator_actions.suppress(context, "di@example.org", detail="asked by letter")
    assert bring_in(context, tmp_path, text + "DI@example.org\n") == [
        ("suppressed", "left"),
        ("suppressed", "erased"),
        ("suppressed", "asked by letter"),
        ("suppressed", "asked by letter"),
    ]
    with context.store.writing() as connection:
        deliveries.queue(connection, Mailing.parse("2019-W12"), now=NOW)
        counts = deliveries.counts(connection, Mailing.parse("2019-W12"))
    assert (counts.queued, counts.suppressed) == (0, 1)  # cy is counted as suppressed


def test_lists_show_who_gets_mail(context: Context, tmp_path: Path) -> None:
    names = ("here", "left", "bounced", "paused", "both", "pending")
    bring_in(context, tmp_path, "email\n" + "".join(f"{name}@example.org\n" for name in names))
    operator_actions.remove(context, "left@example.org")
    for name in ("bounced", "both"):
        operator_actions.suppress(context, f"{name}@example.org", reason=SuppressionReason.BOUNCE, detail="5.1.1")
    with context.store.writing() as connection:
        for number, status in ((4, "paused"), (5, "paused"), (6, "pending")):
            store_subscribers.change(connection, number, status=status)
    statuses = {one.email.partition("@")[0]: (one.status, one.reason) for one in operator_actions.everyone(context)}
    assert statuses == {
        "here": (EffectiveStatus.ACTIVE, ""),
        "left": (EffectiveStatus.LEFT, "left"),
        "bounced": (EffectiveStatus.SUPPRESSED, "bounce 5.1.1"),
        "paused": (EffectiveStatus.PAUSED, ""),
        "both": (EffectiveStatus.SUPPRESSED, "bounce 5.1.1"),
        "pending": (EffectiveStatus.PENDING, ""),
    }
    for status, number in operator_actions.counts(context).items():
        assert number == [one for one, _ in statuses.values()].count(status)
        assert len(list(operator_actions.everyone(context, status))) == number
    with context.store.writing() as connection:
        deliveries.queue(connection, Mailing.parse("2019-W12"), now=NOW)
        assert (
            deliveries.counts(connection, Mailing.parse("2019-W12")).queued
            == operator_actions.counts(context)[EffectiveStatus.ACTIVE]
        )


def test_reports_what_the_database_rejects(context: Context, tmp_path: Path) -> None:
    def add() -> None:
        subscriber = store_subscribers.NewSubscriber("ada@example.org", "ada@example.org", "h")
        with context.store.writing() as connection:
            store_subscribers.add_many(connection, [subscriber], now=NOW)

    add()
    with pytest.raises(IntegrityError):
        add()
    if context.store.is_sqlite:
        event.listen(context.store.engine, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count = 100"))
        text = "email\n" + "".join(f"reader{number}@example.org\n" for number in range(5000))
        with pytest.raises(StoreError, match="disk is full"):
            bring_in(context, tmp_path, text)


def test_a_subscription_on_the_page_during_an_import(context: Context, tmp_path: Path) -> None:
    """Subscribers added after the import's look-up; PostgreSQL would reject the whole batch."""
    text = "email\nada@example.org\nbo@example.org\n"
    with ThreadPoolExecutor(1) as pool:
        with context.store.writing() as connection:
            subscriber = store_subscribers.NewSubscriber("bo@example.org", "bo@example.org", "h")
            store_subscribers.add_many(connection, [subscriber], now=NOW - timedelta(seconds=1))
            importing = pool.submit(bring_in, context, tmp_path, text)
            time.sleep(0.5)
            assert not importing.done()
        assert [verdict for verdict, _ in importing.result(timeout=30)] == ["added", "unchanged"]
    assert sorted(everyone(context)) == ["ada@example.org", "bo@example.org"]


def test_consent_is_kept_with_its_origin(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email\nada@example.org\n")
    operator_actions.remove(context, "ada@example.org", by="tester")
    lines = operator_actions.history(context, "ADA@example.org")
    assert [(line.what, line.how, line.origin) for line in lines] == [
        ("subscribed", "import subscribers.csv by tester", "subscribers.csv, line 2"),
        ("unsubscribed", "removed by tester", ""),
    ]


def test_erasing_leaves_no_trace_of_the_address(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email,name\nada.penhale@example.org,Ada Penhale\n")
    with context.store.writing() as connection:
        deliveries.queue(connection, Mailing.parse("2019-W12"), now=NOW)
    operator_actions.erase(context, "ada.penhale@example.org", by="tester")
    with context.store.reading() as connection:
        for table in ("subscribers", "deliveries", "consent", "suppressions", "audit"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):  # fixed names
                assert not re.search("penhale", str(tuple(row)), re.IGNORECASE)
        assert deliveries.counts(connection, Mailing.parse("2019-W12")).candidates == 1
    bring_in(context, tmp_path, "email\nnew@example.org\n")
    (one,) = operator_actions.everyone(context)
    assert one.id == 2, "numbers in old links are never given again"


def test_unknown_and_bad_addresses(context: Context) -> None:
    with pytest.raises(UsageError, match="No subscriber has"):
        operator_actions.remove(context, "nobody@example.org")
    with pytest.raises(UsageError, match="not an address"):
        operator_actions.erase(context, "nonsense")
    assert operator_actions.history(context, "nobody@example.org") == []
    assert operator_actions.add(context, "nonsense").verdict == "invalid"


def test_addresses_beyond_the_retention_are_erased(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email\nada@example.org\nbo@example.org\n")
    with context.store.writing() as connection:
        deliveries.queue(connection, Mailing.parse("2019-W12"), now=NOW)
        batch = claims.claim(
            connection,
            Mailing.parse("2019-W12"),
            1,
            by="x",
            now=NOW,
            lease=NOW - NOW,
            message_id=lambda number: f"<{number}@x>",
        )
        claims.sweep(connection, Mailing.parse("2019-W12"), now=NOW, is_dead=lambda _by: True)
        assert len(batch.claims) == 1
        later = NOW.replace(month=5)
        assert deliveries.forget_addresses(connection, before=later) == 1, "what is still open keeps its address"
        assert sorted(one.email for one in deliveries.stream(connection)) == ["", "bo@example.org"]
        assert deliveries.counts(connection, Mailing.parse("2019-W12")).candidates == 2


def test_others_can_write_during_an_import(context: Context) -> None:
    hurried, done = context.store.with_lock_timeout(10), Event()

    def write_all_the_time() -> int:
        times = 0
        while not done.is_set():
            with hurried.writing() as connection:
                store_subscribers.suppress(
                    connection, [f"hash {times}"], Suppression(SuppressionReason.OPERATOR, "test"), at=NOW
                )
            times += 1
        return times

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(write_all_the_time)
        rows = (CsvRow(line, f"reader{line}@example.org") for line in range(5_000))
        try:
            verdicts = list(import_csv.import_rows(context, rows, file_name="test", batch=500))
        finally:
            done.set()
        assert len(verdicts) == 5_000
        assert other.result(timeout=30) > 10, "one in each gap at least"

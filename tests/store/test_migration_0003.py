"""A store of schema 0002 keeps its state when corrections, link checks, runs and names move to tables of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection, insert, select

from digest.model import ConsentEvent, Mailing, Suppression, SuppressionReason
from digest.store import approvals, corrections, identity, leases, link_checks, subscribers
from digest.store.corrections import CorrectionRow
from digest.store.engine import Store, open_store
from digest.store.link_checks import LinkCheckRow
from digest.store.migrations import configuration
from digest.store.schema import UTCDateTime
from digest.store.schema import audit as audit_table
from digest.store.schema import editions as editions_table
from digest.week import Week

AT = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)
WEEK = Week(2019, 12)
FAR = datetime(9999, 1, 1, tzinfo=UTC)

SUPPRESSIONS = {
    "left": Suppression(SuppressionReason.UNSUBSCRIBED),
    "erased": Suppression(SuppressionReason.ERASED),
    "moved to another address": Suppression(SuppressionReason.ADDRESS_CHANGED),
    "bounce": Suppression(SuppressionReason.BOUNCE),
    "bounce 5.1.1": Suppression(SuppressionReason.BOUNCE, "5.1.1"),
    "complaint": Suppression(SuppressionReason.COMPLAINT),
    "complaint abuse": Suppression(SuppressionReason.COMPLAINT, "abuse"),
    "suppressed": Suppression(SuppressionReason.OPERATOR),
    "asked by letter": Suppression(SuppressionReason.OPERATOR, "asked by letter"),
    "bounced cheque": Suppression(SuppressionReason.OPERATOR, "bounced cheque"),
}
"""What 0002 has as the reason, and what becomes of it."""


@pytest.fixture
def old(store_url: str) -> Iterator[Store]:
    """A store of schema 0002 with rows of every kind that 0003 carries over."""
    opened = open_store(store_url, migrate=False)
    config = configuration()
    with opened.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        _fill(connection)
    yield opened
    opened.close()


def _fill(connection: Connection) -> None:
    edition = {"week": WEEK, "status": "sending", "revision": 1, "introduction": "", "subject": ""}
    connection.execute(insert(editions_table), [edition, {**edition, "week": WEEK.shift(-1)}])
    approval = {"revision": 1, "fingerprint": "f", "rendered": {}, "by": "ada"}
    at, text = UTCDateTime(), sa.Text()
    columns = {name: sa.column(name, text) for name in ("week", "fingerprint", "by")}
    table = sa.table(
        "approvals", *columns.values(), sa.column("at", at), sa.column("revision"), sa.column("rendered", sa.JSON)
    )
    connection.execute(
        insert(table),
        [{**approval, "week": str(WEEK), "at": AT}, {**approval, "week": "2019-W11", "at": AT - timedelta(days=7)}],
    )
    old_links = {"https://a.example/": {"state": "gone", "at": "2019-03-20T07:00:00+00:00", "reason": "404"}}
    new_links = {
        "https://a.example/": {"state": "reached", "at": "2019-03-25T07:00:00+00:00", "reason": ""},
        "https://b.example/": {"state": "unknown", "at": "2019-03-25T07:01:00+00:00", "reason": "403"},
    }
    rows = [
        ("links checked", "ada", {"said": "0 of 1 answer", "links": old_links}),
        ("approved", "ada", {"revision": 1, "fingerprint": "f", "readers": 340}),
        ("links checked", "ada", {"said": "1 of 2 answer", "links": new_links}),
        ("correction", "ada", {"name": f"{WEEK}+1", "text": "At nine.", "subject": ""}),
        ("correction", "bo", {"name": f"{WEEK}+2", "text": "At *ten*.", "subject": "Sorry"}),
        *[("pinned", "ada", {"post": "x"})] * 300,
    ]
    connection.execute(
        insert(audit_table),
        [{"at": AT, "by": by, "what": what, "week": WEEK, "detail": detail} for what, by, detail in rows],
    )
    _lease(connection, "store", "abc123", FAR)
    _lease(connection, f"run:{WEEK}", "3", FAR)
    _lease(connection, f"run:{WEEK}+1", "12", FAR)
    _lease(connection, "collect", "somebody", AT + timedelta(hours=1))
    suppressions = sa.table("suppressions", sa.column("hash"), sa.column("reason"), sa.column("at", at))
    connection.execute(insert(suppressions), [{"hash": reason, "reason": reason, "at": AT} for reason in SUPPRESSIONS])
    consent = sa.table(
        "consent", *(sa.column(name) for name in ("hash", "what", "how", "wording")), sa.column("at", at)
    )
    lines = [
        ("subscribed", "I want it."),
        ("changed name, themes", "comms"),
        ("moved here", "from: h1 h2"),
        ("soft bounce", ""),
    ]
    connection.execute(
        insert(consent),
        [{"hash": "h", "at": AT, "what": what, "how": "form", "wording": wording} for what, wording in lines],
    )


def _lease(connection: Connection, name: str, holder: str, until: datetime) -> None:
    table = sa.table("leases", sa.column("name"), sa.column("holder"), sa.column("until", UTCDateTime()))
    connection.execute(insert(table).values(name=name, holder=holder, until=until))


def _check_state(connection: Connection) -> None:
    assert corrections.latest(connection, WEEK) == CorrectionRow(WEEK, 2, "At *ten*.", "Sorry", "bo", AT)
    assert corrections.latest(connection, Week(2019, 11)) is None
    assert identity.name(connection) == "abc123"
    assert [identity.run_number(connection, Mailing.parse(name)) for name in (str(WEEK), f"{WEEK}+1", "2019-W11")] == [
        3,
        12,
        0,
    ]
    assert leases.holder(connection, "collect") == "somebody"
    assert leases.holder(connection, "store") == leases.holder(connection, f"run:{WEEK}") == ""
    assert approvals.subscribers_at_last(connection, WEEK) == 340
    assert approvals.subscribers_at_last(connection, Week(2019, 11)) is None
    assert subscribers.suppressed(connection, list(SUPPRESSIONS)) == SUPPRESSIONS
    assert [str(suppression) for suppression in SUPPRESSIONS.values()] == list(SUPPRESSIONS)
    assert [(line.what, line.wording, line.detail) for line in subscribers.history(connection, ["h"])] == [
        (ConsentEvent.SUBSCRIBED, "I want it.", ""),
        (ConsentEvent.CHANGED, "comms", "name, themes"),
        (ConsentEvent.CHANGED_TO, "", "h1 h2"),
        (ConsentEvent.SOFT_BOUNCE, "", ""),
    ]
    assert len(connection.execute(select(audit_table)).all()) == 305


def test_carries_every_row_over(old: Store, store_url: str) -> None:
    migrated = open_store(store_url)
    with migrated.reading() as connection:
        _check_state(connection)
        links = sorted(link_checks.of_week(connection, WEEK), key=lambda row: row.url)
        assert links == [
            LinkCheckRow("https://a.example/", "reached", "", datetime(2019, 3, 25, 7, tzinfo=UTC)),
            LinkCheckRow("https://b.example/", "unknown", "403", datetime(2019, 3, 25, 7, 1, tzinfo=UTC)),
        ]
    migrated.close()


def test_goes_back_and_forth_without_loss(old: Store, store_url: str) -> None:
    migrated = open_store(store_url)
    config = configuration()
    with migrated.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        reasons = set(connection.execute(sa.text("SELECT reason FROM suppressions")).scalars())
        assert reasons == set(SUPPRESSIONS)
        assert leases.holder(connection, f"run:{WEEK}") == "3"
    migrated.close()
    again = open_store(store_url)
    with again.reading() as connection:
        _check_state(connection)
    again.close()

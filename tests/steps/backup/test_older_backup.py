"""A backup of an older schema is restored, upgraded, looked at and sent.

`backup-0013.zip` has a store that the code of schema 0013 made: six subscribers at a reserved domain, one who left, and
an edition of which two have got their copy. Its links lead to a web that is no more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.model import DeliveryCounts, EffectiveStatus, Mailing
from digest.settings import load_settings
from digest.steps.backup.restore import restore
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import load
from digest.steps.secret_key import check_key
from digest.steps.sending.restored_store import accept_store
from digest.steps.sending.send import send
from digest.store import deliveries, subscriber_list
from digest.store.engine import Store, open_store
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.newsletter_setup import NOW, WEEK

OLDER = Path(__file__).with_name("backup-0013.zip")
INTRODUCTION = "An introduction, written before the upgrade."


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite:///var/digest.db"
    value: str = request.getfixturevalue("empty_postgres_url")
    return value


def opened(config: Path) -> tuple[Context, Store]:
    settings = load_settings(config)
    store = open_store(settings.store_url)
    return Context(settings, store, lambda: NOW), store


def test_an_older_backup_is_restored_and_sent(tmp_path: Path, url: str, server: SmtpServer) -> None:
    config = tmp_path / "digest.toml"
    text = f"""
[newsletter]
title = "The Test Digest"
from = "Digest <digest@example.org>"
[store]
url = "{url}"
[smtp]
port = {server.port}
"""
    config.write_text(text, "utf-8")
    report = restore(OLDER, config, force=False, clock=lambda: NOW, by="operator")
    (stopped,) = report.stopped
    assert (report.schema, stopped.mailing, stopped.before, stopped.waiting) == ("0013", Mailing(WEEK), "sending", 4)
    context, store = opened(config)
    try:
        check_key(context)
        assert load(context, WEEK).edition.introduction == INTRODUCTION
        with store.reading() as connection:
            counts = subscriber_list.counts(connection, NOW)
        assert (counts[EffectiveStatus.ACTIVE], sum(counts.values())) == (6, 7)
        accept_store(context, by="operator")
        approve(context, WEEK, by="editor")
        sent = send(context, WEEK)
        assert (sent.sent, sent.queued, sent.uncertain) == (6, 0, 0)
        assert sorted(one.recipient for one in server.accepted) == [f"r{n}@sample.example.org" for n in (2, 3, 4, 5)]
        assert all(INTRODUCTION.encode() in one.message for one in server.accepted)
    finally:
        store.close()


def test_the_backup_s_own_settings_are_used_where_there_are_none(tmp_path: Path) -> None:
    restore(OLDER, tmp_path / "new" / "digest.toml", force=False, clock=lambda: NOW, by="operator")
    context, store = opened(tmp_path / "new" / "digest.toml")
    try:
        check_key(context)
        assert context.settings.smtp.port == 2525
        assert (tmp_path / "new" / "var" / "digest.db").stat().st_mode & 0o777 == 0o600
        with store.reading() as connection:
            assert subscriber_list.counts(connection, NOW)[EffectiveStatus.ACTIVE] == 6
    finally:
        store.close()


def test_no_delivery_is_lost_between_the_schemas(tmp_path: Path) -> None:
    restore(OLDER, tmp_path / "digest.toml", force=False, clock=lambda: NOW, by="operator")
    context, store = opened(tmp_path / "digest.toml")
    try:
        with context.store.reading() as connection:
            assert deliveries.counts(connection, Mailing(WEEK)) == DeliveryCounts(sent=2, queued=4)
    finally:
        store.close()

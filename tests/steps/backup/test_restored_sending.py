"""A backup that was made while an edition was being sent, and what the machine that restores it may do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.errors import ApprovalError, StoreError
from digest.model import DeliveryCounts, DeliveryState, EditionStatus
from digest.steps.editing.approve import approve
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.sending.deliveries import reconcile, retry
from digest.steps.sending.restored_store import accept_backup, accept_store
from digest.steps.sending.send import send
from digest.steps.status import status
from digest.store import deliveries
from digest.store.engine import Store
from tests.mail.returned.maillogs import RFC_3339, conversation
from tests.mail.smtp.smtp_server import SmtpServer, message_id_in
from tests.steps.backup.two_machines import MAILING, Machine, backed_up, machine_a, machine_b
from tests.steps.newsletter_setup import WEEK

SENT = "dsn=2.0.0, status=sent (250 2.0.0 Ok)"
MANY = 240


@pytest.fixture
def a(tmp_path: Path, store: Store, server: SmtpServer, parsers: ParsePool) -> Iterator[Machine]:
    with machine_a(tmp_path / "a", store, server, parsers, subscribers=MANY) as machine:
        yield machine


@pytest.fixture
def url_of_b(request: pytest.FixtureRequest, a: Machine, tmp_path: Path) -> str:
    """A database of the same kind as A's; on PostgreSQL, A's own server."""
    if a.context.store.is_sqlite:
        return f"sqlite:///{tmp_path}/b/var/digest.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


def test_b_sends_nothing_by_itself_and_nobody_gets_two(
    a: Machine, server: SmtpServer, tmp_path: Path, url_of_b: str
) -> None:
    """A goes on after the backup, so B cannot know who got it: A's mail log can."""
    server.delay = lambda: 0.004
    sending = threading.Thread(target=send, args=(a.context, WEEK))
    sending.start()
    try:
        while len(server.accepted) < MANY // 4:
            time.sleep(0.002)
        file = backed_up(a, tmp_path / "mid.zip")
    finally:
        sending.join()
    assert (len(server.accepted), a.status) == (MANY, EditionStatus.SENT)

    with machine_b(a, file, tmp_path / "b", url_of_b) as (b, report):
        (stopped,) = report.stopped
        counts = b.counts
        assert (stopped.mailing, stopped.before) == (MAILING, "sending")
        assert (stopped.uncertain, stopped.waiting) == (counts.uncertain, counts.queued)
        assert counts.sent > 0 < counts.queued
        assert counts.sending == 0
        assert b.status is EditionStatus.HELD
        assert weeks_to_send(b.context) == []
        with pytest.raises(ApprovalError):
            send(b.context, WEEK)
        approve(b.context, WEEK, by="editor")  # who does not know of the restore
        with pytest.raises(StoreError, match="restored from a backup of 2026-03-09 06:30") as refused:
            send(b.context, WEEK)
        assert f"`digest deliveries restored {WEEK}`" in refused.value.remedy
        assert "restored from a backup" in status(b.context, WEEK).next
        assert len(server.accepted) == MANY

        uncertain = accept_backup(b.context, MAILING)
        assert uncertain == counts.queued
        with b.context.store.reading() as connection:
            assert deliveries.counts(connection, MAILING) == DeliveryCounts(
                sent=counts.sent, uncertain=MANY - counts.sent
            )
            named = {one.email for one in deliveries.stream(connection, state=DeliveryState.UNCERTAIN)}
        assert len(named) == MANY - counts.sent, "the uncertain are named"
        log = tmp_path / "mail.log"
        lost = {one.recipient for one in server.accepted[-3:]}  # as if A had died before these
        lines = [
            line
            for number, one in enumerate(server.accepted)
            if one.recipient not in lost
            for line in conversation(message_id_in(one.message), f"4ABC{number:04}", form=RFC_3339, answer=SENT)
        ]
        log.write_text("".join(lines), "utf-8")
        settled = reconcile(b.context, log)
        assert settled.unknown == len(lost)
        assert retry(b.context, MAILING, uncertain=True) == len(lost)
        before = len(server.accepted)
        assert send(b.context, WEEK).sent == MANY
        assert {one.recipient for one in server.accepted[before:]} == lost
        assert b.status is EditionStatus.SENT


def test_b_sends_the_rest_of_a_machine_that_died(a: Machine, server: SmtpServer, tmp_path: Path, url_of_b: str) -> None:
    assert send(a.context, WEEK, limit=MANY // 3).queued == MANY - MANY // 3
    file = backed_up(a, tmp_path / "mid.zip")
    with machine_b(a, file, tmp_path / "b", url_of_b) as (b, _):
        assert accept_store(b.context, by="operator").startswith("The store was restored")
        assert accept_store(b.context, by="operator") == "", "once is enough"
        with pytest.raises(ApprovalError):
            send(b.context, WEEK)
        approve(b.context, WEEK, by="editor")
        assert send(b.context, WEEK).sent == MANY
    assert len(server.accepted) == MANY
    assert set(server.copies().values()) == {1}
    assert len({one.recipient for one in server.accepted}) == MANY

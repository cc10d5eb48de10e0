"""Sending through the steps: rehearsed, sent, interrupted, corrected, and sent once to a newcomer."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.cli.send import left_over, send_text
from digest.collect.parse_in_workers import ParsePool
from digest.errors import ApprovalError, MailServerError, SettingsError, UsageError
from digest.log import listening
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.message.message_headers import MessageIds
from digest.mail.smtp.outbox import Outbox, OutboxRules
from digest.model import AuditEvent, Claim, DeliveryCounts, EditionStatus, Mailing
from digest.settings import load_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing import audience
from digest.steps.editing.approve import approve, hold, sent_before
from digest.steps.editing.edition_view import load
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.lease import LASTING
from digest.steps.sending.build_messages import ProcessRules, sender_pool_for, sender_setup_of
from digest.steps.sending.correction import correct
from digest.steps.sending.deliveries import retry
from digest.steps.sending.restored_store import accept_backup
from digest.steps.sending.send import send
from digest.steps.sending.sending_run import SendReport
from digest.steps.sending.verify_approval import approved_edition
from digest.steps.status import status as status_of
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.latest_edition import latest_for_newcomers, queue_latest, send_latest
from digest.store import approvals, audit, claims, deliveries, editions, leases
from digest.store.engine import Store
from digest.store.sender_ledger import SenderLedger
from tests.mail.smtp.smtp_server import DROP, SmtpServer
from tests.steps.editor_changes import write_introduction
from tests.steps.newsletter_setup import NOW, WEEK, set_up
from tests.steps.ready_weeks import ReadyWeeks

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Where the database makes no difference."""


def subscribe(context: Context) -> None:
    """Three subscribers, the second of whom wants one theme only."""
    operator_actions.add(context, "ada@example.org", name="Ada")
    operator_actions.add(context, "bo@example.org", themes=["recruitment"])
    operator_actions.add(context, "cy@example.org")


@pytest.fixture
def context(tmp_path: Path, store_url: str, server: SmtpServer, weeks: ReadyWeeks) -> Iterator[Context]:
    """An approved edition and three subscribers."""
    sources, tables = ("Working at Estuary", "Harbour Region Comms"), {"smtp": {"port": server.port, "connections": 2}}
    with weeks.ready(tmp_path, store_url, sources=sources, tables=tables, subscribe=subscribe) as newsletter:
        yield newsletter.context


MAILING = Mailing(WEEK)


def counts(context: Context, mailing: Mailing = MAILING) -> DeliveryCounts:
    with context.store.reading() as connection:
        return deliveries.counts(connection, mailing)


def status(context: Context) -> EditionStatus:
    with context.store.reading() as connection:
        row = editions.find(connection, WEEK)
    assert row is not None
    return row.status


def test_an_edition_is_sent_corrected_and_sent_to_new_subscribers(context: Context, server: SmtpServer) -> None:
    # A rehearsal reports what would happen and changes nothing.
    rehearsed = send(context, WEEK, dry_run=True)
    assert (rehearsed.queued, rehearsed.sent) == (3, 0)
    assert server.accepted == []
    assert counts(context) == DeliveryCounts()

    # One at a time, then the rest; cy is deferred.
    server.order("RCPT", "450 4.2.0 greylisted", about="cy@")
    assert (send(context, WEEK, limit=1).sent, status(context)) == (1, EditionStatus.SENDING)
    report = send(context, WEEK)
    assert (report.sent, report.deferred, report.queued) == (2, 1, 0)
    assert status(context) is EditionStatus.SENDING
    assert retry(context, Mailing(WEEK)) == 1
    assert send(context, WEEK).sent == 3
    assert status(context) is EditionStatus.SENT
    assert send(context, WEEK).sent == 3, "sending again sends nothing"
    assert sorted(one.recipient for one in server.accepted) == [f"{name}@example.org" for name in ("ada", "bo", "cy")]
    assert len(set(server.copies())) == 3, "each has a Message-ID of its own"

    # A correction goes to the subscribers who got the edition and are still active.
    operator_actions.remove(context, "ada@example.org")
    operator_actions.add(context, "di@example.org")
    with pytest.raises(UsageError, match="A correction needs"):
        correct(context, WEEK)
    tried = correct(context, WEEK, "The ferry leaves at **nine**, not at ten.", dry_run=True)
    assert (tried.queued, tried.suppressed, tried.sent, len(server.accepted)) == (2, 1, 0, 3)
    preview = " ".join(tried.preview.split())
    assert "Correction: " in preview.partition(", 2–8 March 2026 ")[0]
    assert " Correction ======" in preview
    assert "This corrects the edition of 2–8 March 2026. The ferry leaves at nine, not at ten." in preview
    assert counts(context, Mailing(WEEK, 1)) == DeliveryCounts(), "nothing is left behind"
    corrected = correct(context, WEEK, "The ferry leaves at **nine**, not at ten.")
    assert (corrected.week, corrected.sent) == (Mailing(WEEK, 1), 2)
    bodies = [one.message for one in server.accepted[3:]]
    assert sorted(one.recipient for one in server.accepted[3:]) == ["bo@example.org", "cy@example.org"]
    assert all(b"at nine, not at ten" in body or b"nine" in body for body in bodies)
    assert len(server.copies()) == 5
    assert correct(context, WEEK, "Another one.").week == Mailing(WEEK, 2)

    # A new subscriber gets the latest edition once.
    number = next(one.id for one in operator_actions.everyone(context) if one.email == "di@example.org")
    before = len(server.accepted)
    assert queue_latest(context, number) == WEEK
    send_latest(context, WEEK)
    assert queue_latest(context, number) is None
    assert [one.recipient for one in server.accepted[before:]] == ["di@example.org"]
    assert status(context) is EditionStatus.SENT


@ON_SQLITE
def test_date_is_the_first_try_for_each_subscriber(context: Context, server: SmtpServer) -> None:
    server.order("RCPT", "450 4.2.0 greylisted", about="cy@")
    server.order("TAKEN", DROP, about="bo@")
    send(context, WEEK)
    hour_later = replace(context, clock=lambda: NOW + timedelta(hours=1))
    assert send(hour_later, WEEK).deferred == 0
    retry(hour_later, MAILING, uncertain=True)
    send(hour_later, WEEK)
    days_later = replace(context, clock=lambda: NOW + timedelta(days=5))
    operator_actions.add(days_later, "di@example.org")
    number = next(one.id for one in operator_actions.everyone(context) if one.email == "di@example.org")
    assert queue_latest(days_later, number) == WEEK
    send_latest(days_later, WEEK)
    dates = [
        (one.recipient[:2], parsedate_to_datetime(message_from_bytes(one.message)["Date"])) for one in server.accepted
    ]
    now, newcomer = NOW, NOW + timedelta(days=5)
    assert sorted(dates) == [("ad", now), ("bo", now), ("bo", now), ("cy", now), ("di", newcomer)]


def test_deliveries_know_which_revision_they_carried(context: Context, server: SmtpServer) -> None:
    """An edition that was stopped halfway and approved with another text."""
    assert send(context, WEEK, limit=2).revisions[0].subscribers == 2
    first = load(context, WEEK).row.revision
    hold(context, WEEK, by="editor")
    write_introduction(context, WEEK, "One post was wrong.", by="editor")
    view = load(context, WEEK)
    assert view.row.revision == first + 1
    assert view.already_sent == f"2 subscribers already have revision {first}."
    approval = approve(context, WEEK, by="editor")
    assert [(one.revision, one.subscribers) for one in sent_before(context, approval)] == [(first, 2)]
    with context.store.reading() as connection:
        newest = next(row for row in audit.trail(connection, WEEK) if row.what == AuditEvent.APPROVED)
    assert newest.detail["already_sent"] == view.already_sent

    server.order("TAKEN", DROP)  # uncertain: that subscriber may have it
    report = send(context, WEEK)
    assert (report.sent, report.uncertain) == (2, 1)
    assert [(one.revision, one.subscribers) for one in report.revisions] == [(first, 2), (first + 1, 1)]
    assert f"2 subscribers have revision {first}; 1 subscriber has revision {first + 1}." in send_text(context, report)
    assert [one.revision for one in status_of(context, WEEK).revisions] == [first, first + 1]
    texts = [b"One post was wrong" in one.message for one in server.accepted]
    with context.store.reading() as connection:
        carried = {one.email: one.revision for one in deliveries.stream(connection, mailing=MAILING)}
    assert [carried[one.recipient] - first for one in server.accepted] == [int(text) for text in texts]
    assert sorted(texts) == [False, False, True]


@ON_SQLITE
def test_the_same_text_approved_again_is_one(context: Context) -> None:
    send(context, WEEK, limit=1)
    hold(context, WEEK, by="editor")
    assert sent_before(context, approve(context, WEEK, by="editor")) == ()
    report = send(context, WEEK)
    assert [one.subscribers for one in report.revisions] == [3]
    assert "revision" not in send_text(context, report)


@ON_SQLITE
def test_a_rehearsal_needs_nothing_of_the_mail_server(context: Context) -> None:
    path = context.settings.folder / "digest.toml"
    path.write_text(path.read_text("utf-8").replace("[smtp]", '[smtp]\nca_file = "gone.pem"'), "utf-8")
    changed = replace(context, settings=load_settings(path))
    with pytest.raises(SettingsError, match=r"gone\.pem"):
        send(changed, WEEK)
    assert send(changed, WEEK, dry_run=True).queued == 3


@pytest.mark.parametrize("foreseen", [True, False], ids=["foreseen", "chosen meanwhile"])
def test_several_processes_send_what_one_would(context: Context, server: SmtpServer, foreseen: bool) -> None:
    """The rendered mails are passed to the processes, which choose by each subscriber's themes and language."""
    operator_actions.add(context, "di@example.org", language="de")
    number = {one.email: one.id for one in operator_actions.everyone(context)}
    approved = approved_edition(context, WEEK)
    build_message = sender_setup_of(context.settings, approved).build_message()
    with context.store.writing() as connection:
        assert deliveries.queue(connection, MAILING, now=NOW) == 4
        audiences = deliveries.audiences(connection, MAILING, now=NOW)
    pool = sender_pool_for(
        context.settings,
        approved,
        waiting=4,
        audiences=lambda: audiences if foreseen else [],  # none: all have chosen their themes since sending began
        rules=ProcessRules(cores=2, deliveries=2),
    )
    assert pool.processes == 2
    ledger = SenderLedger(
        context.store,
        MAILING,
        by=leases.claimant(),
        clock=context.clock,
        lease=timedelta(minutes=15),
        message_id=MessageIds(context.settings.secret_key, str(MAILING), "example.org"),
    )
    assert Outbox(ledger, pool, rules=OutboxRules(), clock=context.clock).run().sent == 4
    messages = {one.recipient: one.message for one in server.accepted}
    with context.store.reading() as connection:
        rows = {row.subscriber: row for row in deliveries.stream(connection, mailing=Mailing(WEEK))}
    for email, themes, language, name in (
        ("ada@example.org", (), "", "Ada"),
        ("bo@example.org", ("recruitment",), "", ""),
        ("di@example.org", (), "de", ""),
    ):
        row = rows[number[email]]
        claim = Claim(row.id, row.subscriber, email, name, themes, language, 0, NOW, row.message_id)
        message = build_message(claim)
        assert message is not None
        assert to_smtp_data(messages[email]) == message.smtp_data
    assert messages["ada@example.org"] != messages["bo@example.org"]


@pytest.mark.parametrize(
    ("waiting", "connections", "rate", "processes"),
    [
        (2_000, 8, 0.0, 4),
        (1_999, 8, 0.0, 0),  # starting them takes longer
        (2_000, 2, 0.0, 2),  # each needs a connection
        (2_000, 1, 0.0, 0),
        (2_000, 8, 200.0, 0),  # one thread is fast enough
        (2_000, 8, 201.0, 4),
    ],
)
def test_number_of_processes(waiting: int, connections: int, rate: float, processes: int) -> None:
    assert ProcessRules(cores=4).processes(waiting, connections, rate) == processes


def test_one_core_needs_no_processes() -> None:
    assert ProcessRules(cores=1).processes(1_000_000, 8, 0.0) == 0


@ON_SQLITE
def test_templates_that_change_while_sending_do_not_change_the_mail(context: Context, tmp_path: Path) -> None:
    approved = approved_edition(context, WEEK)
    approved.template_for(())
    travelled = pickle.loads(pickle.dumps(approved))
    folder = tmp_path / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("Another subject")
    assert travelled.template_for(()) == approved.template_for(()), "what was rendered is still what was approved"
    with pytest.raises(ApprovalError, match="templates have changed"):
        travelled.template_for(("recruitment",))


@pytest.mark.parametrize("how", ["held", "edited"])
def test_an_edition_stopped_at_the_last_moment_is_not_sent(
    tmp_path: Path, store: Store, parsers: ParsePool, how: str
) -> None:
    """Its links are checked before the first mail, and that takes a while."""
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as newsletter:
        context = newsletter.context
        operator_actions.add(context, "ada@example.org")
        collect(context, week=WEEK, parsers=parsers)
        compose(context, WEEK)
        approve(context, WEEK, by="editor")
        newsletter.web.withdraw(urlsplit(load(context, WEEK).edition.posts[0].url).path.lstrip("/"))

        def stop(line: str) -> None:
            if "before sending" in line and how == "held":
                hold(context, WEEK, by="editor")
            elif "before sending" in line:
                write_introduction(context, WEEK, "Something else.", by="editor")

        with pytest.raises(ApprovalError, match="held or changed a moment ago"), listening(stop):
            send(replace(context, clock=lambda: NOW + timedelta(hours=1)), WEEK)
        assert counts(context) == DeliveryCounts(), "nobody was queued"
        assert status(context) is (EditionStatus.HELD if how == "held" else EditionStatus.DRAFT)
        assert newsletter.mailbox.count() == 0


@ON_SQLITE
def test_sent_deliveries_stay_sent_after_any_change(tmp_path: Path, context: Context, server: SmtpServer) -> None:
    send(context, WEEK)
    operator_actions.add(context, "di@example.org")
    number = next(one.id for one in operator_actions.everyone(context) if one.email == "di@example.org")
    folder = tmp_path / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("Another subject")

    assert latest_for_newcomers(context) is None
    assert queue_latest(context, number) is None, "it would not be what was approved"
    assert status(context) is EditionStatus.SENT
    assert counts(context) == DeliveryCounts(sent=3)
    with pytest.raises(ApprovalError, match="was sent, and its mail would now be different"):
        approved_edition(context, WEEK)
    assert status(context) is EditionStatus.SENT

    # Retrying the failed deliveries does not hide them either.
    with context.store.writing() as connection:
        assert deliveries.queue_one(connection, Mailing(WEEK), number, now=NOW)
        assert editions.move(connection, WEEK, [EditionStatus.SENT], EditionStatus.SENDING)
    with pytest.raises(ApprovalError, match="was sent"):
        send(context, WEEK)
    assert status(context) is EditionStatus.SENDING
    with context.store.reading() as connection:
        assert approvals.in_force(connection, WEEK) is not None

    (folder / "subject.txt.j2").unlink()
    assert send(context, WEEK).sent == 4
    assert status(context) is EditionStatus.SENT
    assert server.accepted[-1].recipient == "di@example.org"


@ON_SQLITE
def test_a_store_restored_from_mid_sending_does_not_continue_automatically(
    context: Context, server: SmtpServer
) -> None:
    assert send(context, WEEK, limit=1).queued == 2
    later = replace(context, clock=lambda: NOW + timedelta(hours=20))
    assert weeks_to_send(later) == [WEEK]
    restored = replace(context, clock=lambda: NOW + timedelta(days=3))
    with restored.store.writing() as connection:  # an unsubscribing subscriber does not show that a run is alive
        deliveries.forget_subscriber(connection, 2, now=restored.clock())
    assert weeks_to_send(restored) == []
    assert "overdue since 2026-03-09" in status_of(restored, WEEK).next
    with pytest.raises(ApprovalError, match="was due to continue after 2026-03-09"):
        send(restored, WEEK, manual=False)
    assert len(server.accepted) == 1
    assert send(restored, WEEK).sent == 2, "a person who names it is believed"


@ON_SQLITE
def test_sending_continues_when_the_server_is_back(context: Context, server: SmtpServer) -> None:
    server.stop()
    with pytest.raises(MailServerError, match="3 stay queued") as error:
        send(context, WEEK)
    assert error.value.exit_code == 3
    assert counts(context) == DeliveryCounts(queued=3)
    server.start()
    assert send(context, WEEK).sent == 3


@ON_SQLITE
def test_failures_of_the_sender_are_named_and_can_be_sent_again(context: Context, server: SmtpServer) -> None:
    # 39 with the three of the newsletter: after the first 20 fewer are left than make a run stop.
    for number in range(36):
        operator_actions.add(context, f"r{number}@example.org")
    server.order("RCPT", "550 relay not permitted for ada.b@example.org", times=1000)
    with pytest.raises(
        MailServerError, match=r"relay not permitted .*\. 0 sent, 2\d failed, 1\d stay queued\."
    ) as error:
        send(context, WEEK)
    with context.store.reading() as connection:
        (stopped, *_) = audit.trail(connection, WEEK)
    assert stopped.what == AuditEvent.SENDING_STOPPED
    assert "relay not permitted for" in stopped.detail["reason"]
    assert "@" not in stopped.detail["reason"], "the trail holds no addresses"
    assert f"`digest deliveries list {WEEK} --state failed`" in error.value.remedy
    assert f"`digest deliveries retry {WEEK}`" in error.value.remedy
    assert f"`digest hold {WEEK}`" in error.value.remedy
    assert "continues where this one stopped" in error.value.remedy
    assert "deliveries to go: " in status_of(context, WEEK).next
    assert send(context, WEEK).failed == 39, "as cron does"

    # No delivery is queued any more, so an automatic run does nothing.
    assert counts(context) == DeliveryCounts(failed=39)
    assert status(context) is EditionStatus.SENT
    assert status_of(context, WEEK).next.startswith("39 failed: `digest deliveries list")
    server.orders.clear()
    assert retry(context, Mailing(WEEK)) == 39
    assert status_of(context, WEEK).next.startswith("39 deliveries to go: ")
    assert send(context, WEEK).sent == 39
    assert status_of(context, WEEK).next == "done"


@ON_SQLITE
def test_the_advice_after_all_were_rejected(context: Context, server: SmtpServer) -> None:
    for number in range(17):
        operator_actions.add(context, f"r{number}@example.org")
    server.order("RCPT", "550 relay not permitted.", times=1000)
    with pytest.raises(MailServerError, match=r"not permitted\. 0 sent, 20 failed\.") as error:
        send(context, WEEK)
    assert "continues where" not in error.value.remedy
    assert error.value.remedy.endswith(f"`digest send {WEEK}` then sends them.")


@ON_SQLITE
def test_a_mail_over_the_server_s_size_limit_is_an_error_with_a_remedy(context: Context, server: SmtpServer) -> None:
    server.features = ("SIZE 1000",)
    with pytest.raises(MailServerError, match=r"accepts at most 1000\. 0 sent, 3 stay queued\.") as error:
        send(context, WEEK)
    assert "Make the edition smaller" in error.value.remedy


@ON_SQLITE
def test_deferred_and_failed_deliveries_are_reported_first(context: Context, server: SmtpServer) -> None:
    server.order("RCPT", "450 4.2.0 later", about="cy@")
    server.order("RCPT", "550 5.1.1 no such user", about="bo@")
    assert send(context, WEEK).sent == 1
    assert status_of(context, WEEK).next == (
        f"1 deferred by the mail server: `digest send {WEEK}`, or the next run, tries again when they are due; "
        f"1 failed: `digest deliveries list {WEEK} --state failed` says why, `digest deliveries retry {WEEK}` queues"
        " again all that failed or were deferred"
    )


@ON_SQLITE
def test_an_audience_that_grew_since_approval_is_reported_before_sending(context: Context) -> None:
    lines: list[str] = []
    with listening(lines.append):
        send(context, WEEK, dry_run=True)
        assert lines == []
        for number in range(20):
            operator_actions.add(context, f"r{number}@example.org")
        send(context, WEEK, dry_run=True)
        assert lines == [f"warning: {WEEK}: 23 subscribers, 20 more than at approval."]
        assert audience.change(context, WEEK) == "23 subscribers, 20 more than at approval"
        send(context, WEEK, limit=1)
    assert f"{WEEK}: 23 deliveries queued (23 subscribers, 20 more than at approval)." in lines


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (100, 110, ""),
        (100, 111, "111 subscribers, 11 more than at approval"),
        (1000, 1010, ""),
        (1000, 989, "989 subscribers, 11 fewer than at approval"),
        (5, 6, "6 subscribers, 1 more than at approval"),
        (2, 1, "1 subscriber, 1 fewer than at approval"),
        (0, 0, ""),
    ],
)
def test_only_large_changes_of_the_audience_are_reported(before: int, now: int, expected: str) -> None:
    assert audience.describe_change(before, now) == expected


@ON_SQLITE
def test_corrections_survive_a_long_audit_trail(context: Context, server: SmtpServer) -> None:
    def fill_audit_trail() -> None:
        with context.store.writing() as connection:
            for number in range(300):
                detail = {"post": str(number)}
                audit.record(connection, AuditEvent.PINNED, at=context.clock(), by="ada", week=WEEK, detail=detail)

    send(context, WEEK)
    server.order("RCPT", "450 4.2.0 greylisted", about="cy@")
    interrupted = correct(context, WEEK, "At nine.")
    assert (interrupted.week, interrupted.sent, interrupted.deferred) == (Mailing(WEEK, 1), 2, 1)
    fill_audit_trail()
    with pytest.raises(UsageError, match="not been sent to everyone yet"):
        correct(context, WEEK, "At ten.")
    assert retry(context, Mailing.parse(f"{WEEK}+1")) == 1
    resumed = correct(context, WEEK)
    assert (resumed.week, resumed.sent, resumed.deferred) == (Mailing(WEEK, 1), 3, 0)
    assert b"At nine." in server.accepted[-1].message
    fill_audit_trail()
    assert correct(context, WEEK, "At nine.").sent == 3, "the same words again are the same correction"
    second = correct(context, WEEK, "At ten.")
    assert (second.week, second.sent) == (Mailing(WEEK, 2), 3)


@ON_SQLITE
def test_a_restored_backup_says_what_to_do_with_the_uncertain(context: Context) -> None:
    assert accept_backup(context, Mailing(WEEK)) == 3
    remedy = f"`digest deliveries retry {WEEK} --uncertain`"
    assert status(context) is EditionStatus.APPROVED
    assert status_of(context, WEEK).next.startswith("3 uncertain, waiting for you: ")
    assert remedy in status_of(context, WEEK).next
    assert send(context, WEEK).uncertain == 3
    assert retry(context, Mailing(WEEK), uncertain=True) == 3
    assert send(context, WEEK).sent == 3


@ON_SQLITE
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_stopping_finishes_the_current_messages(context: Context, server: SmtpServer, number: signal.Signals) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("whoever runs the tests had this signal ignored, as nohup does, and so does the sender")
    for subscriber in range(120):
        operator_actions.add(context, f"r{subscriber}@example.org")
    server.delay = lambda: 0.02

    def terminate() -> None:
        while len(server.accepted) < 10:
            time.sleep(0.005)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=terminate)
    thread.start()
    report = send(context, WEEK)
    thread.join()
    assert report.stopped == "stopped on request"
    assert report.queued > 0
    assert counts(context) == DeliveryCounts(sent=len(server.accepted), queued=123 - len(server.accepted))
    server.delay = lambda: 0.0
    assert send(context, WEEK).sent == 123
    assert set(server.copies().values()) == {1}


def test_one_run_sends_also_what_another_has_queued(context: Context, server: SmtpServer) -> None:
    """Two senders would exceed the limits of the settings. Deliveries queued meanwhile are sent too."""
    for number in range(40):
        operator_actions.add(context, f"r{number}@example.org")
    server.delay = lambda: 0.02
    reports: list[SendReport] = []
    thread = threading.Thread(target=lambda: reports.append(send(context, WEEK)))
    thread.start()
    while len(server.accepted) < 5:
        time.sleep(0.005)
    operator_actions.add(context, "late@example.org")
    number = next(one.id for one in operator_actions.everyone(context) if one.email == "late@example.org")
    with context.store.writing() as connection:
        assert deliveries.queue_one(connection, Mailing(WEEK), number, now=NOW)
    other = send(context, WEEK)
    assert other.busy
    assert left_over(other), "exit 3"
    assert other.stopped.startswith(f"another run is sending it: process {os.getpid()} on ")
    assert other.queued > 0
    server.delay = lambda: 0.0
    thread.join()
    assert (reports[0].sent, reports[0].queued, reports[0].stopped) == (44, 0, "")
    assert not left_over(reports[0])
    assert server.most_open <= 2, "as many connections as the settings say"
    assert set(server.copies().values()) == {1}


def lease_of_another_machine(context: Context, *, until: datetime) -> None:
    """A run of another machine that has claimed the first delivery, and holds the lease to send."""
    elsewhere = "elsewhere/boot/pid:[1]|1|1|0123456789ab"
    with context.store.writing() as connection:
        leases.acquire(connection, f"send:{MAILING}", elsewhere, now=NOW - timedelta(hours=1), until=until)
        deliveries.queue(connection, MAILING, now=NOW)
        editions.move(connection, WEEK, [EditionStatus.APPROVED], EditionStatus.SENDING)
        hour = timedelta(hours=1)
        claims.claim(connection, MAILING, 1, by=elsewhere, now=NOW, lease=hour, message_id=lambda one: f"<{one}@x>")


def test_when_the_lease_of_a_dead_machine_has_ended_its_deliveries_are_settled_and_the_rest_is_sent(
    context: Context, server: SmtpServer
) -> None:
    lease_of_another_machine(context, until=NOW)
    report = send(context, WEEK)
    assert (report.sent, report.uncertain, report.queued) == (2, 1, 0)
    assert status(context) is EditionStatus.SENT
    assert set(server.copies().values()) == {1}


@ON_SQLITE
def test_a_patient_run_sends_as_soon_as_the_lease_of_a_dead_machine_ends(context: Context, server: SmtpServer) -> None:
    lease_of_another_machine(context, until=NOW + timedelta(seconds=1))
    began = time.monotonic()
    ticking = replace(context, clock=lambda: NOW + timedelta(seconds=time.monotonic() - began))
    assert send(ticking, WEEK).busy
    report = send(ticking, WEEK, patient=True)
    assert (report.sent, report.uncertain, report.busy) == (2, 1, False)
    assert len(server.accepted) == 2


@ON_SQLITE
def test_a_run_that_has_lost_its_lease_leaves_the_rest_to_the_run_that_has_it(
    context: Context, server: SmtpServer
) -> None:
    """It stood still for more than a minute, and another machine took over."""
    for number in range(60):
        operator_actions.add(context, f"r{number}@example.org")
    server.delay = lambda: 0.05
    reports: list[SendReport] = []
    thread = threading.Thread(target=lambda: reports.append(send(context, WEEK)))
    thread.start()
    while len(server.accepted) < 5:
        time.sleep(0.005)
    later = NOW + timedelta(hours=2)
    with context.store.writing() as connection:
        assert leases.acquire(connection, f"send:{MAILING}", "elsewhere|1|1|x", now=later, until=later + LASTING)
    thread.join()
    assert reports[0].stopped == "another run has taken over, as this one did not renew its lease in time"
    assert reports[0].queued > 0
    assert (reports[0].sent, reports[0].uncertain) == (len(server.accepted), 0)


@ON_SQLITE
def test_a_run_in_a_thread_can_be_stopped(context: Context, server: SmtpServer) -> None:
    for number in range(60):
        operator_actions.add(context, f"r{number}@example.org")
    server.delay = lambda: 0.02
    report = send(context, WEEK, stopping=lambda: len(server.accepted) > 5)
    assert report.stopped == "stopped on request"
    assert (report.sent, report.queued) == (len(server.accepted), 63 - len(server.accepted))
    assert report.queued > 0


@ON_SQLITE
def test_a_rehearsal_address_gets_everything(tmp_path: Path, context: Context, server: SmtpServer) -> None:
    path = context.settings.path
    path.write_text(path.read_text("utf-8").replace("[smtp]", '[smtp]\nredirect_to = "rehearsal@example.org"'), "utf-8")
    redirected = Context(load_settings(path), context.store, lambda: NOW)
    compose(redirected, WEEK)
    # The audience rule has changed, so the approval is void: a rehearsal needs its own approval.
    with pytest.raises(Exception, match="not what was approved"):
        send(redirected, WEEK)
    approve(redirected, WEEK, by="editor")
    assert send(redirected, WEEK).sent == 3
    assert {one.recipient for one in server.accepted} == {"rehearsal@example.org"}

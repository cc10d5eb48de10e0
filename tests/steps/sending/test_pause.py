"""Pausing a sending halfway and letting it go on: every subscriber gets the edition once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import ApprovalError, UsageError
from digest.events import Event, SendingStopped
from digest.model import AuditEvent, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.editing.approve import approve, hold
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.sending.pause import pause, resume_sending
from digest.steps.sending.send import send
from digest.steps.sending.sending_run import SendReport
from digest.steps.status import status as status_of
from digest.steps.subscribers import operator_actions
from digest.store import audit, deliveries, editions
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.newsletter_setup import WEEK
from tests.steps.ready_weeks import ReadyWeeks

SUBSCRIBERS = 24


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with serving(delay=lambda: 0.08) as running:
        yield running


def subscribe(context: Context) -> None:
    for number in range(SUBSCRIBERS):
        operator_actions.add(context, f"s{number}@example.org")


@pytest.fixture
def context(tmp_path: Path, store_url: str, server: SmtpServer, weeks: ReadyWeeks) -> Iterator[Context]:
    sources, tables = ("Working at Estuary",), {"smtp": {"port": server.port, "connections": 2}}
    with weeks.ready(tmp_path, store_url, sources=sources, tables=tables, subscribe=subscribe) as newsletter:
        yield newsletter.context


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def in_thread(work: Callable[[], SendReport]) -> tuple[threading.Thread, list[SendReport]]:
    reports: list[SendReport] = []
    thread = threading.Thread(target=lambda: reports.append(work()))
    thread.start()
    return thread, reports


def trail(context: Context) -> list[str]:
    with context.store.reading() as connection:
        return [row.what for row in audit.trail(connection, WEEK)]


def everybody_once(server: SmtpServer) -> None:
    assert sorted(one.recipient for one in server.accepted) == sorted(
        f"s{number}@example.org" for number in range(SUBSCRIBERS)
    )
    assert set(server.copies().values()) == {1}


def test_a_paused_sending_stops_and_goes_on_with_everybody_once(context: Context, server: SmtpServer) -> None:
    events: list[Event] = []
    listening = replace(context, notifiers=(lambda _context, event: events.append(event),))
    with pytest.raises(UsageError, match="not being sent"):
        pause(context, WEEK, by="Ada")
    thread, reports = in_thread(lambda: send(listening, WEEK))
    until(lambda: len(server.accepted) >= 4)
    assert pause(context, WEEK, by="Ada")
    assert not pause(context, WEEK, by="Bo"), "it is paused already"
    thread.join()
    stopped = reports[0]
    assert stopped.stopped == "paused by Ada"
    assert 4 <= stopped.sent < SUBSCRIBERS
    assert stopped.sent + stopped.queued == SUBSCRIBERS
    assert (stopped.uncertain, stopped.failed) == (0, 0)
    assert isinstance(events[-1], SendingStopped)
    assert events[-1].requested

    # Nobody sends it meanwhile, and it is still approved.
    assert weeks_to_send(context) == []
    with pytest.raises(ApprovalError, match="paused by Ada"):
        send(context, WEEK)
    assert status_of(context, WEEK).next.startswith("paused by Ada")
    assert len(server.accepted) == stopped.sent

    server.delay = lambda: 0.0
    assert resume_sending(context, WEEK, by="Bo")
    assert not resume_sending(context, WEEK, by="Bo")
    assert weeks_to_send(context) == [WEEK]
    assert send(context, WEEK).sent == SUBSCRIBERS
    everybody_once(server)
    assert trail(context)[:5] == [
        AuditEvent.SENDING_FINISHED,
        AuditEvent.SENDING_RESUMED,
        AuditEvent.SENDING_STOPPED,
        AuditEvent.SENDING_PAUSED,
        AuditEvent.SENDING_STARTED,
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_run_that_is_still_stopping_goes_on_by_itself(context: Context, server: SmtpServer) -> None:
    """Go on is pressed before the run has ended: a second sender would find the lease taken, and leave."""
    pauses = 0
    thread, reports = in_thread(lambda: send(context, WEEK))
    until(lambda: len(server.accepted) >= 2)
    while thread.is_alive() and pauses < 4:
        pauses += pause(context, WEEK, by="Ada") if status(context) is EditionStatus.SENDING else False
        time.sleep(0.7)
        resume_sending(context, WEEK, by="Ada")
        time.sleep(0.2)
    thread.join()
    assert pauses
    while deliveries_waiting(context):
        reports.append(send(context, WEEK))
    assert status(context) is EditionStatus.SENT
    everybody_once(server)


@pytest.mark.thorough
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_holding_or_finishing_ends_a_pause(context: Context, server: SmtpServer) -> None:
    send(context, WEEK, limit=3)
    pause(context, WEEK, by="Ada")
    hold(context, WEEK, by="Bo")
    assert not resume_sending(context, WEEK, by="Ada")
    approve(context, WEEK, by="Bo")
    assert send(context, WEEK).sent == SUBSCRIBERS
    everybody_once(server)


def status(context: Context) -> EditionStatus:
    with context.store.reading() as connection:
        row = editions.find(connection, WEEK)
    assert row is not None
    return row.status


def deliveries_waiting(context: Context) -> int:
    with context.store.reading() as connection:
        return deliveries.counts(connection, Mailing(WEEK)).queued

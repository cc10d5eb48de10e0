"""The report of an edition: what became of it, by domain, in words, against earlier ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.mail.smtp.plain_causes import in_plain_words
from digest.model import DeliveryState, SuppressionReason
from digest.steps.context import Context
from digest.steps.sending.report import edition_report, gathered
from digest.steps.sending.report_files import as_csv, as_text, duration
from digest.steps.sending.send import send
from digest.steps.subscribers import operator_actions
from digest.store import bounces
from digest.store.bounces import NewBounce
from digest.store.results import DomainCount
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.newsletter_setup import NOW, WEEK
from tests.steps.ready_weeks import ReadyWeeks


def subscribe(context: Context) -> None:
    for name in ("ada@one.example", "bo@one.example", "cy@Two.example", "di@two.example", "ed@three.example"):
        operator_actions.add(context, name)


@pytest.fixture
def context(tmp_path: Path, store_url: str, server: SmtpServer, weeks: ReadyWeeks) -> Iterator[Context]:
    sources, tables = ("Working at Estuary",), {"smtp": {"port": server.port}}
    ready = weeks.ready(tmp_path, store_url, sources=sources, tables=tables, subscribe=subscribe, approved_by="Ada")
    with ready as newsletter:
        yield newsletter.context


def test_report_counts_everybody_by_domain(context: Context, server: SmtpServer) -> None:
    with pytest.raises(UsageError, match="Nothing of"):
        edition_report(context, WEEK)
    server.order("RCPT", "550 5.1.1 <cy@two.example>: no such user", about="cy@")
    server.order("RCPT", "452 4.2.2 over quota", about="di@")
    send(context, WEEK)
    later = replace(context, clock=lambda: NOW + timedelta(hours=5))
    with context.store.writing() as connection:
        people = {one.email: one.id for one in operator_actions.everyone(context)}
        back = NewBounce(people["ed@three.example"], str(WEEK), True, True, "mailbox", "5.1.1", "unknown user", NOW)
        bounces.add(connection, back)
    operator_actions.remove(later, "ada@one.example")
    operator_actions.suppress(later, "bo@one.example", reason=SuppressionReason.COMPLAINT)

    report = edition_report(later, WEEK)
    result = report.result
    assert (result.counts.sent, result.counts.deferred, result.counts.failed) == (3, 1, 1)
    assert (result.bounced, result.on_hold, result.left, result.complained) == (1, 0, 1, 1)
    assert report.approved_by == "Ada"
    domains = {one.domain: one for one in report.domains}
    assert list(domains) == ["two.example", "three.example", "one.example"], "troubles first"
    said = {(one.words, one.codes) for one in domains["two.example"].listed_answers()}
    assert said == {("There is no such mailbox", "550 5.1.1"), ("The mailbox is full", "452 4.2.2")}
    assert [one.words for one in domains["three.example"].listed_answers()] == ["There is no such mailbox"]

    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert (rows[0]["domain"], rows[0]["sent"], rows[0]["left"], rows[0]["complained"]) == ("all", "3", "1", "1")
    assert sum(int(row["subscribers"]) for row in rows[1:]) == 5
    text = as_text(report, context.settings.newsletter.zone)
    assert "3 of 5 sent" in text
    assert "two.example, 1: There is no such mailbox (550 5.1.1)" in text
    for whole in (as_csv(report), text):
        assert "@" not in whole, "no addresses"


def test_domains_with_troubles_come_first() -> None:
    counted = [
        DomainCount("big.example", DeliveryState.SENT, 0, "", "", 900),
        DomainCount("bad.example", DeliveryState.FAILED, 550, "5.1.1", "no such user", 2),
        DomainCount("bad.example", DeliveryState.FAILED, 550, "5.1.1", "no such user here", 1),
        DomainCount("bad.example", DeliveryState.UNCERTAIN, 0, "", "connection lost", 1),
    ]
    first, second = gathered(counted)
    assert (first.domain, first.total, first.troubles) == ("bad.example", 4, 4)
    assert [(one.words, one.number) for one in first.listed_answers()] == [
        ("There is no such mailbox", 3),
        ("No answer came: whether it arrived is not known", 1),
    ]
    assert (second.domain, second.troubles, second.listed_answers()) == ("big.example", 0, ())


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "words"),
    [
        (421, "4.7.0", "too many connections", "Too many mails at once"),
        (450, "", "greylisted, try again", "makes new senders wait"),
        (550, "5.7.1", "rejected as spam", "spam filter"),
        (599, "", "no", "without a reason that we know"),
    ],
)
def test_refusals_in_plain_words(code: int, enhanced: str, text: str, words: str) -> None:
    assert words in in_plain_words(code, enhanced, text)


def test_durations_in_words() -> None:
    spans = [timedelta(seconds=1), timedelta(seconds=48), timedelta(minutes=7), timedelta(hours=2, minutes=5)]
    assert [duration(one) for one in spans] == ["a second", "48 seconds", "7 minutes", "2 h 5 min"]

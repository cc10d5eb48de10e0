"""What the mail server rejects during the conversation counts as the bounce it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.model import DeliveryState, EffectiveStatus, Mailing, Reply
from digest.steps.bounces import decide
from digest.steps.bounces.decide import Selection
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve
from digest.steps.sending.send import send
from digest.steps.subscribers import operator_actions
from digest.store import deliveries
from digest.store.engine import Store
from tests.mail.smtp.smtp_server import serving
from tests.steps.bounces.bounced_list import NOW, BouncedList, spread
from tests.steps.newsletter_setup import WEEK, set_up

GONE = Reply(550, "5.1.1", "<ada@d0.example>: no such user")
FULL = Reply(552, "5.2.2", "mailbox full")
NOT_THEIRS = Reply(550, "5.7.1", "blocked, see our list")
WEEKS = ("2019-W12", "2019-W13", "2019-W14", "2019-W15")


@pytest.mark.parametrize("code", ["5.1.1", "5.1.10", "5.1.2", "5.1.3", "5.1.6"])
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_second_edition_in_a_row_suppresses(tmp_path: Path, store: Store, code: str) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    newsletter.send("2019-W12", {1: Reply(550, code, "rejected")})
    report = newsletter.finish("2019-W12")
    assert (report.failed, report.bounced, report.on_hold) == (1, 0, 0)
    assert newsletter.finish("2019-W12").bounced == 0, "a run that ends again counts nothing again"
    newsletter.send("2019-W13", {1: Reply(550, code, "rejected")})
    assert newsletter.finish("2019-W13").bounced == 1
    assert newsletter.suppressed() == {1}
    newsletter.send("2019-W14")
    with store.reading() as connection:
        (last,) = deliveries.stream(connection, mailing=Mailing.parse("2019-W14"), subscriber=1)
    assert last.state is DeliveryState.SUPPRESSED


def test_an_edition_that_arrives_breaks_the_row(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    for week, rejected in zip(WEEKS, ({1: GONE}, {}, {1: GONE}, {}), strict=True):
        newsletter.send(week, rejected)
        assert newsletter.finish(week).bounced == 0


def test_at_once_by_setting(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20), more="rejected_limit = 1\n")
    newsletter.send("2019-W12", {1: GONE, 2: FULL, 3: NOT_THEIRS})
    assert newsletter.finish("2019-W12").bounced == 1
    assert newsletter.suppressed() == {1}


def test_full_mailboxes_count_as_soft_bounces_and_what_is_not_theirs_never(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    for week in WEEKS[:3]:
        newsletter.send(week, {2: FULL, 3: NOT_THEIRS})
        newsletter.finish(week)
    assert newsletter.suppressed() == {2}


def test_a_rejection_and_a_returned_mail_make_a_row(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    newsletter.send("2019-W12")
    newsletter.bounce([1], "2019-W12", "5.2.2")
    newsletter.read()
    newsletter.send("2019-W13", {1: GONE})
    newsletter.finish("2019-W13")
    newsletter.send("2019-W14", {1: FULL})
    assert newsletter.finish("2019-W14").bounced == 1


def test_a_run_that_was_killed_before_its_end_is_counted_by_the_next(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    newsletter.send("2019-W12", {1: GONE})  # killed here: nothing was counted
    newsletter.finish("2019-W12")
    newsletter.send("2019-W13", {1: GONE})
    assert newsletter.finish("2019-W13").bounced == 1


def test_a_rejection_that_a_retry_heals_does_not_count(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    newsletter.send("2019-W12", {1: GONE})
    newsletter.finish("2019-W12")
    with store.writing() as connection:
        assert deliveries.retry(connection, Mailing.parse("2019-W12"), [DeliveryState.FAILED], now=NOW) == 1
    newsletter.send("2019-W12")
    newsletter.finish("2019-W12")
    newsletter.send("2019-W13", {1: GONE})
    assert newsletter.finish("2019-W13").bounced == 0


def test_many_rejections_in_one_run_suppress_nobody(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, [f"n{place}@big.example" for place in range(30)])
    for week in WEEKS[:3]:
        newsletter.send(week, dict.fromkeys(range(1, 21), GONE))
        report = newsletter.finish(week)
        assert (report.bounced, report.on_hold) == (0, 20)
    assert newsletter.suppressed() == set()
    assert len(newsletter.events) == 3, "each run says what is on hold; the notifier remembers whom it told"
    newsletter.send("2019-W15", {1: GONE})
    assert newsletter.finish("2019-W15").bounced == 1, "what is on hold is not forgotten"


def test_accepted_rejections_need_no_second_edition(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(60))
    newsletter.send("2019-W12", dict.fromkeys(range(1, 11), GONE))
    assert newsletter.finish("2019-W12").on_hold == 10
    assert decide.accept(newsletter.context, Selection(everything=True)).suppressed == 10


def test_conversation_with_a_server(tmp_path: Path, store: Store, parsers: ParsePool) -> None:
    with serving() as server:
        tables = {"smtp": {"port": server.port}, "bounces": {"rejected_limit": 1}}
        with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as newsletter:
            context = newsletter.context
            for name in ("ada", "bo", "cy"):
                operator_actions.add(context, f"{name}@example.org")
            collect(context, week=WEEK, parsers=parsers)
            compose(context, WEEK)
            approve(context, WEEK, by="editor")
            server.order("RCPT", "550 5.1.1 <bo@example.org>: Recipient address rejected", about="bo@")
            report = send(context, WEEK)
            assert (report.sent, report.failed, report.bounced) == (2, 1, 1)
            (bo,) = operator_actions.everyone(context, EffectiveStatus.SUPPRESSED)
            assert (bo.email, bo.reason) == ("bo@example.org", "bounce 5.1.1")
            lines = [line.wording for line in operator_actions.history(context, "bo@example.org")]
            assert any("Recipient address rejected" in line and "bo@" not in line for line in lines)

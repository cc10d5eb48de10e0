"""Many bounces alike suppress nobody; a few do. What is on hold waits for the operator, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.events import BouncesOnHold
from digest.mail.smtp.verdict import Cause, Verdict
from digest.model import BounceState
from digest.steps.bounces import decide
from digest.steps.bounces.decide import Decided, Selection
from digest.steps.bounces.record import ReturnedBounce, record_returned
from digest.steps.subscribers import operator_actions
from digest.store import bounces
from digest.store.engine import Store
from tests.mail.returned import returned_mail
from tests.steps.bounces.bounced_list import NOW, BouncedList, spread


def test_a_small_list_with_three_dead_addresses(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(60))
    newsletter.send("2019-W12")
    newsletter.bounce([1, 2, 3], "2019-W12")
    report = newsletter.read()
    assert (report.hard, report.suppressed, report.on_hold, report.holds) == (3, 3, 0, ())
    assert newsletter.events == []


def test_one_bad_night_of_dns_suppresses_nobody(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(200))
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 31), "2019-W12", "5.4.4")
    report = newsletter.read()
    assert (report.hard, report.suppressed, report.on_hold) == (30, 0, 30)
    (hold,) = report.holds
    assert (hold.batch, hold.name, hold.number, hold.recipients, hold.domains) == ("2019-W12", "domain", 30, 200, 30)
    assert newsletter.events == [BouncesOnHold((hold,))]
    assert newsletter.suppressed() == set()


def test_many_small_readings_are_judged_like_one(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(100))
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 6), "2019-W12")
    assert newsletter.read().suppressed == 5
    newsletter.bounce(range(6, 9), "2019-W12")
    report = newsletter.read()
    assert (report.suppressed, report.on_hold, report.restored) == (0, 8, 5)
    assert newsletter.suppressed() == set()
    newsletter.bounce([9], "2019-W12")
    assert newsletter.read().on_hold == 1, "what is on hold counts for the next reading"
    assert newsletter.read().holds[0].number == 9, "and nothing is forgotten"
    history = [line.what for line in operator_actions.history(newsletter.context, "ada@d0.example")]
    assert history[:3] == ["subscribed", "suppressed", "restored"]


def test_somebody_who_left_meanwhile_is_not_restored(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(100))
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 6), "2019-W12")
    assert newsletter.read().suppressed == 5
    operator_actions.remove(newsletter.context, "ada@d0.example")
    newsletter.bounce(range(6, 9), "2019-W12")
    assert newsletter.read().restored == 4
    assert operator_actions.add(newsletter.context, "ada@d0.example").verdict == "suppressed"


def test_one_provider_blocks_us_with_the_words_for_an_unknown_address(tmp_path: Path, store: Store) -> None:
    at_one = [f"n{place}@big.example" for place in range(20)]
    newsletter = BouncedList(tmp_path, store, [*at_one, *spread(600)])
    newsletter.send("2019-W12")
    newsletter.bounce([*range(1, 13), 21, 22], "2019-W12")
    report = newsletter.read()
    assert (report.suppressed, report.on_hold, report.holds[0].name) == (2, 12, "big.example")
    assert newsletter.suppressed() == {21, 22}


def test_a_mailbox_that_is_read_after_the_holidays(tmp_path: Path, store: Store) -> None:
    """Each edition is judged by itself, and those who bounced before are suppressed by then."""
    newsletter = BouncedList(tmp_path, store, spread(100))
    dead: list[int] = []
    for week in range(10, 20):
        newsletter.send(f"2019-W{week}", at=NOW + timedelta(weeks=week))
        dead.append(week)
        newsletter.bounce(dead, f"2019-W{week}")
    report = newsletter.read()
    assert (report.hard, report.suppressed, report.on_hold) == (55, 10, 0)


def test_soft_bounces_that_would_suppress_many_are_on_hold_as_well(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(100))
    for week, suppressed in (("2019-W12", 0), ("2019-W13", 0), ("2019-W14", 0)):
        newsletter.send(week)
        newsletter.bounce(range(1, 21), week, "5.2.2")
        assert newsletter.read().suppressed == suppressed
    assert len(decide.on_hold(newsletter.context)) == 20
    newsletter.send("2019-W15")
    newsletter.bounce([1], "2019-W15", "5.2.2")
    assert newsletter.read().suppressed == 1, "by itself it is a full mailbox, four weeks in a row"


def test_a_policy_that_rejects_us_for_weeks_never_adds_up(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(100))
    for week in ("2019-W12", "2019-W13", "2019-W14"):
        newsletter.send(week)
        newsletter.bounce(range(1, 31), week, "5.7.26")
        assert newsletter.read().suppressed == 0
    newsletter.send("2019-W15")
    newsletter.bounce([1, 2], "2019-W15", "5.7.26")
    assert newsletter.read().suppressed == 0


def test_complaints_always_suppress(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(40))
    newsletter.send("2019-W12")
    for number in range(1, 31):
        token = newsletter.unsubscribe_token(number)
        newsletter.box.add(returned_mail.complaint(token))
    report = newsletter.read()
    assert (report.complaint, report.suppressed, report.on_hold) == (30, 30, 0)


def test_a_reading_that_was_killed_is_counted_by_the_next(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(60))
    newsletter.send("2019-W12")
    verdict = Verdict(Cause.MAILBOX, hard=True, temporary=False, enhanced="5.1.1")
    with store.writing() as connection:  # recorded and committed, and then the reading ends
        assert record_returned(connection, newsletter.context, 1, ReturnedBounce(verdict, "5.1.1"))
        assert not record_returned(connection, newsletter.context, 1, ReturnedBounce(verdict, "5.1.1"))
    assert newsletter.read().suppressed == 1
    assert newsletter.suppressed() == {1}


def test_accepted_bounces_count(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, [*spread(40), "cy@big.example"])
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 21), "2019-W12")
    assert newsletter.read().on_hold == 20
    context = newsletter.context
    assert decide.accept(context, Selection(address="ADA@d0.example")) == Decided(accepted=1, suppressed=1, left=19)
    assert decide.accept(context, Selection(domain="D1.example")) == Decided(accepted=1, suppressed=1, left=18)
    assert decide.accept(context, Selection(code="5.7")).accepted == 0
    assert decide.accept(context, Selection(batch="2019-W13")).accepted == 0
    assert decide.accept(context, Selection(batch="2019-W12", group="all", code="5.1")).suppressed == 18
    assert newsletter.suppressed() == set(range(1, 21))
    newsletter.bounce([21], "2019-W12")
    assert newsletter.read().suppressed == 1, "what was accepted holds up no others"


def test_dismissed_bounces_never_count(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(40))
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 21), "2019-W12")
    newsletter.read()
    assert decide.dismiss(newsletter.context, Selection(everything=True)) == Decided(dismissed=20)
    newsletter.bounce([1, 21], "2019-W12")
    report = newsletter.read()
    assert (report.suppressed, report.on_hold) == (0, 1), "a late report of the same night is one of them"
    newsletter.send("2019-W13")
    newsletter.bounce([1], "2019-W13")
    assert newsletter.read().suppressed == 1


def test_a_decision_names_what_it_is_about(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UsageError, match="Which bounces"):
        Selection()


def test_bounces_go_with_their_subscriber(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(40))
    newsletter.send("2019-W12")
    newsletter.bounce(range(1, 21), "2019-W12")
    newsletter.read()
    operator_actions.erase(newsletter.context, "ada@d0.example")
    with store.reading() as connection:
        assert {one.subscriber for one in bounces.stream(connection, BounceState.ON_HOLD)} == set(range(2, 21))

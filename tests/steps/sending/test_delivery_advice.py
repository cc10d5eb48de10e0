"""What people are told to do about deliveries, by counts and by why a run stopped."""

from __future__ import annotations

import pytest

from digest.mail.smtp.outbox import Tally
from digest.model import DeliveryCounts, Mailing
from digest.steps.sending.delivery_advice import after_stop, continue_command, progress, troubles

EDITION = Mailing.parse("2019-W12")
CORRECTION = Mailing.parse("2019-W12+1")


def test_the_advice_to_continue_names_the_command_of_the_mailing() -> None:
    assert continue_command(EDITION) == "`digest send 2019-W12`"
    assert continue_command(CORRECTION) == "`digest correct 2019-W12`"


def test_no_troubles_where_all_was_sent_or_is_queued() -> None:
    assert troubles(EDITION, DeliveryCounts(sent=3, suppressed=1, queued=2, sending=1)) == []


@pytest.mark.parametrize(
    ("counts", "commands"),
    [
        (DeliveryCounts(deferred=2), ["digest correct 2019-W12"]),
        (
            DeliveryCounts(failed=2),
            ["digest deliveries list 2019-W12+1 --state failed", "digest deliveries retry 2019-W12+1"],
        ),
        (
            DeliveryCounts(uncertain=2),
            ["digest deliveries reconcile --maillog FILE", "digest deliveries retry 2019-W12+1 --uncertain"],
        ),
    ],
)
def test_each_trouble_names_its_number_and_its_commands(counts: DeliveryCounts, commands: list[str]) -> None:
    (sentence,) = troubles(CORRECTION, counts)
    assert sentence.startswith("2 ")
    assert _commands(sentence) == commands


def test_troubles_are_listed_one_by_one() -> None:
    sentences = troubles(EDITION, DeliveryCounts(sent=1, deferred=2, failed=3, uncertain=4))
    assert [sentence.split(" ")[0] for sentence in sentences] == ["2", "3", "4"]


def _commands(text: str) -> list[str]:
    return text.split("`")[1::2]


def test_after_a_stop_the_remedy_comes_first() -> None:
    text = after_stop(EDITION, DeliveryCounts(sent=1, queued=5), Tally(remedy="Mend the password."))
    assert text.splitlines()[0] == "Mend the password."
    assert _commands(text) == ["digest send 2019-W12"]


def test_after_a_stop_with_rejections_the_edition_can_be_held() -> None:
    counts = DeliveryCounts(failed=20, queued=5)
    text = after_stop(EDITION, counts, Tally(rejected=20))
    assert text.startswith("20 ")
    assert _commands(text) == [
        "digest deliveries list 2019-W12 --state failed",
        "digest deliveries retry 2019-W12",
        "digest hold 2019-W12",
        "digest approve 2019-W12",
        "digest send 2019-W12",
    ]
    assert "digest hold 2019-W12" not in _commands(after_stop(CORRECTION, counts, Tally(rejected=20)))


def test_after_a_stop_with_nothing_queued_the_rejected_are_sent_later() -> None:
    text = after_stop(CORRECTION, DeliveryCounts(failed=20), Tally(rejected=20))
    assert _commands(text)[-1] == "digest correct 2019-W12"
    assert "digest hold 2019-W12" not in _commands(text)


def test_after_a_stop_deferred_and_uncertain_deliveries_are_mentioned() -> None:
    text = after_stop(EDITION, DeliveryCounts(deferred=2, uncertain=1), Tally())
    uncertain, deferred = text.splitlines()
    assert uncertain.startswith("1 uncertain")
    assert deferred.startswith("2 ")
    assert deferred.endswith(".")
    assert after_stop(EDITION, DeliveryCounts(sent=2), Tally()) == ""


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (DeliveryCounts(), "0 sent"),
        (DeliveryCounts(sent=3, suppressed=2), "3 sent"),
        (DeliveryCounts(failed=20, queued=177), "0 sent, 20 failed, 177 stay queued"),
        (DeliveryCounts(sent=3, deferred=1, uncertain=2, sending=1), "3 sent, 1 deferred, 2 uncertain, 1 stays queued"),
    ],
)
def test_progress_counts_tried_deliveries(counts: DeliveryCounts, text: str) -> None:
    assert progress(counts) == text

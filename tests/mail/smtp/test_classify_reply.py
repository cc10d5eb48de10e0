"""What answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.classify_reply import (
    BackOff,
    NoReply,
    Replied,
    Stage,
    is_permanent,
    is_temporary,
    may_be_about_sender,
    parse_reply,
    settle,
)
from digest.model import DeliveryState, Reply

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
RULE = BackOff()


@pytest.mark.parametrize(
    ("text", "enhanced", "bare", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4ABCxyz", "2.0.0", "Ok: queued as 4ABCxyz", "4ABCxyz"),
        ("OK id=1rT5bQ-0002Gh-3k", "", "OK id=1rT5bQ-0002Gh-3k", "1rT5bQ-0002Gh-3k"),
        ("2.6.0 <x@y> [InternalId=1234, Hostname=h] Queued mail", "2.6.0", None, "1234"),
        ("2.0.0 wAF3x1234567 Message accepted for delivery", "2.0.0", None, "wAF3x1234567"),
        ("Ok 0100018c1234-aaaa-bbbb", "", None, "0100018c1234-aaaa-bbbb"),
        ("2.1.5 first\n2.1.5 second", "2.1.5", "first second", ""),
        ("fine\x1b[31m\x00", "", "fine [31m", ""),
        ("", "", "", ""),
    ],
)
def test_enhanced_code_and_queue_id_are_parsed(text: str, enhanced: str, bare: str | None, queue_id: str) -> None:
    reply = parse_reply(250, text.encode())
    assert (reply.enhanced, reply.queue_id) == (enhanced, queue_id)
    assert bare is None or reply.text == bare


def settled(
    code: int, stage: Stage = Stage.ENDED, *, attempts: int = 1, age: timedelta = timedelta(0)
) -> DeliveryState:
    outcome = Replied(stage, Reply(code))
    return settle(1, outcome, attempts=attempts, now=NOW, since=NOW - age, rule=RULE).state


def test_replies_become_delivery_states() -> None:
    assert settled(250) is DeliveryState.SENT
    assert settled(451) is DeliveryState.DEFERRED
    assert settled(552) is DeliveryState.DEFERRED
    assert settled(421) is DeliveryState.DEFERRED
    assert settled(550) is DeliveryState.FAILED
    assert settled(550, Stage.RECIPIENT) is DeliveryState.FAILED
    assert settled(451, age=timedelta(hours=48)) is DeliveryState.FAILED
    no_reply = settle(1, NoReply("cut"), attempts=1, now=NOW, since=NOW, rule=RULE)
    assert no_reply.state is DeliveryState.UNCERTAIN


def test_552_is_temporary_unless_the_message_is_too_big() -> None:
    """Many servers send 552 where they mean 452."""
    assert is_temporary(Reply(552, "5.2.2"))
    assert is_temporary(Reply(552))
    assert not is_temporary(Reply(552, "5.3.4"))
    assert not is_temporary(Reply(552, "5.2.3"))
    assert may_be_about_sender(Reply(552, "5.3.4"))
    assert not may_be_about_sender(Reply(552, "5.2.3"))


def test_a_2xx_before_the_message_sends_nothing() -> None:
    assert settled(250, Stage.RECIPIENT) is not DeliveryState.SENT


@given(st.integers(200, 599), st.sampled_from([Stage.RECIPIENT, Stage.ENDED]), st.integers(1, 50), st.integers(0, 100))
def test_only_a_2xx_at_the_end_is_sent_and_only_a_temporary_one_waits(
    code: int, stage: Stage, attempts: int, hours: int
) -> None:
    now, first = NOW, NOW - timedelta(hours=hours)
    settled = settle(7, Replied(stage, Reply(code)), attempts=attempts, now=now, since=first, rule=RULE)
    assert (settled.state is DeliveryState.SENT) == (200 <= code < 300 and stage is Stage.ENDED)
    if settled.state is DeliveryState.DEFERRED:
        assert 400 <= code < 500 or code == 552
        assert settled.not_before is not None
        assert now < settled.not_before <= first + RULE.deadline


def test_back_off_grows_to_its_limit() -> None:
    waits = [RULE.wait(attempt) for attempt in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)
    assert waits[-1] == RULE.longest


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.0", "5.2.1", "5.2.3"])
def test_codes_that_are_about_the_recipient(enhanced: str) -> None:
    assert not may_be_about_sender(Reply(550, enhanced))


@pytest.mark.parametrize("enhanced", ["", "5.0.0", "5.1.0", "5.1.7", "5.1.8", "5.1.11", "5.3.4", "5.4.1", "5.7.1"])
def test_other_rejections_may_be_about_the_sender(enhanced: str) -> None:
    assert may_be_about_sender(Reply(550, enhanced))
    assert not may_be_about_sender(Reply(450, enhanced))


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("No such user here", False),
        ("mailbox is over quota", False),
        ("host said: 550 5.1.1 User unknown", False),
        ("Requested action not taken: mailbox unavailable", True),
        ("Sender verify failed: no such user", True),
        ("Your host is on a blocklist", True),
    ],
)
def test_words_say_whom_a_rejection_without_a_code_is_about(text: str, sender: bool) -> None:
    assert may_be_about_sender(Reply(550, "", text)) is sender


def test_the_first_digit_says_whether_a_reply_is_temporary_or_permanent() -> None:
    codes = (399, 400, 499, 500, 552, 599, 600)
    assert [code for code in codes if is_temporary(Reply(code))] == [400, 499, 552]
    assert [code for code in codes if is_permanent(Reply(code))] == [500, 599]


def test_the_text_of_a_reply_is_one_line_of_bounded_length() -> None:
    assert parse_reply(550, "5.1.1 5.1.1 no\n5.1.1 such user").text == "5.1.1 no such user"
    assert len(parse_reply(550, "x" * 900).text) == 500

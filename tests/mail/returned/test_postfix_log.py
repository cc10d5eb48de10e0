"""Reading Postfix's log, in both forms of its dates."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.returned.postfix_log import moment_of, read_maillog
from digest.model import DeliveryState
from tests.mail.returned.maillogs import RFC_3339, TRADITIONAL, conversation

NOW = datetime(2019, 3, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("form", [TRADITIONAL, RFC_3339])
def test_outcomes_of_messages_are_read_from_the_log(form: str) -> None:
    lines = [
        *conversation("<1@x>", "4ABCDEF1", form=form, answer="dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77)"),
        *conversation("<2@x>", "4ABCDEF2", form=form, answer="dsn=5.1.1, status=bounced (said: 550 5.1.1 no such)"),
        *conversation("<3@x>", "4ABCDEF3", form=form, answer="dsn=4.4.1, status=deferred (connect: timed out)"),
        *conversation("<4@x>", "4ABCDEF4", form=form, answer="")[:2],  # named, and then the connection broke
        *conversation("<5@x>", "4ABCDEF5", form=form, answer=""),
        *conversation("<other@x>", "4ABCDEF1", form=form, answer="dsn=5.1.1, status=bounced (its queue id came again)"),
    ]
    says = read_maillog(lines, {f"<{number}@x>" for number in range(1, 8)})
    states = {message_id: state for message_id, (state, _) in says.verdicts.items()}
    sent, failed = DeliveryState.SENT, DeliveryState.FAILED
    assert states == {"<1@x>": sent, "<2@x>": failed, "<3@x>": sent, "<5@x>": sent}
    assert says.verdicts["<2@x>"][1].text == "no such"
    assert says.lines == sum("connect from" not in line for line in lines)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("Mar 25 07:00:01 mx postfix/qmgr[1]: x", datetime(2019, 3, 25, 7, 0, 1, tzinfo=UTC)),
        ("Mar  5 07:00:01 mx postfix/qmgr[1]: x", datetime(2019, 3, 5, 7, 0, 1, tzinfo=UTC)),
        ("Dec 31 23:59:59 mx postfix/qmgr[1]: x", datetime(2018, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Mar 26 01:00:00 mx east of us", datetime(2019, 3, 26, 1, tzinfo=UTC)),
        ("Feb 29 01:00:00 mx x", datetime(2016, 2, 29, 1, tzinfo=UTC)),
        ("Feb 30 01:00:00 mx x", None),
        ("Mac 25 07:00:01 mx x", None),
        ("2019-03-25T07:00:01.123456+00:00 mx x", datetime(2019, 3, 25, 7, 0, 1, 123456, tzinfo=UTC)),
        ("2019-03-25T09:00:01+0200 mx x", datetime(2019, 3, 25, 7, 0, 1, tzinfo=UTC)),
        ("2019-03-25T07:00:01Z mx x", datetime(2019, 3, 25, 7, 0, 1, tzinfo=UTC)),
        ("2019-03-25T07:00:01 mx x", datetime(2019, 3, 25, 7, 0, 1, tzinfo=UTC)),
        ("-- Logs begin at Monday --", None),
        ("", None),
    ],
)
def test_the_time_of_a_log_line_is_read(line: str, moment: datetime | None) -> None:
    assert moment_of(line, NOW) == moment


@given(st.text())
def test_any_line_has_a_date_or_none(line: str) -> None:
    moment = moment_of(line, NOW)
    assert moment is None or moment.tzinfo is not None
    read_maillog([line], {"<1@x>"})


def test_lines_made_to_be_read_again_and_again_take_little_time() -> None:
    queued = "postfix/cleanup[1]: ABCDEFG: message-id=<a@example.org>"
    lines = [
        queued,
        *["postfix/" * 1_000] * 100,
        *["postfix/smtp[1]: ABCDEFG: " + "dsn=2.0.0, status=sent (" * 300] * 100,
    ]
    started = time.thread_time()
    assert read_maillog(lines, {"<a@example.org>"}).verdicts == {}
    assert time.thread_time() - started < 1


def test_reply_that_holds_brackets_and_a_status_is_read_whole() -> None:
    lines = [
        "postfix/cleanup[1]: ABCDEFG: message-id=<a@example.org>",
        "postfix/smtp[1]: ABCDEFG: to=<x@example.org>, dsn=5.1.1, status=bounced (host mx said: 550 5.1.1 no (x) here)",
    ]
    state, reply = read_maillog(lines, {"<a@example.org>"}).verdicts["<a@example.org>"]
    assert (state, reply.code, reply.text) == (DeliveryState.FAILED, 550, "no (x) here")

"""One transaction, against every order in which a server can reply or a connection can break."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.message.dot_stuffing import SmtpData, to_smtp_data
from digest.mail.smtp.classify_reply import NoReply, NotSent, Replied, Stage
from digest.mail.smtp.transaction import (
    Capabilities,
    Envelope,
    SmtpBrokenError,
    TransactionResult,
    Turn,
    quit_session,
    transaction,
)
from digest.model import Reply

MESSAGE = to_smtp_data(b"Subject: hello\r\n\r\n.dot\r\nhello\r\n")
TO = Envelope("digest@test.example", "reader@test.example")
BREAKS = ("before all was written", "before the reply")

ORDERLY = [250, 250, 354, 250]  # to MAIL, RCPT, DATA and the message
CODES = [-1, 0, 120, 199, 200, 250, 251, 299, 300, 354, 399, 400, 421, 450, 452, 503, 550, 552, 554, 599, 600, 999]

happens: st.SearchStrategy[int | str] = st.sampled_from([250, 354, 421, 421, 421]) | st.sampled_from([*CODES, *BREAKS])


def mostly_orderly(orderly: int, event: int | str, rest: list[int | str]) -> list[int | str]:
    return [*ORDERLY[:orderly], event, *rest][:6]


# What happens on each turn: often an orderly start, one odd event and a polite end, for there most can go wrong.
scripts = st.lists(happens, min_size=6, max_size=6) | st.builds(
    mostly_orderly,
    st.sampled_from([0, 1, 2, 2, 3]),
    happens,
    st.just([250, 250, 250, 250, 250]) | st.lists(happens, min_size=5, max_size=5),
)


def run(
    capabilities: Capabilities, script: list[int | str], to: Envelope = TO, smtp_data: SmtpData = MESSAGE
) -> tuple[TransactionResult, list[Turn], list[int | str]]:
    """The whole transaction: its result, what was to be written, and what happened after each turn."""
    talk = transaction(capabilities, to, smtp_data)
    turns, events_so_far = [], []
    remaining = iter(script)
    try:
        turn = next(talk)
        while True:
            turns.append(turn)
            event = next(remaining)
            events_so_far.append(event)
            if isinstance(event, str):
                turn = talk.throw(SmtpBrokenError("gone", written=event == BREAKS[1]))
            else:
                turn = talk.send(Reply(event))
    except StopIteration as stop:
        result: TransactionResult = stop.value
        return result, turns, events_so_far


def is_positive(code: int) -> bool:
    return 200 <= code < 300


def is_rejection(code: int) -> bool:
    return 400 <= code < 600


@given(script=scripts, pipelining=st.booleans())
@example(script=[250, 250, 421, 250, 250, 250], pipelining=False)  # 421 to DATA, and valid replies after it
def test_the_result_agrees_with_the_messages_at_the_server(script: list[int | str], pipelining: bool) -> None:
    assert_agrees(script, pipelining)


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("event", [*CODES, *BREAKS])
@pytest.mark.parametrize("before", range(4))
def test_any_event_at_any_turn_of_an_orderly_transaction(before: int, event: int | str, pipelining: bool) -> None:
    assert_agrees([*ORDERLY[:before], event, 250, 250, 250, 250, 250], pipelining)


def assert_agrees(script: list[int | str], pipelining: bool) -> None:
    """What the result says of the message and the connection agrees with what the server had and replied."""
    result, turns, events_so_far = run(Capabilities("mx.test.example", pipelining=pipelining), script)
    outcome = result.outcome
    events = [event for turn, event in zip(turns, events_so_far, strict=True) if turn.data == MESSAGE.data]
    replies = [event for event in events_so_far if isinstance(event, int)]
    if events:  # the message is written only after 354
        assert len(events) == 1
        assert is_positive(replies[0])
        assert is_positive(replies[1])
        assert replies[2] == 354
    if isinstance(outcome, NoReply):  # unknown: the server had all of it
        assert events == [BREAKS[1]] or (
            len(events) == 1 and isinstance(events[0], int) and not is_rejection(events[0])
        )
        assert not any(isinstance(event, int) and is_positive(event) for event in events)
    elif isinstance(outcome, NotSent):  # the server cannot have it
        assert events in ([], [BREAKS[0]])
    elif outcome.stage is Stage.ENDED:
        assert events == [outcome.reply.code]
        assert is_positive(outcome.reply.code) or is_rejection(outcome.reply.code)
    else:  # about the subscriber: the first reply that is not positive, and a rejection
        assert not events
        assert outcome.reply.code == next(code for code in replies if not is_positive(code))
        assert is_positive(replies[0])
        assert is_rejection(outcome.reply.code)
    broken = any(isinstance(event, str) for event in events_so_far)
    if result.usable:
        assert not broken
        assert 421 not in replies
        assert all(is_positive(code) or is_rejection(code) or (code == 354 and events) for code in replies)
    if not broken and not events:  # without a message under way, the connection is kept where replies fit
        orderly = all(is_positive(code) or is_rejection(code) for code in replies)
        data_replied = len(replies) > 2 and (pipelining or (is_positive(replies[0]) and is_positive(replies[1])))
        makes_sense = orderly and not (data_replied and is_positive(replies[2]))  # DATA gets 354 or a rejection
        assert result.usable == (makes_sense and 421 not in replies and replies[-1] == 250)


@pytest.mark.parametrize(
    ("event", "outcome", "usable"),
    [
        (250, Replied(Stage.ENDED, Reply(250)), True),
        (451, Replied(Stage.ENDED, Reply(451)), True),
        (554, Replied(Stage.ENDED, Reply(554)), True),
        (421, Replied(Stage.ENDED, Reply(421)), False),
        (BREAKS[0], NotSent("the connection to mx.test.example broke: gone"), False),
        (BREAKS[1], NoReply("no reply after the end of the message: gone"), False),
        (354, NoReply("an unexpected reply after the end of the message: 354"), False),
        (999, NoReply("an unexpected reply after the end of the message: 999"), False),
    ],
)
def test_what_is_known_of_a_message_after_its_end(
    event: int | str, outcome: Replied | NotSent | NoReply, usable: bool
) -> None:
    result, _, _ = run(Capabilities("mx.test.example"), [250, 250, 354, event])
    assert (result.outcome, result.usable) == (outcome, usable)


def rejected(code: int) -> Replied:
    return Replied(Stage.RECIPIENT, Reply(code))


@pytest.mark.parametrize(
    ("script", "pipelining", "outcome", "usable"),
    [
        ([250, 550, 250], False, rejected(550), True),
        ([250, 550, 503, 250], True, rejected(550), True),
        ([250, 451, 503, 250], True, rejected(451), True),
        ([250, 250, 554, 250], False, rejected(554), True),
        ([250, 250, 554, 250], True, rejected(554), True),
        ([250, 550, 354], True, rejected(550), False),  # it waits for a message
        ([250, 550, 500], False, rejected(550), False),  # RSET is rejected
        ([250, 550, BREAKS[1]], False, rejected(550), False),  # it hangs up at RSET
        ([550, 250], False, "rejects the sender address: 550", True),
        ([450, 503, 503, 250], True, "rejects the sender address: 450", True),
        ([120], False, "does not fit MAIL: 120", False),
        ([250, 354], False, "does not fit RCPT: 354", False),
        ([250, 250, 250], False, "does not fit DATA: 250", False),
    ],
)
def test_a_rejection_ends_with_rset_and_the_connection_is_used_again(
    script: list[int | str], pipelining: bool, outcome: Replied | str, usable: bool
) -> None:
    result, turns, events_so_far = run(Capabilities("mx.test.example", pipelining=pipelining), script)
    assert events_so_far == script
    assert result.usable is usable
    if isinstance(outcome, Replied):
        assert result.outcome == outcome
    else:
        assert isinstance(result.outcome, NotSent)
        assert outcome in result.outcome.reason
        assert result.outcome.fatal == ("address: 5" in outcome)
    assert MESSAGE.data not in [turn.data for turn in turns]


@given(script=scripts, pipelining=st.booleans())
def test_pipelining_makes_two_writes_of_a_message(script: list[int | str], pipelining: bool) -> None:
    _, turns, _ = run(Capabilities("mx.test.example", pipelining=pipelining), script)
    commands = [turn.data for turn in turns if turn.data and turn.data != MESSAGE.data]
    whole = b"MAIL FROM:<digest@test.example>\r\nRCPT TO:<reader@test.example>\r\nDATA\r\n"
    assert b"".join(commands).removesuffix(b"RSET\r\n") in (
        {whole} if pipelining else {whole, whole[: whole.index(b"DATA")], whole[: whole.index(b"RCPT")]}
    )
    if pipelining:
        assert commands[0] == whole


def test_waits_longest_after_the_final_dot() -> None:
    _, turns, _ = run(Capabilities("mx.test.example"), [250, 250, 354, 250])
    assert [turn.wait(60) for turn in turns] == [60, 60, 60, 600]
    assert next(quit_session()).wait(60) == 5


def test_a_message_that_is_too_big_fails_for_no_subscriber() -> None:
    for capabilities, script in (
        (Capabilities("mx", max_size=10), []),
        (Capabilities("mx", wants_size=True), [552, 250]),  # RFC 1870 has a bare 552 for MAIL
    ):
        outcome = run(capabilities, script)[0].outcome
        assert isinstance(outcome, NotSent)
        assert outcome.fatal
        assert "smaller" in outcome.remedy


def test_writes_no_message_that_the_server_cannot_accept() -> None:
    eight_bit = to_smtp_data("Subject: ö\r\n\r\n".encode())
    for capabilities, to, smtp_data, expected in (
        (Capabilities("mx", max_size=10), TO, MESSAGE, NotSent),
        (Capabilities("mx"), TO, eight_bit, NotSent),
        (Capabilities("mx"), Envelope("a@test.example", "jörg@test.example", smtputf8=True), MESSAGE, Replied),
    ):
        result, turns, _ = run(capabilities, [], to, smtp_data)
        assert isinstance(result.outcome, expected)
        assert result.usable
        assert not turns
        if isinstance(result.outcome, NotSent):
            assert result.outcome.fatal
        else:
            assert isinstance(result.outcome, Replied)
            assert (result.outcome.reply.code, result.outcome.reply.enhanced) == (0, "5.6.7"), "no server said so"


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("before", range(4))
def test_a_connection_is_not_used_again_after_421(pipelining: bool, before: int) -> None:
    script: list[int | str] = [*ORDERLY[:before], 421, 250, 250]
    result, turns, events_so_far = run(Capabilities("mx.test.example", pipelining=pipelining), script)
    assert not result.usable
    assert events_so_far[-1] == 421, "no further reply is waited for"
    assert [turn.data for turn in turns if turn.data][-1] != b"RSET\r\n"
    if before < 3:  # it says nothing about the subscriber
        assert isinstance(result.outcome, NotSent)
        assert not result.outcome.fatal
        assert result.outcome.reply == Reply(421)
    else:
        assert result.outcome == Replied(Stage.ENDED, Reply(421))

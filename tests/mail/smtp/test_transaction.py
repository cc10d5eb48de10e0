"""One message's conversation, against every order in which a server can answer or a connection can break."""

from __future__ import annotations

from hypothesis import given
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
BREAKS = ("before all was written", "before the answer")

codes = st.sampled_from([-1, 0, 120, 220, 250, 251, 354, 399, 421, 450, 452, 503, 550, 552, 554, 600, 999])
events = st.lists(codes | st.sampled_from(BREAKS), min_size=6, max_size=6)


def held(
    capabilities: Capabilities, said: list[int | str], to: Envelope = TO, smtp_data: SmtpData = MESSAGE
) -> tuple[TransactionResult, list[Turn], list[int | str]]:
    """The whole conversation: how it ended, what was to be written, and what happened after each."""
    talk = transaction(capabilities, to, smtp_data)
    turns, happened = [], []
    waiting = iter(said)
    try:
        turn = next(talk)
        while True:
            turns.append(turn)
            event = next(waiting)
            happened.append(event)
            if isinstance(event, str):
                turn = talk.throw(SmtpBrokenError("gone", written=event == BREAKS[1]))
            else:
                turn = talk.send(Reply(event))
    except StopIteration as stop:
        ended: TransactionResult = stop.value
        return ended, turns, happened


def took(code: int) -> bool:
    return 200 <= code < 300


def refuses(code: int) -> bool:
    return 400 <= code < 600


@given(said=events, pipelining=st.booleans())
def test_what_is_said_of_a_message_is_true(said: list[int | str], pipelining: bool) -> None:
    ended, turns, happened = held(Capabilities("mx.test.example", pipelining=pipelining), said)
    outcome = ended.outcome
    sent = [event for turn, event in zip(turns, happened, strict=True) if turn.data == MESSAGE.data]
    answers = [event for event in happened if isinstance(event, int)]
    if sent:  # the message goes out only when the server has asked for it
        assert len(sent) == 1
        assert took(answers[0])
        assert took(answers[1])
        assert answers[2] == 354
    if isinstance(outcome, NoReply):  # nobody can know: the server had all of it
        assert sent == [BREAKS[1]] or (len(sent) == 1 and isinstance(sent[0], int) and not refuses(sent[0]))
        assert not any(isinstance(event, int) and took(event) for event in sent)
    elif isinstance(outcome, NotSent):  # the server cannot have it
        assert sent in ([], [BREAKS[0]])
    elif outcome.stage is Stage.ENDED:
        assert sent == [outcome.reply.code]
        assert took(outcome.reply.code) or refuses(outcome.reply.code)
    else:  # about the subscriber: the first that is no yes, and a no
        assert not sent
        assert outcome.reply.code == next(code for code in answers if not took(code))
        assert took(answers[0])
        assert refuses(outcome.reply.code)
    broken = any(isinstance(event, str) for event in happened)
    if ended.usable:
        assert not broken
        assert 421 not in answers
        assert all(took(code) or refuses(code) or (code == 354 and sent) for code in answers)
    if not broken and not sent:  # never hung up on in the midst of a message that it waits for
        orderly = all(took(code) or refuses(code) for code in answers)
        data_answered = len(answers) > 2 and (pipelining or (took(answers[0]) and took(answers[1])))
        makes_sense = orderly and not (data_answered and took(answers[2]))  # DATA is asked for more, or refused
        assert ended.usable == (makes_sense and 421 not in answers and answers[-1] == 250)


@given(said=events, pipelining=st.booleans())
def test_a_message_is_two_writes_where_commands_may_follow_each_other(said: list[int | str], pipelining: bool) -> None:
    _, turns, _ = held(Capabilities("mx.test.example", pipelining=pipelining), said)
    commands = [turn.data for turn in turns if turn.data and turn.data != MESSAGE.data]
    whole = b"MAIL FROM:<digest@test.example>\r\nRCPT TO:<reader@test.example>\r\nDATA\r\n"
    assert b"".join(commands).removesuffix(b"RSET\r\n") in (
        {whole} if pipelining else {whole, whole[: whole.index(b"DATA")], whole[: whole.index(b"RCPT")]}
    )
    if pipelining:
        assert commands[0] == whole


def test_the_end_of_the_message_is_waited_for_longest() -> None:
    _, turns, _ = held(Capabilities("mx.test.example"), [250, 250, 354, 250])
    assert [turn.wait(60) for turn in turns] == [60, 60, 60, 600]
    assert next(quit_session()).wait(60) == 5


def test_a_message_that_is_too_big_is_no_matter_of_the_subscriber() -> None:
    for capabilities, said in (
        (Capabilities("mx", max_size=10), []),
        (Capabilities("mx", wants_size=True), [552, 250]),  # RFC 1870 has a bare 552 for MAIL
    ):
        outcome = held(capabilities, said)[0].outcome
        assert isinstance(outcome, NotSent)
        assert outcome.fatal
        assert "smaller" in outcome.remedy


def test_what_the_server_cannot_take_is_not_begun() -> None:
    eight_bit = to_smtp_data("Subject: ö\r\n\r\n".encode())
    for capabilities, to, smtp_data, expected in (
        (Capabilities("mx", max_size=10), TO, MESSAGE, NotSent),
        (Capabilities("mx"), TO, eight_bit, NotSent),
        (Capabilities("mx"), Envelope("a@test.example", "jörg@test.example", smtputf8=True), MESSAGE, Replied),
    ):
        ended, turns, _ = held(capabilities, [], to, smtp_data)
        assert isinstance(ended.outcome, expected)
        assert ended.usable
        assert not turns

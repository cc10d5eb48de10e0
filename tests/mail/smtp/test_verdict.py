"""What a refusal says about the address, by its codes and its words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.verdict import HARD_CAUSES, Cause, classify, codes_in

HARD = [
    (550, "5.1.1", "<ada@reader.example>: Recipient address rejected: User unknown in relay recipient table"),
    (550, "5.1.1", "The email account that you tried to reach does not exist. Please try double-checking it."),
    (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (556, "5.1.10", "Recipient address has null MX"),
    (550, "5.1.6", "recipient no longer on server: ada@reader.example"),
    (550, "5.2.1", "The email account that you tried to reach is disabled."),
    (0, "5.0.0", "smtp; 550 5.1.1 <ada@reader.example> User unknown (in reply to RCPT TO command)"),
    (0, "5.0.0", "smtp; 550-5.1.1 no such mailbox\n 550 5.1.1 see http://postmaster.example/spam/blocked"),
    (0, "", "Sorry, no mailbox here by that name. (#5.1.1)"),
    (0, "5.0.0", "smtp; 550 #5.1.1 bad recipient"),
    (0, "5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=gone.example: Host not found"),
    (0, "5.0.0", "X-Notes; User Ada Penhale (ada@reader.example) not listed in Domino Directory"),
    (0, "", "x-unix; user unknown"),
    (550, "", "No such user here"),
    (550, "", "No such recipient: ada@spam-filter.reader.example"),
    (550, "", "Mailbox <ada@reader.example> does not exist"),
    (554, "", "delivery error: dd This user doesn't have a mail.example account (ada@mail.example) [-5]"),
    (550, "", "Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_418 [418]"),
    (550, "5.1.0", "Unknown user account"),
    (0, "5.0.0", "Unrouteable address"),
    (0, "", "all relevant MX records point to non-existent hosts"),
]
SOFT = [
    (450, "5.1.1", "<ada@reader.example>: no such user", Cause.MAILBOX),
    (550, "4.1.1", "<ada@reader.example>: no such user", Cause.MAILBOX),
    (0, "5.0.0", "smtp; 451 no such user, perhaps", Cause.MAILBOX),
    (0, "5.0.0", "smtp; 554 delivery error: mailbox over quota", Cause.FULL),
    (0, "5.0.0", "smtp; 552-5.2.2 the mailbox is full\n 552 5.2.2 of this user", Cause.FULL),
    (0, "5.1.1", "smtp; 550 5.1.1 user over quota", Cause.FULL),
    (0, "5.1.1", "smtp; 550 5.7.1 rejected", Cause.POLICY),
    (552, "", "message size exceeds the limit", Cause.SIZE),
    (0, "5.0.0", "smtp; 550 5.7.26 This mail is unauthenticated: DMARC", Cause.POLICY),
    (0, "5.0.0", "smtp; 550 Service refused: the address 192.5.1.1 is on a blocklist", Cause.POLICY),
    (0, "5.0.0", "smtp; 550 refused, see 5.1.1.7", Cause.UNKNOWN),
    (0, "5.0.0", "smtp; 550 refused by mail server 5.1.1", Cause.UNKNOWN),
    (550, "", "Requested action not taken: mailbox unavailable", Cause.UNKNOWN),
    (550, "5.5.0", "Requested action not taken: mailbox unavailable", Cause.UNKNOWN),
    (550, "5.4.1", "Recipient address rejected: Access denied", Cause.POLICY),
    (550, "5.7.1", "No such user!", Cause.POLICY),
    (550, "", "Sender address rejected: Domain not found", Cause.SENDER),
    (550, "", "<mx.news.example>: Helo command rejected: Host not found", Cause.SENDER),
    (550, "5.1.8", "<digest@news.example>: Sender address rejected: Domain not found", Cause.SENDER),
    (550, "5.2.1", "This user is receiving mail at a rate that prevents further messages", Cause.THROTTLED),
    (550, "", "The recipient may contain a non-existent account", Cause.MAILBOX),
    (554, "", "This account has been disabled", Cause.DISABLED),
    (454, "", "Throttling failure: Maximum sending rate exceeded.", Cause.THROTTLED),
    (450, "", "Too many recipient attempts", Cause.THROTTLED),
    (450, "4.7.1", "<ada@reader.example>: Recipient address rejected: Greylisted", Cause.GREYLISTED),
    (421, "4.7.28", "Our system has detected an unusual rate of unsolicited mail", Cause.THROTTLED),
    (0, "4.4.1", "connect to mx.reader.example[192.0.2.1]:25: Connection timed out", Cause.NETWORK),
    (550, "", "", Cause.UNKNOWN),
    (550, "", "rejected due to invalid user agent", Cause.UNKNOWN),
    (550, "", "Callout verification failed: 550 No such user", Cause.SENDER),
    (451, "4.7.500", "Server busy. Please try again later", Cause.THROTTLED),
    (550, "5.1.0", "Sender denied", Cause.SENDER),
    (550, "", "Mailbox unavailable or access denied", Cause.POLICY),
    (550, "", "This address no longer accepts mail", Cause.UNKNOWN),
    (452, "4.3.1", "Insufficient system storage", Cause.FULL),
]


@pytest.mark.parametrize(("code", "enhanced", "text"), HARD)
def test_a_plain_sign_that_the_address_is_gone_is_hard(code: int, enhanced: str, text: str) -> None:
    verdict = classify(code, enhanced, text)
    assert verdict.hard, verdict
    assert verdict.cause in HARD_CAUSES


@pytest.mark.parametrize(("code", "enhanced", "text", "cause"), SOFT)
def test_any_other_refusal_is_soft_and_has_a_cause(code: int, enhanced: str, text: str, cause: Cause) -> None:
    verdict = classify(code, enhanced, text)
    assert not verdict.hard, verdict
    assert verdict.cause is cause


@given(st.sampled_from(HARD), st.sampled_from(["4.2.0", "4.7.1", "5.7.1", "5.2.2", "5.3.4", "5.4.7"]))
def test_a_second_code_that_contradicts_makes_it_soft(refusal: tuple[int, str, str], code: str) -> None:
    assert not classify(refusal[0], refusal[1], f"{refusal[2]} (550 {code})").hard


@given(st.sampled_from(HARD), st.sampled_from(["\n ", "  ", "\t", "\r\n\t"]))
def test_wrapping_and_case_do_not_change_a_verdict(refusal: tuple[int, str, str], space: str) -> None:
    code, enhanced, text = refusal
    for other in (text.replace(" ", space), text.upper(), text.lower(), f'"{text}"'):
        assert classify(code, enhanced, other).hard, other


@given(st.integers(0, 599), st.sampled_from(["", "5.0.0", "5.7.1", "5.2.2", "4.1.1"]), st.text(max_size=80))
def test_no_code_and_random_text_is_never_hard(code: int, enhanced: str, text: str) -> None:
    assert not classify(code, enhanced, text).hard


@given(st.integers(400, 499), st.sampled_from(["", "5.1.1", "5.1.10"]), st.sampled_from([one[2] for one in HARD]))
def test_a_4xx_is_soft_whatever_else_it_says(code: int, enhanced: str, text: str) -> None:
    verdict = classify(code, enhanced, text)
    assert verdict.temporary
    assert not verdict.hard


@pytest.mark.parametrize("unit", ["a", "5.1.1 ", "550 ", "a@", "a.", "user ", "mailbox …", "no such ", "<", "'a"])
def test_a_long_text_is_read_quickly(unit: str) -> None:
    started = time.thread_time()
    classify(550, "", unit * 100_000)
    assert time.thread_time() - started < 0.2


def test_codes_stand_behind_a_reply_code_or_a_number_sign() -> None:
    assert codes_in("host said: 550 5.1.1 no; 552-5.2.2 full; (#5.7.1)") == ("5.1.1", "5.2.2", "5.7.1")
    assert codes_in("said: 550\n    5.1.1 no\r\n\t552-\n 5.2.2 full") == ("5.1.1", "5.2.2")
    assert codes_in("5.1.1 no") == ()
    assert codes_in("5.1.1 no", leading=True) == ("5.1.1",)
    assert codes_in("192.0.5.1.1 550 5.1.1.9 x5.1.1 version 5.7.1") == ()

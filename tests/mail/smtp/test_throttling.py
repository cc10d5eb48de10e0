"""Which refusals are about our pace."""

from __future__ import annotations

import pytest

from digest.mail.smtp.classify_reply import Stage, parse_reply
from digest.mail.smtp.throttling import Throttling, throttling

NO, PERHAPS, LIKELY, YES = Throttling
OPENING, RECIPIENT, ENDED = Stage.OPENING, Stage.RECIPIENT, Stage.ENDED


@pytest.mark.parametrize(
    ("reply", "stage", "expected"),
    [
        ("454 Throttling failure: Maximum sending rate exceeded.", ENDED, YES),
        ("454 Throttling failure: Daily message quota exceeded.", ENDED, YES),
        ("450 Too many recipient attempts", RECIPIENT, YES),
        ("451 4.7.650 The mail server has been temporarily rate limited due to IP reputation", RECIPIENT, YES),
        ("421 4.7.0 Try again later, closing connection.", OPENING, YES),
        ("421 Service not available", ENDED, YES),
        ("450 4.7.1 Error: too much mail from 192.0.2.1", OPENING, YES),
        ("452 4.5.3 Too many recipients", RECIPIENT, YES),
        ("451 4.3.2 Please try again later", RECIPIENT, YES),
        ("451 Requested action aborted: local error in processing", ENDED, LIKELY),
        ("451 4.7.1 later", ENDED, LIKELY),
        ("550 5.4.5 Daily user sending limit exceeded", ENDED, YES),
        ("452 4.3.1 Insufficient system storage", OPENING, NO),
        ("451 4.7.1 later", RECIPIENT, PERHAPS),
        ("450 later", RECIPIENT, PERHAPS),
        ("451 4.3.0 lookup failure", RECIPIENT, PERHAPS),
        ("450 4.1.8 Sender address rejected: Domain not found", RECIPIENT, PERHAPS),
        ("450 4.7.1 Greylisted for 300 seconds", RECIPIENT, NO),
        ("451 4.7.1 Greylisting in action, please come back later", ENDED, NO),
        ("450 4.2.0 Greylisted, see you in 5 minutes", RECIPIENT, NO),
        ("450 4.2.1 The user you are trying to contact is receiving mail at a rate that", RECIPIENT, NO),
        ("452 4.2.2 The mailbox is over quota", ENDED, NO),
        ("452 mailbox is full", RECIPIENT, NO),
        ("552 5.2.2 mailbox full", RECIPIENT, NO),
        ("450 4.1.1 unknown, try later", RECIPIENT, NO),
        ("550 5.1.1 no such user", RECIPIENT, NO),
        ("550 5.7.1 blocked", ENDED, NO),
        ("550 4.7.0 blocked", OPENING, NO),
        ("550 4.3.2 blocked", RECIPIENT, NO),
        ("250 2.0.0 Ok", ENDED, NO),
    ],
)
def test_throttling_is_told_from_a_refusal_of_one_subscriber(reply: str, stage: Stage, expected: Throttling) -> None:
    code, _, text = reply.partition(" ")
    assert throttling(parse_reply(int(code), text), stage) is expected

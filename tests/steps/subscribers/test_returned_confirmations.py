"""Confirmation mails that come back are matched to whom they went, and harm nobody else."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.model import EffectiveStatus
from digest.steps.context import Context
from digest.steps.mail_setup import Links, hasher_of, keys_of
from digest.steps.subscribers import change_address, operator_actions
from digest.steps.subscribers.read_bounces import BouncesReport, read_bounces
from digest.steps.subscribers.subscribe import ask_to_subscribe
from digest.store import subscribers
from digest.store.engine import Store
from digest.subscribers.link_tokens import Purpose, Tokens
from digest.words.catalogues import page_catalogue
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.newsletter_setup import set_up

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
VERP = "bounces+{token}@example.org"


@dataclass
class Desk:
    context: Context
    server: SmtpServer
    box: mailbox.Maildir

    def come_back(self, status: str = "5.1.1") -> BouncesReport:
        """The last mail comes back, as Postfix returns it, and the mailbox is read."""
        sent = self.server.accepted[-1]
        sender, recipient = sent.sender.strip("<>"), sent.recipient.strip("<>")
        head = sent.message.partition(b"\r\n\r\n")[0].decode()
        self.box.add(
            f"""Return-Path: <>
Delivered-To: {sender}
To: {sender}
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

This is the mail system.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: rejected

--b1
Content-Type: text/rfc822-headers

{head}

--b1--
""".encode()
        )
        return read_bounces(self.context)


@pytest.fixture(params=[VERP, "bounces@example.org", ""])
def desk(tmp_path: Path, store: Store, request: pytest.FixtureRequest) -> Iterator[Desk]:
    box = mailbox.Maildir(tmp_path / "box")
    with serving() as server:
        bounces = {"mailbox": str(tmp_path / "box"), "return_path": request.param}
        tables = {"smtp": {"port": server.port}, "bounces": bounces}
        with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as newsletter:
            yield Desk(newsletter.context, server, box)


def test_bounce_of_a_confirmation(desk: Desk) -> None:
    ask_to_subscribe(desk.context, "dead@reader.example", page_catalogue(desk.context.settings))
    report = desk.come_back()
    assert (report.hard, report.unmatched, report.suppressed, report.on_hold) == (1, 0, 1, 0)
    lines = [line.what for line in operator_actions.history(desk.context, "dead@reader.example")]
    assert lines == ["asked", "suppressed"]
    (one,) = operator_actions.everyone(desk.context)
    assert one.status is EffectiveStatus.PENDING, "who has not confirmed is still free to"


def test_many_that_come_back_are_no_sign_of_a_bad_night(desk: Desk) -> None:
    operator_actions.add(desk.context, "ada@reader.example")
    for number in range(8):
        ask_to_subscribe(desk.context, f"ada@d{number}.example", page_catalogue(desk.context.settings))
        report = desk.come_back()
        assert (report.unmatched, report.suppressed, report.on_hold) == (0, 1, 0)


def test_soft_bounce_of_a_confirmation_changes_nothing(desk: Desk) -> None:
    ask_to_subscribe(desk.context, "full@reader.example", page_catalogue(desk.context.settings))
    report = desk.come_back("5.2.2")
    assert (report.soft, report.unmatched, report.suppressed) == (1, 0, 0)


def ask_to_move(desk: Desk, email: str) -> None:
    """Let the owner of the first address ask for another one, and allow it: a mail goes there."""
    catalogue, tokens = page_catalogue(desk.context.settings), Tokens(keys_of(desk.context.settings))
    change_address.ask_to_change_address(desk.context, tokens.make(Purpose.PREFERENCES, 1), email, catalogue)
    new_hash = hasher_of(desk.context.settings).hashes(email)[0]
    allowing = tokens.make_bound(Purpose.MOVE, 1, new_hash, desk.context.clock())
    change_address.allow_change(desk.context, allowing, catalogue)
    assert desk.server.accepted[-1].recipient == email


def test_a_mail_to_the_address_from_before_a_move_comes_back(desk: Desk) -> None:
    operator_actions.add(desk.context, "ada@reader.example")
    ask_to_move(desk, "ada@new.example")
    new_hash = hasher_of(desk.context.settings).hashes("ada@new.example")[0]
    token = Tokens(keys_of(desk.context.settings)).make_bound(Purpose.ADDRESS, 1, new_hash, desk.context.clock())
    del desk.server.accepted[-1]  # the newest is now the one to the old address
    assert change_address.confirm_new_address(desk.context, token)
    report = desk.come_back()
    assert (report.unmatched, report.suppressed) == (1, 0)
    (ada,) = operator_actions.everyone(desk.context)
    assert (ada.email, ada.status) == ("ada@new.example", EffectiveStatus.ACTIVE)


def test_a_new_address_that_is_dead_says_nothing_against_the_present_one(desk: Desk) -> None:
    operator_actions.add(desk.context, "ada@reader.example")
    ask_to_move(desk, "dead@reader.example")
    with desk.context.store.reading() as connection:
        before = subscribers.find(connection, 1)
    assert before is not None
    assert before.new_email == "dead@reader.example"
    report = desk.come_back()
    assert (report.hard, report.unmatched, report.suppressed) == (1, 0, 0)
    with desk.context.store.reading() as connection:
        after = subscribers.find(connection, 1)
    assert after is not None
    assert after.new_email == ""
    (ada,) = operator_actions.everyone(desk.context)
    assert ada.status is EffectiveStatus.ACTIVE


def test_mailto_goes_to_the_mailbox_that_is_read(desk: Desk) -> None:
    links = Links(desk.context.settings).of(1)
    address, _, query = links.unsubscribe_mailto.removeprefix("mailto:").partition("?")
    assert address == links.return_path
    assert query.startswith("subject=unsubscribe%20")

"""Test sends: an edition's real bytes to one address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.mail.smtp.classify_reply import NoReply, Outcome, Replied, Stage
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.transaction import Envelope
from digest.model import Reply
from digest.steps.editing.test_send import send_tests
from digest.steps.run import run
from digest.store.engine import Store
from tests.steps.newsletter_setup import WEEK, set_up

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

BLOG = "Working at Estuary"


def test_a_test_send_takes_the_contexts_transport(tmp_path: Path, store: Store) -> None:
    recipients: list[str] = []

    def deliver(_server: MailServer, envelope: Envelope, message: bytes) -> Outcome:
        recipients.append(envelope.recipient)
        assert b"The Test Digest" in message
        return Replied(Stage.ENDED, Reply(250, "2.0.0", "filed"))

    with set_up(tmp_path, store, sources=(BLOG,)) as newsletter:
        run(newsletter.context, WEEK)
        context = replace(newsletter.context, transport=deliver)
        (sent,) = send_tests(context, WEEK, ["eve@example.org"], by="editor")
        assert sent.reply is not None
        assert (sent.reply.text, recipients) == ("filed", ["eve@example.org"])
        assert newsletter.mailbox.count() == 0


def test_a_test_send_without_a_reply_does_not_claim_that_no_server_was_reached(tmp_path: Path, store: Store) -> None:
    def lose(_server: MailServer, _envelope: Envelope, _message: bytes) -> Outcome:
        return NoReply("no reply after the end of the message: timed out")

    with set_up(tmp_path, store, sources=(BLOG,)) as newsletter:
        run(newsletter.context, WEEK)
        context = replace(newsletter.context, transport=lose)
        (sent,) = send_tests(context, WEEK, ["eve@example.org"], by="editor")
        assert "Whether the message arrived is unknown" in sent.problem

"""Sending one short mail now: over the same servers, signed by the same key as the editions."""

from __future__ import annotations

import logging
import secrets
import time

from digest.errors import MailServerError
from digest.mail.message.dkim import signer_of
from digest.mail.message.notice import Notice, notice_bytes
from digest.mail.smtp.classify_reply import Answered, NotBegun, Stage
from digest.mail.smtp.connection import Connection, open_connection
from digest.mail.smtp.transaction import Envelope
from digest.steps.context import Context
from digest.steps.mail_setup import servers_of
from digest.subscribers.email_addresses import envelope_form

LOG = logging.getLogger(__name__)


def send_note(context: Context, note: Notice) -> None:
    """Raises MailServerError when no server takes it."""
    settings = context.settings
    sender = envelope_form(settings.newsletter.from_address)[0]
    content = notice_bytes(
        note,
        from_=settings.newsletter.from_,
        reply_to=settings.newsletter.reply_to,
        message_id=f"<note.{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>",
        date=context.clock(),
    )
    signer = signer_of(settings)
    if signer is not None:
        content = signer.sign(content) + content
    recipient, smtputf8 = envelope_form(settings.smtp.redirect_to or note.to)
    failure = "no mail server is set"
    for server in servers_of(settings):
        opened = open_connection(server)
        if isinstance(opened, Connection):
            outcome = opened.send(Envelope(sender, recipient, smtputf8 or not content.isascii()), content)
            opened.close()
            if isinstance(outcome, Answered):
                if outcome.stage is Stage.ENDED and 200 <= outcome.reply.code < 300:
                    return
                failure = f"{server} says {outcome.reply.code} {outcome.reply.text}"
                continue
            failure = outcome.reason
        elif isinstance(opened, NotBegun):
            failure = opened.reason
    raise MailServerError(f"A note could not be sent: {failure.rstrip('.')}.", "See [smtp] in digest.toml.")


def send_quietly(context: Context, note: Notice, *, tries: int = 3) -> None:
    """Failures are reported, not raised."""
    for attempt in range(1, tries + 1):
        try:
            send_note(context, note)
            return
        except MailServerError as error:
            LOG.warning("%s (try %d of %d)", error.what, attempt, tries)
            if attempt < tries:
                time.sleep(2.0 * attempt)

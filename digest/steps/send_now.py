"""Send one message now: a notice or a test send. Editions are sent by the outbox, which claims and counts them.

One rule (`may_try_again`) says what follows from an outcome:

    not sent, or 4xx                 try the next server; after the last one, a caller may try all of them again later
    5xx about the recipient or text  failed: every server would say so
    no reply after the message's end failed: the message may have arrived, and must not arrive twice
    2xx after the message's end      accepted
"""

from __future__ import annotations

import logging

from digest.errors import MailServerError
from digest.log import without_recipient
from digest.mail.message.dkim import signer_of
from digest.mail.smtp.classify_reply import NoReply, NotSent, Outcome, Replied, Stage, describe
from digest.mail.smtp.transaction import Envelope
from digest.model import Reply
from digest.steps.context import Context
from digest.steps.mail_setup import servers_of
from digest.subscribers.email_addresses import envelope_form

LOG = logging.getLogger(__name__)

REMEDY = "See [smtp] in digest.toml."


def send_now(context: Context, message: bytes, to: str, *, sender: str = "") -> Outcome:
    """Sign `message`, send it to the address `to` and return the outcome.

    `sender` is the envelope sender: the newsletter's address where none is named.

    If no server could be reached, the outcome gives the reasons of all of them.
    """
    settings = context.settings
    signer = signer_of(settings)
    if signer is not None:
        message = signer.sign(message) + message
    recipient, smtputf8 = envelope_form(to)
    sender = sender or envelope_form(settings.newsletter.from_address)[0]
    envelope = Envelope(sender, recipient, smtputf8 or not message.isascii())
    outcomes: list[Outcome] = []
    for server in servers_of(settings):
        outcome = context.transport(server, envelope, message)
        LOG.debug("%s: %s", server, without_recipient(reason_of(outcome), to, recipient))
        if not may_try_again(outcome):
            return outcome
        outcomes.append(outcome)
    return _together(outcomes)


def accepted(outcome: Outcome) -> Reply | None:
    """Return the reply with which a server accepted the message; None if none did."""
    if isinstance(outcome, Replied) and outcome.stage is Stage.ENDED and 200 <= outcome.reply.code < 300:
        return outcome.reply
    return None


def reason_of(outcome: Outcome) -> str:
    """Return for people what a server replied, or why there was no reply."""
    return describe(outcome.reply) if isinstance(outcome, Replied) else outcome.reason


def without_reply(outcome: NotSent | NoReply) -> MailServerError:
    """Return the error to raise if no server replied about the message."""
    reason = outcome.reason.rstrip(".")
    if isinstance(outcome, NoReply):
        return MailServerError(
            f"Whether the message arrived is unknown: {reason}.", "Look into the mailbox before you send it again."
        )
    return MailServerError(f"No mail server could be reached: {reason}.", outcome.remedy or REMEDY)


def may_try_again(outcome: Outcome) -> bool:
    """Whether no server has the message, and another server or a later attempt may accept it."""
    if isinstance(outcome, NoReply):
        return False
    return isinstance(outcome, NotSent) or 400 <= outcome.reply.code < 500


def _together(outcomes: list[Outcome]) -> Outcome:
    """Return one outcome for all servers: the last reply about the message, else the reasons why there was none."""
    answers = [outcome for outcome in outcomes if isinstance(outcome, Replied)]
    if answers:
        return answers[-1]
    failures = [outcome for outcome in outcomes if isinstance(outcome, NotSent)]
    reasons = "; ".join(failure.reason.rstrip(".") for failure in failures)
    remedies = " ".join(dict.fromkeys(failure.remedy or REMEDY for failure in failures))
    return NotSent(reasons, fatal=all(failure.fatal for failure in failures), remedy=remedies)

"""A test send: the real bytes to one address. Never a delivery: no row, no claim, no count."""

from __future__ import annotations

from digest.errors import DigestError, MailServerError, UsageError
from digest.mail.message.dkim import signer_of
from digest.mail.smtp.classify_reply import Answered, NotBegun
from digest.mail.smtp.connection import Connection, open_connection
from digest.mail.smtp.transaction import Envelope
from digest.model import AuditEvent, Reply
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition, sample_addressing, sample_template
from digest.steps.editing.render_edition import Letters
from digest.steps.mail_setup import servers_of
from digest.store import audit
from digest.subscribers.email_addresses import BadAddress, envelope_form, parse_address

_REMEDY = "See [smtp] in digest.toml."


def send_trial(context: Context, week: str, to: str, *, by: str, language: str = "") -> Reply:
    """Send the edition as it stands to `to`, as a subscriber of `language` gets it; returns the server's answer.

    Raises UsageError for an address that is none, MailServerError when no server talks to us, and DigestError when the
    server refuses the message.
    """
    address = parse_address(to)
    if isinstance(address, BadAddress):
        raise UsageError(f"{to!r} is not an address: {address.reason}", "Write one such as editor@example.org.")
    row, edition = load_edition(context, week)
    settings = context.settings
    letters = Letters(settings, edition)
    made = sample_template(letters, row, letters.mail(language=language))
    message = made.fill(sample_addressing(settings, week, to))
    signer = signer_of(settings)
    if signer is not None:
        message = signer.sign(message) + message
    recipient, smtputf8 = envelope_form(to)
    sender = envelope_form(settings.newsletter.from_address)[0]
    connection = _open(context)
    try:
        outcome = connection.send(Envelope(sender, recipient, smtputf8 or not message.isascii()), message)
    finally:
        connection.close()
    if not isinstance(outcome, Answered):
        remedy = outcome.remedy if isinstance(outcome, NotBegun) else ""
        raise MailServerError(f"The test was not sent: {outcome.reason.rstrip('.')}.", remedy or _REMEDY)
    with context.store.writing() as connection_to_store:
        detail = {"revision": row.revision, "code": outcome.reply.code}
        audit.record(connection_to_store, AuditEvent.TEST_SENT, at=context.clock(), by=by, week=week, detail=detail)
    if not 200 <= outcome.reply.code < 300:
        said = f"{outcome.reply.code} {outcome.reply.enhanced} {outcome.reply.text}".strip()
        raise DigestError(f"The mail server refused the test to {to}: {said}.", "Its answer says why.")
    return outcome.reply


def _open(context: Context) -> Connection:
    """A connection to the first server that talks to us. Raises MailServerError."""
    failures = []
    for server in servers_of(context.settings):
        opened = open_connection(server)
        if isinstance(opened, Connection):
            return opened
        failures.append(opened)
    reasons = "; ".join(failure.reason.rstrip(".") for failure in failures)
    remedies = " ".join(dict.fromkeys(failure.remedy or _REMEDY for failure in failures))
    raise MailServerError(f"No mail server talks to us: {reasons}.", remedies)

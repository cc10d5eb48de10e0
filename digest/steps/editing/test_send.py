"""Send an edition's real bytes to one address, as a test. It is no delivery: it has no row and is not counted."""

from __future__ import annotations

from digest.errors import DigestError, UsageError
from digest.mail.smtp.classify_reply import Replied, describe
from digest.model import AuditEvent, Reply
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition, sample_addressing, sample_template
from digest.steps.editing.render_edition import EditionRenderer
from digest.steps.send_now import accepted, send_now, without_reply
from digest.store import audit
from digest.subscribers.email_addresses import BadAddress, parse_address
from digest.week import Week


def send_test(context: Context, week: Week, to: str, *, by: str, language: str = "") -> Reply:
    """Send the edition in its present state to `to`, as a subscriber of `language` gets it; return the server's reply.

    Raises UsageError for an invalid address, MailServerError when no server replies about the message, and
    DigestError when a server rejects it.
    """
    address = parse_address(to)
    if isinstance(address, BadAddress):
        raise UsageError(f"{to!r} is not an address: {address.reason}", "Write one such as editor@example.org.")
    row, edition = load_edition(context, week)
    renderer = EditionRenderer(context.settings, edition)
    template = sample_template(renderer, renderer.mail(language=language))
    outcome = send_now(context, template.fill(sample_addressing(context.settings, week, context.clock(), to)), to)
    if not isinstance(outcome, Replied):
        raise without_reply(outcome)
    with context.store.writing() as connection:
        detail = {"revision": row.revision, "code": outcome.reply.code}
        audit.record(connection, AuditEvent.TEST_SENT, at=context.clock(), by=by, week=week, detail=detail)
    reply = accepted(outcome)
    if reply is None:
        raise DigestError(
            f"The mail server rejected the test to {to}: {describe(outcome.reply)}.", "The server's reply says why."
        )
    return reply

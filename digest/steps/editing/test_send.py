"""Send an edition's real bytes to a few addresses, as a test. It is no delivery: it has no row and is not counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.errors import DigestError, UsageError
from digest.mail.message.note_above import with_note
from digest.mail.smtp.classify_reply import Replied, describe
from digest.model import AuditEvent, EditionMail, Reply
from digest.steps.context import Context
from digest.steps.editing.as_subscriber import for_subscriber, number_of
from digest.steps.editing.edition_view import load_edition, require_month, sample_addressing, sample_template
from digest.steps.editing.render_edition import EditionRenderer
from digest.steps.send_now import accepted, send_now, without_reply
from digest.store import audit
from digest.subscribers.email_addresses import BadAddress, parse_address
from digest.week import Week

MOST_ADDRESSES = 20
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class TestSent:
    """What became of a test to one address."""

    __test__ = False  # no test of pytest's

    to: str
    reply: Reply | None = None  # with which a server accepted it
    problem: str = ""  # why it did not go out; "" where it did


def addresses_in(text: str) -> tuple[str, ...]:
    """Return the addresses that somebody typed, apart by commas, semicolons or lines. Raises UsageError."""
    addresses = tuple(dict.fromkeys(part.strip() for part in re.split(r"[,;\n\r]+", text) if part.strip()))
    if not addresses:
        raise UsageError("The test needs an e-mail address to go to.", "Write one, such as ada@example.org.")
    if len(addresses) > MOST_ADDRESSES:
        raise UsageError(
            f"A test goes to {MOST_ADDRESSES} addresses at most.", "An approved edition goes to everybody."
        )
    for address in addresses:
        parsed = parse_address(address)
        if isinstance(parsed, BadAddress):
            what = f"“{address[:80]}” is not an address: {parsed.reason} Nothing was sent."
            raise UsageError(what, "Write addresses such as ada@example.org, with commas between them.")
    return addresses


def send_tests(
    context: Context,
    week: Week,
    to: Sequence[str],
    *,
    by: str,
    language: str = "",
    note: str = "",
    as_email: str = "",
    monthly: bool = False,
) -> tuple[TestSent, ...]:
    """Send the edition in its present state to each address, and return what became of each.

    `note` stands above the mail. `as_email` is a subscriber whose themes, language and name it is made for; `monthly`
    is the mail of monthly subscribers. Raises UsageError if an address is none, or if no month goes with the edition;
    then nothing is sent.
    """
    addresses = addresses_in(",".join(to))
    made = _mail(context, week, language, note, as_email, by, monthly=monthly)
    sent = []
    for address in addresses:
        try:
            sent.append(TestSent(address, _send(context, week, address, made, by)))
        except DigestError as error:
            sent.append(TestSent(address, problem=f"{error.what} {error.remedy}".strip()))
    return tuple(sent)


@dataclass(frozen=True, slots=True)
class _Made:
    renderer: EditionRenderer
    mail: EditionMail
    revision: int
    name: str  # of the subscriber for whom it is made


def _mail(
    context: Context, week: Week, language: str, note: str, as_email: str, by: str, *, monthly: bool = False
) -> _Made:
    row, edition = load_edition(context, week)
    if monthly:
        require_month(edition)
    if monthly and as_email.strip():
        what = "A test has the monthly mail, or the one that a subscriber gets, not both."
        raise UsageError(what, "Choose one of them: a monthly subscriber gets the monthly mail.")
    if len(note) > LONGEST_NOTE:
        what = f"The note of a test has {LONGEST_NOTE:,} characters at most; this one has {len(note):,}."
        raise UsageError(what, "Shorten it.")
    if as_email.strip():
        made = for_subscriber(context, week, number_of(context, as_email.strip()))
        renderer, mail, name = made.renderer, made.rendered, made.subscriber.name
    else:
        renderer, name = EditionRenderer(context.settings, edition), ""
        mail = renderer.mail(language=language, monthly=monthly)
    return _Made(renderer, with_note(mail, note, by), row.revision, name)


def _send(context: Context, week: Week, to: str, made: _Made, by: str) -> Reply:
    template = sample_template(made.renderer, made.mail)
    message = template.fill(sample_addressing(context.settings, week, context.clock(), to, made.name))
    outcome = send_now(context, message, to)
    if not isinstance(outcome, Replied):
        raise without_reply(outcome)
    with context.store.writing() as connection:
        detail = {"revision": made.revision, "code": outcome.reply.code}
        audit.record(connection, AuditEvent.TEST_SENT, at=context.clock(), by=by, week=week, detail=detail)
    reply = accepted(outcome)
    if reply is None:
        raise DigestError(
            f"The mail server rejected the test to {to}: {describe(outcome.reply)}.", "The server's reply says why."
        )
    return reply

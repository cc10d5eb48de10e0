"""Send a correction: a follow-up with the editor's text, to exactly those who got an edition."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.mail.message.message_template import MessageTemplate, message_template, personal
from digest.model import AuditEvent, DeliveryCounts, Edition, EditionMail, Mailing
from digest.steps.context import Context
from digest.steps.editing.edition_view import sample_addressing
from digest.steps.editing.render_edition import EditionRenderer, correction_subject
from digest.steps.sending.sending_run import SendReport, deliver, finish, rehearsed
from digest.store import audit, corrections, deliveries, editions
from digest.store.corrections import CorrectionRow
from digest.week import Week


@dataclass(frozen=True)
class Correction:
    """A follow-up to an edition: the editor's text in the newsletter's design, rendered once per language."""

    mailing: Mailing
    edition: Edition
    renderer: EditionRenderer
    _templates: dict[str, MessageTemplate] = field(default_factory=dict)

    def template_for(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate:
        del themes, monthly  # a correction is the same for everybody who got the edition
        tag = self.renderer.catalogue.translations(language).language
        if tag not in self._templates:
            self._templates[tag] = message_template(self.mail(language), self.renderer.design, week=str(self.mailing))
        return self._templates[tag]

    def mail(self, language: str) -> EditionMail:
        """Return the mail for subscribers of `language`. Raises TemplateError."""
        mail = self.renderer.mail(language=language)
        if self.edition.subject:
            return mail
        translations = self.renderer.catalogue.translations(language)
        return replace(mail, subject=correction_subject(self.edition, self.renderer.design, translations))


def correct(
    context: Context, week: Week, text: str = "", *, subject: str = "", by: str = "", dry_run: bool = False
) -> SendReport:
    """Send `text` (Markdown) to exactly those who got the edition of `week` and still subscribe.

    Without a text, continue a correction that was interrupted. A dry run counts who would get it, shows the mail as
    plain text and stores nothing. Raises UsageError if there is no text or nobody to send it to, MailServerError if no
    mail server can be reached.
    """
    started = time.monotonic()
    with context.store.writing() as connection:
        row = _begin(context, connection, week, text.strip(), subject.strip(), by)
        correction = _load(context, connection, row)
        mailing = correction.mailing
        if dry_run:
            mail = correction.mail("")
            report = rehearsed(context, connection, mailing, correction, started)
            connection.rollback()
            text = personal(mail, sample_addressing(context.settings, mailing, row.at)).text
            return replace(report, preview=f"Subject: {mail.subject}\n\n{text}")
    tally = deliver(context, mailing, correction)
    return finish(context, mailing, tally, started)


def _begin(context: Context, connection: Connection, week: Week, text: str, subject: str, by: str) -> CorrectionRow:
    """Store the text and queue the deliveries, or return the correction that is not finished yet."""
    now = context.clock()
    last = corrections.latest(connection, week)
    counts = deliveries.counts(connection, last.mailing) if last else DeliveryCounts()
    if last and (counts.queued or counts.sending or counts.deferred):
        if text and text != last.text:
            raise UsageError(
                f"The correction {last.mailing} has not been sent to everyone yet.",
                f"Finish it with `digest correct {week}`, without a text; then send the next one.",
            )
        return last
    if last and text == last.text:
        return last  # the same text again: it has been sent already
    if not text:
        raise UsageError("A correction needs a text.", f"`digest correct {week} --file FILE` (Markdown), or --text.")
    row = CorrectionRow(week, last.number + 1 if last else 1, text, subject, by or "digest", now)
    if not deliveries.queue_correction(connection, Mailing(row.mailing.week), row.mailing, now=now):
        raise UsageError(f"Nobody got the edition {week}.", f"See `digest status {week}`.")
    corrections.add(connection, row)
    detail = {"name": str(row.mailing), "text": text, "subject": subject}
    audit.record(connection, AuditEvent.CORRECTION, at=now, by=row.by, week=week, detail=detail)
    return row


def _load(context: Context, connection: Connection, row: CorrectionRow) -> Correction:
    edition = editions.load(connection, row.week)
    if edition is None:
        raise UsageError(f"There is no edition {row.week}.", "See `digest status`.")
    corrected = replace(edition, sections=(), left_out=(), month=None, introduction=row.text, subject=row.subject)
    return Correction(row.mailing, corrected, EditionRenderer(context.settings, corrected, correction=True))

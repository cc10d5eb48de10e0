"""Editions that were sent, with their corrections: what the web archive shows."""

from __future__ import annotations

from dataclasses import dataclass

from digest.mail.rendering.design import design_of
from digest.model import Edition, EditionMail, EditionStatus
from digest.steps.context import Context
from digest.steps.editing.render_edition import EditionRenderer, correction_subject
from digest.store import approvals, corrections, editions
from digest.store.corrections import CorrectionRow
from digest.week import Week
from digest.words.catalogues import page_catalogue

_STATUSES = (EditionStatus.SENDING, EditionStatus.SENT)


@dataclass(frozen=True, slots=True)
class PublishedEdition:
    """An edition that was sent or is being sent."""

    edition: Edition
    mail: EditionMail  # as subscribers got it
    corrections: tuple[CorrectionRow, ...] = ()  # the oldest first; each has a subject


def published_weeks(context: Context) -> list[tuple[Week, int]]:
    """Return the weeks that `published` shows, oldest first, each with how many corrections it has."""
    with context.store.reading() as connection:
        weeks = sorted(row.week for row in editions.list_all(connection) if row.status in _STATUSES)
        counts = corrections.counts(connection)
    return [(week, counts.get(week, 0)) for week in weeks]


def published(context: Context) -> list[PublishedEdition]:
    """Return the editions that were sent or are being sent, oldest first, for the web archive."""
    design = design_of(context.settings)
    words = page_catalogue(context.settings).translations("")
    result = []
    with context.store.reading() as connection:
        weeks = sorted(row.week for row in editions.list_all(connection) if row.status in _STATUSES)
        loaded = [
            (editions.load(connection, week), approvals.sent_mail(connection, week), corrections.of(connection, week))
            for week in weeks
        ]
    for edition, mail, rows in loaded:
        if edition is None:
            continue
        with_subjects = tuple(row.with_subject(correction_subject(edition, design, words)) for row in rows)
        mail_shown = EditionRenderer(context.settings, edition, mail).mail_to_show
        result.append(PublishedEdition(edition, mail_shown, with_subjects))
    return result

"""Verify before sending that an edition is still exactly what was approved: render it again, compare fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.errors import ApprovalError
from digest.mail.message.message_template import MessageTemplate, message_template
from digest.model import Approval, AuditEvent, Edition, EditionStatus, Mailing
from digest.steps.composing.compose_month import is_month_current
from digest.steps.context import Context
from digest.steps.editing.edition_view import CHANGED, load_edition
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import approvals, audit, deliveries, editions
from digest.week import Week

_SENDABLE = (EditionStatus.APPROVED, EditionStatus.SENDING, EditionStatus.SENT)


@dataclass(frozen=True)
class ApprovedEdition:
    """An approved edition whose content is still exactly what was approved."""

    edition: Edition
    approval: Approval
    renderer: EditionRenderer
    _templates: dict[tuple[frozenset[str] | None, str, bool], MessageTemplate] = field(default_factory=dict)

    def template_for(self, themes: Iterable[str] = (), language: str = "", *, monthly: bool = False) -> MessageTemplate:
        """Return the template for subscribers of these themes (none: all) and this language ("": the newsletter's).

        `monthly` is that of monthly subscribers. It is rendered once for each set of themes, language and frequency.
        """
        month = self.edition.month if monthly else None
        section_themes = {section.theme for section in (month or self.edition).sections}
        theme_keys = frozenset(themes) & section_themes
        only = None if not theme_keys or theme_keys == section_themes else theme_keys
        audience = (only, self.renderer.catalogue.resolve(language), month is not None)
        if audience not in self._templates:
            rendered = self.renderer.mail(only, language, monthly=month is not None)
            self._templates[audience] = message_template(rendered, self.renderer.design, week=str(self.edition.week))
        return self._templates[audience]


def approved_edition(context: Context, week: Week) -> ApprovedEdition:
    """Return the approved edition. Raises ApprovalError if there is none, or if anything has changed since.

    A change voids the approval. An edition that was sent keeps its approval, but goes to no new subscribers.
    """
    row, edition = load_edition(context, week)
    with context.store.reading() as connection:
        approval = approvals.in_force(connection, week)
        voided = approvals.last_voided(connection, week)
        has_its_month = is_month_current(connection, context.settings, edition)
    if row.status not in _SENDABLE or approval is None:
        why = f" The last approval was voided: {voided}." if voided else ""
        raise ApprovalError(
            f"The edition {week} is not approved: it is {row.status.value}.{why}",
            f"Look at it with `digest preview`, then `digest approve {week}`.",
        )
    renderer = EditionRenderer(context.settings, edition)
    if not has_its_month or renderer.fingerprint != approval.fingerprint:
        if row.status is EditionStatus.SENT or row.sent_at is not None:
            raise ApprovalError(
                f"The edition {week} was sent, and its mail would now be different: {CHANGED}.",
                "Nothing more of it is sent, unless the change is undone.",
            )
        _void(context, week)
        raise ApprovalError(
            f"The edition {week} is not what was approved: {CHANGED}.",
            f"Look at it again, then `digest approve {week}`.",
        )
    if row.started_at is None:
        with context.store.writing() as connection:
            editions.set_fields(connection, week, started_at=context.clock())
    return ApprovedEdition(edition, approval, renderer)


def _void(context: Context, week: Week) -> None:
    now = context.clock()
    with context.store.writing() as connection:
        approvals.void(connection, week, because=CHANGED, at=now)
        begun = deliveries.counts(connection, Mailing(week)).candidates > 0
        target = EditionStatus.HELD if begun else EditionStatus.DRAFT
        editions.move(connection, week, _SENDABLE, target)
        audit.record(
            connection, AuditEvent.APPROVAL_VOIDED, at=now, by="digest", week=week, detail={"because": CHANGED}
        )

"""Telling the editors that a draft is ready: once for each edition, with what needs their eye."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from digest.errors import DigestError
from digest.log import for_week
from digest.mail.message.notice import Notice
from digest.model import AuditEvent, Edition, EditionStatus
from digest.steps.collecting.source_health import SourceHealth, source_health
from digest.steps.context import Context
from digest.steps.send_notice import send_notice
from digest.store import audit

LOG = logging.getLogger(__name__)


def tell_editors(context: Context, edition: Edition, status: EditionStatus) -> int:
    """Write to `[newsletter] editors` that the draft waits; returns how many were told.

    A draft is announced once, and only where approval is required: what is sent by itself needs nobody. A mail server
    that refuses is reported and costs nothing else.
    """
    editors = context.settings.newsletter.editors
    if not editors or status is not EditionStatus.DRAFT:
        return 0
    now = context.clock()
    with context.store.writing() as connection:
        if any(row.what == AuditEvent.EDITORS_NOTIFIED for row in audit.trail(connection, edition.week, limit=10_000)):
            return 0
        detail = {"editors": len(editors), "revision": edition.revision}
        audit.record(connection, AuditEvent.EDITORS_NOTIFIED, at=now, by="digest", week=edition.week, detail=detail)
    health = source_health(context)
    told = 0
    for editor in editors:
        try:
            send_notice(
                context, Notice(editor, f"{edition.title} {edition.week} waits for you", note_text(edition, health))
            )
        except DigestError as error:
            for_week(LOG, edition.week).warning("An editor was not notified: %s", error.what)
        else:
            told += 1
    return told


def note_text(edition: Edition, health: Iterable[SourceHealth] = ()) -> str:
    """What the editors are told. Plain text, in paragraphs."""
    lines = [
        f"The draft of {edition.week} is composed: {len(edition.posts)} posts, {len(edition.left_out)} left out.",
        "",
        *(f"  {section.title}: {len(section.posts)}" for section in edition.sections),
        "",
        "Look at it, edit it and approve it on the desk (`digest preview`).",
        "Without your approval nothing is sent: no answer means no edition.",
    ]
    needy = [f"  {source.name}: {said}" for source in health if source.active and (said := _needs(source))]
    if needy:
        lines += ["", "Sources that need you:", "", *needy]
    return "\n".join(lines) + "\n"


def _needs(source: SourceHealth) -> str:
    """What a person should know of a source; "" where all is well."""
    if not source.advice or source.good_at is None:
        return source.advice
    return f"{source.advice} (last good visit: {source.good_at:%d %B %Y})"

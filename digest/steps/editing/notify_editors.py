"""A notifier: the mail to `[newsletter] editors` that a draft is ready, with the sources that need a look."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from email.utils import parseaddr

from digest.errors import DigestError
from digest.events import DraftReady, Event
from digest.log import for_week
from digest.mail.message.notice import Notice
from digest.model import AuditEvent, Edition
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.steps.send_notice import send_notice
from digest.store import audit, notifications

LOG = logging.getLogger(__name__)

DRAFT_READY = "draft ready"


def notify_editors(context: Context, event: Event) -> None:
    """Send each editor one notice for each draft. If no server accepts it, the next run tries again."""
    if not isinstance(event, DraftReady) or not context.settings.newsletter.editors:
        return
    edition, hasher = event.edition, hasher_of(context.settings)
    addresses = [parseaddr(editor)[1] for editor in context.settings.newsletter.editors]
    with context.store.reading() as connection:
        earlier = notifications.notified(connection, edition.week, DRAFT_READY)
    if notifications.EVERYBODY in earlier:
        return
    waiting = [address for address in addresses if earlier.isdisjoint(hasher.hashes(address.lower()))]
    if not waiting:
        return
    subject, text = f"{edition.title} {edition.week} waits for you", notice_text(edition, source_health(context))
    reached = []
    for address in waiting:
        try:
            send_notice(context, Notice(address, subject, text))
        except DigestError as error:
            for_week(LOG, edition.week).warning("An editor was not notified: %s", error.what)
        else:
            reached.append(hasher.hash(address.lower()))
    if not reached:
        return
    now = context.clock()
    with context.store.writing() as connection:
        already = notifications.notified(connection, edition.week, DRAFT_READY)
        notifications.record(connection, edition.week, DRAFT_READY, set(reached) - already, at=now)
        detail = {"editors": len(reached), "revision": edition.revision}
        audit.record(connection, AuditEvent.EDITORS_NOTIFIED, at=now, by="digest", week=edition.week, detail=detail)


def notice_text(edition: Edition, health: Iterable[SourceHealth] = ()) -> str:
    """Return the notice as plain text, in paragraphs."""
    lines = [
        f"The draft of {edition.week} is ready: {len(edition.posts)} posts, {len(edition.left_out)} left out.",
        "",
        *(f"  {section.title}: {len(section.posts)}" for section in edition.sections),
        "",
        "Read, edit and approve it on the desk (`digest preview`).",
        "Without your approval nothing is sent: no answer means no edition.",
    ]
    health = tuple(health)
    if cause := finding(health):
        lines += ["", cause]
    needy = [f"  {source.name}: {advice}" for source in health if source.active and (advice := _advice(source))]
    if needy:
        lines += ["", "Sources that need you:", "", *needy]
    return "\n".join(lines) + "\n"


def _advice(source: SourceHealth) -> str:
    """Return what an editor should know about a source; "" if nothing."""
    if not source.advice or source.good_at is None:
        return source.advice
    return f"{source.advice} (last good visit: {source.good_at:%d %B %Y})"

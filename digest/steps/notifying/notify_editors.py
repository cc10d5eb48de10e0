"""A notifier: mails to `[newsletter] editors`, each to each editor once, tried again until a server takes it.

    event ─▶ announcement ─▶ pending_notices ─▶ each editor who has not got it ─▶ notifications
                                   ▲                        │ all have it: dropped
                                   └── notify_again, every few minutes

A mail that became pointless (a draft that was approved meanwhile) or is a week old is dropped as well.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from digest.errors import DigestError
from digest.events import Event, SendingFinished
from digest.log import for_week
from digest.mail.message.notice import Notice
from digest.mail.rendering.notice_html import page_of_text
from digest.mailbox_syntax import split_mailbox
from digest.model import AuditEvent, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.steps.notifying.editor_links import editor_link
from digest.steps.notifying.editor_notices import LINK, SENT, Announcement, announcements
from digest.steps.send_notice import send_notice
from digest.store import audit, deliveries, editions, notifications, pending_notices
from digest.store.pending_notices import PendingNotice

LOG = logging.getLogger(__name__)

_NEWS = timedelta(days=2)  # a sent edition is news for so long
_STALE = timedelta(days=7)  # a mail that no server has taken for so long helps nobody
_PATH = "path"
_NO_BUTTON = "If the button does not work, copy this address into your browser:"


def notify_editors(context: Context, event: Event) -> None:
    """Send each editor one notice for each announcement of the event. What no server takes is tried again."""
    if context.settings.newsletter.editors:
        for announcement in announcements(context, event):
            _announce(context, announcement)


def notify_again(context: Context) -> None:
    """Send what no server has taken yet, and what a killed run did not come to announce. Call it every few minutes."""
    if not context.settings.newsletter.editors:
        return
    for event in _unannounced(context):
        notify_editors(context, event)
    now = context.clock()
    with context.store.reading() as connection:
        waiting = pending_notices.all_of(connection)
        rows = {notice.week: editions.find(connection, notice.week) for notice in waiting}
    for notice in waiting:
        row = rows[notice.week]
        status = row.status.value if row else ""
        is_old = notice.at is not None and now - notice.at > _STALE
        if is_old or notice.while_status not in ("", status):
            _drop(context, notice)
        else:
            _deliver(context, notice)


def _unannounced(context: Context) -> list[Event]:
    """Return that editions were sent whose run was killed before it could say so."""
    since = context.clock() - _NEWS
    with context.store.reading() as connection:
        rows = [row for row in editions.list_all(connection) if row.status is EditionStatus.SENT]
        fresh = [row.week for row in rows if row.sent_at is not None and row.sent_at > since]
        pending = {(notice.week, notice.event) for notice in pending_notices.all_of(connection)}
        return [
            SendingFinished(week, deliveries.counts(connection, Mailing(week)))
            for week in fresh
            if (week, SENT) not in pending and not notifications.notified(connection, week, SENT)
        ]


def _announce(context: Context, announcement: Announcement) -> None:
    """Keep the notice and send it, unless everybody has it."""
    with context.store.reading() as connection:
        earlier = notifications.notified(connection, announcement.week, announcement.event)
    if not _waiting(context, earlier):
        return
    notice = PendingNotice(
        announcement.week,
        announcement.event,
        announcement.subject,
        announcement.text(),
        {_PATH: announcement.path or f"/editions/{announcement.week}", **announcement.detail},
        announcement.while_status,
    )
    with context.store.writing() as connection:
        pending_notices.keep(connection, notice, at=context.clock())
    _deliver(context, notice)


def _waiting(context: Context, earlier: set[str]) -> list[str]:
    """Return the editors, as in the settings, who are not among the recipients of earlier tries."""
    if notifications.EVERYBODY in earlier:
        return []
    hasher = hasher_of(context.settings)
    editors = {split_mailbox(editor)[1].lower(): editor for editor in context.settings.newsletter.editors}
    return [editor for address, editor in editors.items() if earlier.isdisjoint(hasher.hashes(address))]


def _deliver(context: Context, notice: PendingNotice) -> None:
    """Send the notice to the editors who have not got it; drop it once all have."""
    week, hasher = notice.week, hasher_of(context.settings)
    with context.store.reading() as connection:
        waiting = _waiting(context, notifications.notified(connection, week, notice.event))
    reached = []
    for editor in waiting:
        address = split_mailbox(editor)[1]
        link = editor_link(context.settings, str(notice.detail.get(_PATH, "/")), editor)
        text = _with_link(notice.text, link)
        page = page_of_text(notice.subject, text, "Open the desk", link, _NO_BUTTON)
        try:
            send_notice(context, Notice(address, notice.subject, text, page=page))
        except DigestError as error:
            for_week(LOG, week).warning("An editor was not notified: %s", error.what)
        else:
            reached.append(hasher.hash(address.lower()))
    now = context.clock()
    with context.store.writing() as connection:
        already = notifications.notified(connection, week, notice.event)
        notifications.record(connection, week, notice.event, set(reached) - already, at=now)
        if reached:
            about = {key: value for key, value in notice.detail.items() if key != _PATH}
            detail = {"editors": len(reached), "event": notice.event, **about}
            audit.record(connection, AuditEvent.EDITORS_NOTIFIED, at=now, by="digest", week=week, detail=detail)
        if len(reached) == len(waiting):
            pending_notices.drop(connection, week, notice.event)


def _with_link(text: str, link: str) -> str:
    """Put an editor's own link where the text has a line for it; without one, leave the line out."""
    if link:
        return "\n".join(link if line == LINK else line for line in text.split("\n"))
    return text.replace(f"\n\n{LINK}\n", "\n")


def _drop(context: Context, notice: PendingNotice) -> None:
    with context.store.writing() as connection:
        pending_notices.drop(connection, notice.week, notice.event)

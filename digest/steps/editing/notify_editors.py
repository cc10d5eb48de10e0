"""A notifier: mails to `[newsletter] editors` about drafts, withdrawn posts, and bounces on hold."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from digest.errors import DigestError
from digest.events import BouncesOnHold, DraftReady, Event, PostWithdrawn
from digest.log import for_week
from digest.mail.message.notice import Notice
from digest.mailbox_syntax import split_mailbox
from digest.model import AuditEvent, BounceHold, Edition, EditionStatus
from digest.model.bounce import week_of_batch
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.steps.send_notice import send_notice
from digest.store import audit, editions, notifications
from digest.subscribers import hold_advice
from digest.week import Week

LOG = logging.getLogger(__name__)

DRAFT_READY = "draft ready"
_FAILED = "draft ready, failed"
"""Weeks with a row of this event have editors whom no server has taken the mail for: `notify_again` tries again."""


@dataclass(frozen=True, slots=True)
class _Announcement:
    """What each editor is sent once."""

    week: Week
    event: str  # its key in `notifications`, at most 32 characters
    subject: str
    text: Callable[[], str]
    detail: dict[str, Any]  # for the audit trail


def notify_editors(context: Context, event: Event) -> None:
    """Send each editor one notice for each draft, each set of withdrawn posts, and each group of bounces on hold.

    If no server accepts it, the next event of its kind tries again; about a draft, `notify_again` does so before.
    """
    if context.settings.newsletter.editors:
        for announcement in _announcements(context, event):
            everybody = _send_once(context, announcement)
            if announcement.event == DRAFT_READY:
                _keep_failure(context, announcement.week, everybody=everybody)


def notify_again(context: Context) -> None:
    """Send the notices about drafts that no server took, while the drafts still wait. Call it every few minutes."""
    with context.store.reading() as connection:
        weeks = notifications.weeks_with(connection, _FAILED)
        rows = {week: editions.find(connection, week) for week in weeks}
        waiting = [week for week, row in rows.items() if row is not None and row.status is EditionStatus.DRAFT]
        drafts = [edition for week in waiting if (edition := editions.load(connection, week)) is not None]
    for edition in drafts:
        notify_editors(context, DraftReady(edition))


def _keep_failure(context: Context, week: Week, *, everybody: bool) -> None:
    """Remember that editors of a draft have to be notified again, or that all are notified."""
    with context.store.reading() as connection:
        is_known = bool(notifications.notified(connection, week, _FAILED))
    if is_known is not everybody:
        return
    with context.store.writing() as connection:
        notifications.forget(connection, week, _FAILED)
        if not everybody:
            notifications.record(connection, week, _FAILED, ["somebody"], at=context.clock())


def _announcements(context: Context, event: Event) -> Iterator[_Announcement]:
    title = context.settings.newsletter.title
    if isinstance(event, DraftReady):
        edition = event.edition
        yield _Announcement(
            edition.week,
            DRAFT_READY,
            f"{edition.title} {edition.week} waits for you",
            lambda: notice_text(edition, source_health(context)),
            {"revision": edition.revision},
        )
    elif isinstance(event, PostWithdrawn):
        urls = sorted(post.url for post in event.posts)
        yield _Announcement(
            event.week,
            f"withdrawn {_short_hash(json.dumps(urls))}",
            f"{title} {event.week}: "
            + (f"{len(urls)} posts are no longer online" if len(urls) > 1 else "a post is no longer online"),
            lambda: withdrawn_text(event),
            {"withdrawn": urls},
        )
    elif isinstance(event, BouncesOnHold):
        for hold in event.holds:
            yield _Announcement(
                week_of_batch(hold.batch),
                f"on hold {_short_hash(f'{hold.batch} {hold.name}')}",
                f"{title} {hold.batch}: {hold.number} bounces wait for a decision",
                partial(hold_text, hold),
                {"on hold": hold.number},
            )


def _short_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _send_once(context: Context, announcement: _Announcement) -> bool:
    """Send the notice to the editors who have not got it; return whether all have it now."""
    week, hasher = announcement.week, hasher_of(context.settings)
    addresses = [split_mailbox(editor)[1] for editor in context.settings.newsletter.editors]
    with context.store.reading() as connection:
        earlier = notifications.notified(connection, week, announcement.event)
    if notifications.EVERYBODY in earlier:
        return True
    waiting = [address for address in addresses if earlier.isdisjoint(hasher.hashes(address.lower()))]
    if not waiting:
        return True
    text = announcement.text()
    reached = []
    for address in waiting:
        try:
            send_notice(context, Notice(address, announcement.subject, text))
        except DigestError as error:
            for_week(LOG, week).warning("An editor was not notified: %s", error.what)
        else:
            reached.append(hasher.hash(address.lower()))
    if not reached:
        return False
    now = context.clock()
    with context.store.writing() as connection:
        already = notifications.notified(connection, week, announcement.event)
        notifications.record(connection, week, announcement.event, set(reached) - already, at=now)
        detail = {"editors": len(reached), **announcement.detail}
        audit.record(connection, AuditEvent.EDITORS_NOTIFIED, at=now, by="digest", week=week, detail=detail)
    return len(reached) == len(waiting)


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


def withdrawn_text(event: PostWithdrawn) -> str:
    """Return the notice about withdrawn posts as plain text, in paragraphs."""
    several = len(event.posts) > 1
    lines = [f"{'These posts' if several else 'This post'} of {event.week} went offline after the approval:", ""]
    for post in event.posts:
        lines += [f"  {post.title}", f"  {post.url}", f"  {post.reason}", ""]
    if event.on_hold:
        them = "them" if several else "it"
        lines += ["The edition is held, and nothing is sent.", f"Drop {them} on the desk and approve again."]
    else:
        lines += [
            "The edition is sent as you approved it.",
            "To have such editions held instead, set [edition] hold_withdrawn = true.",
        ]
    return "\n".join(lines) + "\n"


def hold_text(hold: BounceHold) -> str:
    """Return the notice about bounces on hold as plain text, in paragraphs."""
    lines = [
        "So many messages came back alike that the cause is probably not the subscribers' addresses.",
        "Nobody was suppressed. Please pass this on to whoever runs Digest:",
        "",
        f"{hold_advice.describe(hold)}.",
        "",
        hold_advice.advice(hold),
    ]
    return "\n".join(lines) + "\n"


def _advice(source: SourceHealth) -> str:
    """Return what an editor should know about a source; "" if nothing."""
    if not source.advice or source.good_at is None:
        return source.advice
    return f"{source.advice} (last good visit: {source.good_at:%d %B %Y})"

"""What editors are mailed about each event. A line `LINK` stands where each editor's own link goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from digest.edition import month
from digest.events import (
    BouncesOnHold,
    DeadlineNear,
    DeadlinePassed,
    DraftReady,
    Event,
    FirstApproval,
    PostWithdrawn,
    SendingFinished,
    SendingStopped,
)
from digest.log import without_addresses
from digest.model import BounceHold, Edition, EditionStatus
from digest.model.bounce import week_of_batch
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.context import Context
from digest.steps.editing.deadline import deadline_of
from digest.steps.editing.mails_by_language import is_month_read
from digest.steps.sending.report import edition_report
from digest.steps.sending.report_files import as_text
from digest.store import editions
from digest.subscribers import hold_advice
from digest.text import plural
from digest.week import Week

LINK = "<link>"
DRAFT_READY, SENT = "draft ready", "sent"
_DRAFT = EditionStatus.DRAFT.value


@dataclass(frozen=True, slots=True)
class Announcement:
    """What each editor is sent once."""

    week: Week
    event: str  # its key in `notifications`, at most 32 characters
    subject: str
    text: Callable[[], str]
    detail: dict[str, Any]  # for the audit trail
    path: str = ""  # of the page that it links to; "" for the workbench
    while_status: str = ""  # pointless once the edition has another status; "" for always


def announcements(context: Context, event: Event) -> Iterator[Announcement]:
    """Yield what editors are mailed about an event; nothing for most."""
    title = context.settings.newsletter.title
    match event:
        case DraftReady(edition):
            subject = f"{edition.title} {edition.week} waits for you"
            text = partial(_draft_text, context, edition)
            yield Announcement(edition.week, DRAFT_READY, subject, text, {"revision": edition.revision}, "", _DRAFT)
        case DeadlineNear(edition):
            what = "goes out by itself" if event.sends and not event.obstacle else "still waits for you"
            subject = f"{edition.title} {edition.week} {what}"
            text = partial(deadline_text, context, event)
            detail = {"deadline": event.deadline.isoformat()}
            yield Announcement(edition.week, "deadline near", subject, text, detail, "", _DRAFT)
        case DeadlinePassed(edition):
            what = "was not approved by itself" if event.obstacle else "is approved, as nobody answered"
            subject = f"{edition.title} {edition.week} {what}"
            key, text = "deadline passed", partial(passed_text, event)
            yield Announcement(edition.week, key, subject, text, {"approved": not event.obstacle})
        case FirstApproval(week):
            key = f"first {_short_hash(event.by)}"
            subject = f"{title} {week} needs a second approval"
            yield Announcement(week, key, subject, partial(first_text, event), {"by": event.by}, "", _DRAFT)
        case PostWithdrawn(week):
            urls = sorted(post.url for post in event.posts)
            subject = f"{title} {week}: " + (
                f"{len(urls)} posts are no longer online" if len(urls) > 1 else "a post is no longer online"
            )
            key = f"withdrawn {_short_hash(json.dumps(urls))}"
            yield Announcement(week, key, subject, partial(withdrawn_text, event), {"withdrawn": urls})
        case BouncesOnHold(holds):
            for hold in holds:
                week, key = week_of_batch(hold.batch), f"on hold {_short_hash(f'{hold.batch} {hold.name}')}"
                subject = f"{title} {hold.batch}: {plural(hold.number, 'bounce waits', 'bounces wait')} for a decision"
                yield Announcement(week, key, subject, partial(hold_text, hold), {"on hold": hold.number})
        case SendingStopped(mailing, reason) if not event.requested:
            day = context.clock().astimezone(context.settings.newsletter.zone).date()
            key = f"stopped {_short_hash(f'{mailing} {reason} {day}')}"  # a server may fail on another day, too
            status = "" if mailing.correction else EditionStatus.SENDING.value
            subject = f"{title} {mailing}: sending has stopped"
            yield Announcement(mailing.week, key, subject, partial(stopped_text, event), {}, "", status)
        case SendingFinished(week):
            text = partial(_sent_text, context, week)
            yield Announcement(week, SENT, f"{title} {week} was sent", text, {}, f"/editions/{week}/report")


def _short_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _draft_text(context: Context, edition: Edition) -> str:
    with context.store.reading() as connection:
        row = editions.find(connection, edition.week)
        deadline = deadline_of(context, connection, row) if row else None
    rule, zone = context.settings.approval, context.settings.newsletter.zone
    until = f"{deadline.astimezone(zone):%A %d %B, %H:%M}" if deadline else ""
    sends = rule.no_answer == "send"
    health = source_health(context)
    monthly = is_month_read(context, edition)
    return notice_text(edition, health, until=until, sends=sends, second=rule.second, monthly=monthly)


def notice_text(
    edition: Edition,
    health: Iterable[SourceHealth] = (),
    *,
    until: str = "",
    sends: bool = False,
    second: bool = False,
    monthly: bool = False,
) -> str:
    """Return the notice about a draft as plain text, in paragraphs. `until` is its deadline, in words; `monthly`:
    somebody gets the month's mail."""
    lines = [
        f"The draft of {edition.week} is ready: {len(edition.posts)} posts, {len(edition.left_out)} left out.",
        "",
        *(f"  {section.title}: {len(section.posts)}" for section in edition.sections),
        "",
        *([f"{month.describe(edition)}. Look at their mail, too."] if edition.month and monthly else []),
        "Read, edit and approve it on the desk (`digest preview`).",
    ]
    if until and sends:
        lines += [f"If nobody answers until {until}, it goes out by itself. Hold or skip it to prevent that."]
    else:
        lines += ["Without your approval nothing is sent: no answer means no edition."]
        lines += [f"It should be answered until {until}."] if until else []
    lines += ["Two persons must approve it."] if second else []
    lines += ["", LINK]
    health = tuple(health)
    if cause := finding(health):
        lines += ["", cause]
    needy = [f"  {source.name}: {advice}" for source in health if source.active and (advice := _advice(source))]
    if needy:
        lines += ["", "Sources that need you:", "", *needy]
    return "\n".join(lines) + "\n"


def deadline_text(context: Context, event: DeadlineNear) -> str:
    """Return the reminder before a deadline as plain text, in paragraphs."""
    until = f"{event.deadline.astimezone(context.settings.newsletter.zone):%A %d %B, %H:%M}"
    lines = [f"Nobody has answered about the draft of {event.edition.week} yet. Its deadline is {until}."]
    if event.sends and not event.obstacle:
        lines += ["Then it is approved by itself and goes out as it is. Hold or skip it to prevent that."]
    elif event.sends:
        lines += [f"It will not go out by itself: {event.obstacle}."]
    else:
        lines += ["Without your approval nothing is sent."]
    return "\n".join([*lines, "", LINK, *_warning_lines(event.warnings)]) + "\n"


def passed_text(event: DeadlinePassed) -> str:
    """Return what happened at the deadline as plain text, in paragraphs."""
    week = event.edition.week
    if event.obstacle:
        lines = [f"Nobody answered about {week}, and it was not approved by itself: {event.obstacle}."]
        lines += ["Nothing is sent until somebody approves it."]
    else:
        lines = [f"Nobody answered about {week} until its deadline, so the digest has approved it by itself."]
        lines += ["It goes out at the next run, or at its time. “Hold” on the desk stops it."]
    return "\n".join([*lines, "", LINK, *_warning_lines(event.warnings)]) + "\n"


def _warning_lines(warnings: tuple[str, ...]) -> list[str]:
    return ["", "Warnings about the mail:", "", *(f"  {each}" for each in warnings)] if warnings else []


def first_text(event: FirstApproval) -> str:
    """Return that one of two persons has approved, as plain text."""
    lines = [
        f"{event.by} has approved {event.week}. Another person must approve it, too, before anything is sent.",
        "If anything is changed before that, both must look at it again.",
        "",
        LINK,
    ]
    return "\n".join(lines) + "\n"


def withdrawn_text(event: PostWithdrawn) -> str:
    """Return the notice about withdrawn posts as plain text, in paragraphs."""
    several, to_drop = len(event.posts) > 1, sum(not post.monthly for post in event.posts)
    what = f"These posts of {event.week} are" if several else f"This post of {event.week} is"
    lines = [f"{what} no longer online:", ""]
    for post in event.posts:
        where = " (in the monthly mail)" if post.monthly else ""
        lines += [f"  {post.title}{where}", f"  {post.url}", f"  {post.reason}", ""]
    if event.on_hold:
        them = "them" if to_drop > 1 else "it"
        lines += ["The edition is held, and nothing is sent.", f"Drop {them} on the desk and approve again."]
    else:
        lines += ["The edition is sent as you approved it."]
        lines += ["To have such editions held instead, set [edition] hold_withdrawn = true."] if to_drop else []
    if to_drop < len(event.posts):
        lines += ["What is in the monthly mail alone was sent before: it holds no edition, and cannot be dropped."]
    return "\n".join([*lines, "", LINK]) + "\n"


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


def stopped_text(event: SendingStopped) -> str:
    """Return the notice about a sending that has stopped as plain text, in paragraphs."""
    lines = [
        f"Sending {event.mailing} stopped before it was done: {without_addresses(event.reason).rstrip('.')}.",
        f"{event.counts.equation}.",
        "",
        *([without_addresses(event.remedy), ""] if event.remedy else []),
        "Nobody gets it twice: the next run goes on where this one stopped.",
        "",
        LINK,
    ]
    return "\n".join(lines) + "\n"


def _sent_text(context: Context, week: Week) -> str:
    return f"{as_text(edition_report(context, week), context.settings.newsletter.zone)}\n{LINK}\n"


def _advice(source: SourceHealth) -> str:
    """Return what an editor should know about a source; "" if nothing."""
    if not source.advice or source.good_at is None:
        return source.advice
    return f"{source.advice} (last good visit: {source.good_at:%d %B %Y})"

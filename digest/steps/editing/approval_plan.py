"""What an approval would do: who gets what, and when. The desk shows it, and refuses an approval of anything else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest.model import Approval, EditionStatus, Mailing, Severity
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.editing.edition_view import EditionView, load
from digest.steps.editing.render_edition import EditionRenderer
from digest.steps.editing.send_time import planned
from digest.store import deliveries, editions
from digest.store.recipients import Recipients, recipients
from digest.template_folders import default_folders, packaged_folder
from digest.text import plural
from digest.week import Week
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class ApprovalPlan:
    """What is approved, and what follows from it."""

    view: EditionView
    recipients: Recipients
    begun: bool  # some subscribers have it already
    languages: tuple[tuple[str, int], ...]  # name and number of subscribers, the newsletter's own first
    begins: datetime | None  # None: at once
    passed: datetime | None  # the editor's time, where it is over
    seconds: float  # how long sending takes, about
    measured: bool  # whether the last edition says so, rather than a guess
    few: str  # why this may be too little to send; "" for enough
    templates: tuple[str, ...]  # files of the operator's own; none means the packaged ones
    redirect_to: str  # all messages go there instead; "" for nowhere

    @property
    def posts(self) -> tuple[tuple[str, int], ...]:
        """How many posts each theme has."""
        return tuple((section.title, len(section.posts)) for section in self.view.edition.sections if section.posts)

    @property
    def mark(self) -> str:
        """A short hash of all that the approver sees; another one means that they have to look again."""
        warnings = sorted(each.message for each in self.view.findings if each.severity is not Severity.NOTE)
        promise = (
            self.view.row.revision,
            self.view.fingerprint,
            self.recipients.number,
            self.begins and self.begins.isoformat(),
            self.few,
            self.view.already_sent,
            self.redirect_to,
            warnings,
        )
        return hashlib.sha256(repr(promise).encode()).hexdigest()[:16]


def plan(context: Context, week: Week) -> ApprovalPlan:
    """Return what approving the edition now would do. Raises UsageError if there is no such edition."""
    view = load(context, week)
    return plan_for(context, view)


def plan_for(context: Context, view: EditionView) -> ApprovalPlan:
    settings, week, now = context.settings, view.row.week, context.clock()
    begins = planned(settings, view.row, Approval(week, view.row.revision, view.fingerprint, "", now))
    with context.store.reading() as connection:
        going = recipients(connection, Mailing(week), now=now, monthly=view.edition.month is not None)
        rate = _rate_of_the_last(connection, week)
    chosen = view.row.send_at
    return ApprovalPlan(
        view,
        going,
        view.counts.candidates > 0,
        _by_language(context, view, going),
        begins if begins > now else None,
        chosen if chosen is not None and chosen < now else None,
        sending_seconds(settings, going.number, rate),
        rate is not None,
        too_few(len(view.edition.posts), settings.approval.minimum_posts),
        _own_templates(settings),
        settings.smtp.redirect_to or "",
    )


def too_few(posts: int, minimum: int) -> str:
    """Say that an edition has so few posts that somebody should confirm it; "" where it has enough. Pure."""
    if posts == 0:
        return "This edition has no posts"
    if posts < minimum:
        return f"This edition has {plural(posts, 'post')}, fewer than the {minimum} of a usual one"
    return ""


def sending_seconds(settings: Settings, number: int, rate: float | None) -> float:
    """Return about how long so many messages take: at the last edition's rate, else a second for each message of a
    connection; never faster than the settings allow. Pure."""
    smtp = settings.smtp
    measured = rate or float(smtp.connections)
    return number / (min(measured, smtp.rate_per_second) if smtp.rate_per_second else measured)


_FEWEST, _SHORTEST = 20, timedelta(seconds=2)  # a smaller or shorter mailing says nothing about the next one's rate


def _rate_of_the_last(connection: Connection, week: Week) -> float | None:
    """Return how many messages a second the last edition was sent with; None where that is not known."""
    for row in editions.list_all(connection):
        if row.week == week or row.status is not EditionStatus.SENT or row.started_at is None or row.sent_at is None:
            continue
        sent, took = deliveries.counts(connection, Mailing(row.week)).sent, row.sent_at - row.started_at
        return sent / took.total_seconds() if sent >= _FEWEST and took >= _SHORTEST else None
    return None


def _by_language(context: Context, view: EditionView, going: Recipients) -> tuple[tuple[str, int], ...]:
    """Return how many get the mail in which language: the newsletter's own first, then by number."""
    catalogue = EditionRenderer(context.settings, view.edition).catalogue
    numbers: dict[str, int] = {}
    for language, number in going.languages.items():
        tag = catalogue.resolve(language)
        numbers[tag] = numbers.get(tag, 0) + number
    order = sorted(numbers, key=lambda tag: (tag != catalogue.default, -numbers[tag], tag))
    short = [tag.partition("-")[0] for tag in order]  # the region only where it tells two mails apart
    return tuple(
        (name_of(one if short.count(one) == 1 else tag), numbers[tag]) for tag, one in zip(order, short, strict=True)
    )


def _own_templates(settings: Settings) -> tuple[str, ...]:
    own = default_folders(settings)[0]
    if own == packaged_folder() or not own.is_dir():
        return ()
    return tuple(sorted(str(Path(path).relative_to(own)) for path in own.rglob("*") if path.is_file()))

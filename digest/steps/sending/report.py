"""What became of an edition: for the report page, its CSV file, and the mail to editors. Counts, and no addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.mail.smtp.plain_causes import in_plain_words
from digest.model import DeliveryCounts, Edition, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition
from digest.store import approvals, deliveries, editions, results
from digest.store.editions import EditionRow
from digest.store.results import DomainCount, Losses
from digest.week import Week

EARLIER = 8
"""Editions that this one is compared with."""
MOST_DOMAINS = 40
_GONE_OUT = (EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD)


@dataclass(frozen=True, slots=True)
class Answer:
    """What servers said of some mails at a domain."""

    words: str
    codes: str  # as the servers gave them: "550 5.1.1"; "" for none
    number: int


@dataclass(slots=True)
class DomainResult:
    """The mails to one domain."""

    domain: str
    numbers: Counter[str] = field(default_factory=Counter)  # by state, as in `DomainCount.state`
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(number for state, number in self.numbers.items() if state not in ("bounced", "on hold"))

    @property
    def troubles(self) -> int:
        return sum(self.numbers[state] for state in ("deferred", "failed", "uncertain", "bounced", "on hold"))

    def listed_answers(self) -> tuple[Answer, ...]:
        return tuple(Answer(words, codes, number) for (words, codes), number in self.answers.most_common())


@dataclass(frozen=True, slots=True)
class Result:
    """One edition's numbers."""

    week: Week
    counts: DeliveryCounts
    bounced: int  # came back as mail, later
    on_hold: int  # bounces that wait for an operator
    left: int
    complained: int
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.started_at and self.finished_at else None


@dataclass(frozen=True, slots=True)
class EditionReport:
    edition: Edition
    subject: str  # as it was approved
    status: EditionStatus
    result: Result
    approved_by: str
    approved_at: datetime | None
    domains: tuple[DomainResult, ...]  # those with troubles first, then the largest
    further: int  # domains that are not listed
    forgotten: int  # deliveries whose addresses were removed
    earlier: tuple[Result, ...]  # the oldest first


def edition_report(context: Context, week: Week) -> EditionReport:
    """Return what became of the edition. Raises UsageError if nothing of it was sent yet."""
    row, edition = load_edition(context, week)
    with context.store.reading() as connection:
        rows = [one for one in editions.list_all(connection) if one.week == week or _has_gone(connection, one)]
        result = _result(connection, row, rows)
        if not result.counts.candidates:
            raise UsageError(f"Nothing of {week} has been sent yet.", "Its report comes with the first mail.")
        approval, mail = approvals.in_force(connection, week), approvals.sent_mail(connection, week)
        before = [one for one in rows if one.week < week][:EARLIER]
        earlier = tuple(_result(connection, one, rows) for one in reversed(before))
        counted = [*results.by_domain(connection, Mailing(week)), *results.bounces_by_domain(connection, Mailing(week))]
    domains = gathered(counted)
    forgotten = next((one.total for one in domains if not one.domain), 0)
    named = [one for one in domains if one.domain]
    return EditionReport(
        edition,
        mail.subject if mail else edition.subject or edition.title,
        row.status,
        result,
        approval.by if approval else "",
        approval.at if approval else None,
        tuple(named[:MOST_DOMAINS]),
        max(0, len(named) - MOST_DOMAINS),
        forgotten,
        earlier,
    )


def gathered(counted: Iterable[DomainCount]) -> list[DomainResult]:
    """Sort counts by domain: those with troubles first, then the largest. Pure."""
    domains: dict[str, DomainResult] = {}
    for one in counted:
        domain = domains.setdefault(one.domain, DomainResult(one.domain))
        domain.numbers[one.state] += one.number
        if one.state in ("deferred", "failed", "uncertain", "bounced", "on hold"):
            codes = " ".join(part for part in (str(one.code) if one.code else "", one.enhanced) if part)
            domain.answers[in_plain_words(one.code, one.enhanced, one.text), codes] += one.number
    return sorted(domains.values(), key=lambda each: (-each.troubles, -each.total, each.domain))


def _has_gone(connection: Connection, row: EditionRow) -> bool:
    return row.status in _GONE_OUT and deliveries.is_queued(connection, Mailing(row.week))


def _result(connection: Connection, row: EditionRow, rows: list[EditionRow]) -> Result:
    mailing = Mailing(row.week)
    later = [one.started_at for one in rows if one.week > row.week and one.started_at is not None]
    lost = Losses(0, 0)
    if row.started_at is not None:
        lost = results.losses(connection, mailing, since=row.started_at, until=min(later, default=None))
    came_back = Counter[str]()
    for one in results.bounces_by_domain(connection, mailing):
        came_back[one.state] += one.number
    return Result(
        row.week,
        deliveries.counts(connection, mailing),
        came_back["bounced"],
        came_back["on hold"],
        lost.left,
        lost.complained,
        row.started_at,
        row.sent_at,
    )

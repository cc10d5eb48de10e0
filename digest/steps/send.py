"""Sending an approved edition: who gets it is fixed once, then the outbox works through the ledger."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.errors import ApprovalError, DigestError, MailServerError, UsageError
from digest.mail.escape import clean
from digest.mail.message import MessageIds, Mould, mould
from digest.mail.outbox import Outbox, Rules, Tally
from digest.mail.reply import BackOff
from digest.model import Approval, DeliveryCounts, Edition, EditionStatus
from digest.steps.approve import hold
from digest.steps.approved import Approved, approved_edition
from digest.steps.context import Context
from digest.steps.letters import Letters
from digest.steps.posting import Moulds, crew_for, letters
from digest.steps.status import overdue_since
from digest.steps.withdrawn import is_fresh, look_again
from digest.steps.witness import attest
from digest.store import claims, deliveries, editions, leases
from digest.store.ledger import Ledger

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SendReport:
    """`digest send`. The counts are those of the whole edition, over all runs; the seconds are this run's."""

    week: str
    sent: int
    deferred: int
    failed: int
    uncertain: int
    suppressed: int
    queued: int
    seconds: float
    stopped: str = ""  # why this run ended before its work was done; "" for none


_CORRECTION = "correction"


def send(
    context: Context, week: str, *, dry_run: bool = False, limit: int | None = None, asked: bool = True
) -> SendReport:
    """Send the approved edition of `week`, or go on where sending stopped.

    `asked` says that a person named this week: otherwise an edition whose time was long ago (`latest_hours`) is neither
    begun nor gone on with. Raises ApprovalError when it is not approved or too late, UsageError when there is nobody to
    send it to, MailServerError (exit 3) when the mail server cannot be reached: what was not sent stays queued.
    """
    started = time.monotonic()
    if _is_done(context, week):
        return _finish(context, week, Tally(), started)
    approved = approved_edition(context, week)
    if not asked:
        _refuse_late(context, week, approved.approval)
    if dry_run:
        return _dry_run(context, week, approved, started)
    _hold_withdrawn(context, approved)
    with context.store.writing() as connection:
        if not deliveries.is_queued(connection, week):
            queued = deliveries.queue(connection, week, now=context.clock())
            if not queued:
                raise UsageError(
                    f"The edition {week} has nobody to go to: there are no active subscribers.",
                    "Import some with `digest subscribers import subscribers.csv`.",
                )
            context.report(f"{week}: {queued} deliveries queued.")
        editions.move(connection, week, [EditionStatus.APPROVED], EditionStatus.SENDING)
    tally = deliver(context, week, approved, limit=limit)
    return _finish(context, week, tally, started)


def _hold_withdrawn(context: Context, approved: Approved) -> None:
    """Before the first mail of an edition that was not approved just now: are its posts still there?"""
    with context.store.reading() as connection:
        begun = deliveries.is_queued(connection, approved.edition.week)
    if begun or is_fresh(context, approved.approval):
        return
    try:
        look_again(context, approved.edition, moment="before sending")
    except ApprovalError:
        hold(context, approved.edition.week, by="digest")
        raise


def _is_done(context: Context, week: str) -> bool:
    """Whether the edition was sent and nothing of it waits: what changed since then changes no mail."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        counts = deliveries.counts(connection, week)
    return (
        row is not None
        and row.status is EditionStatus.SENT
        and not (counts.queued or counts.sending or counts.deferred)
    )


def _refuse_late(context: Context, week: str, approval: Approval) -> None:
    """An edition that should have gone out long ago (a machine restored from a backup) waits for a person."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        late = overdue_since(context, connection, row, approval) if row else None
    if row is None or late is None:
        return
    begun = row.status is EditionStatus.SENDING
    hours = context.settings.schedule.latest_hours
    raise ApprovalError(
        f"The edition {week} should have "
        + ("gone on being sent after" if begun else "been sent at")
        + f" {late:%Y-%m-%d %H:%M} UTC, over {hours} hours ago.",
        f"`digest send {week}` sends {'the rest' if begun else 'it'} all the same; "
        + (
            f"`digest deliveries restored {week}` first, if this is a backup."
            if begun
            else f"`digest skip {week}` lets it be."
        ),
    )


@dataclass(frozen=True)
class Correction:
    """A follow-up to an edition: the editor's words in the newsletter's own dress, rendered once per language."""

    name: str  # under which its deliveries are kept: "2019-W12+1"
    edition: Edition
    date: datetime
    letters: Letters
    _moulds: dict[str, Mould] = field(default_factory=dict)

    def mould_for(self, themes: tuple[str, ...], language: str) -> Mould:
        del themes  # every reader gets all of it
        words = self.letters.languages.words(language)
        if words.language not in self._moulds:
            made = self.letters.mail(language=language)
            if not self.edition.subject:
                subject = words.text("correction", title=self.edition.title, week=self.edition.week)
                made = replace(made, subject=clean(subject))
            self._moulds[words.language] = mould(made, self.letters.look, week=self.name, date=self.date)
        return self._moulds[words.language]


def correct(context: Context, week: str, text: str = "", *, subject: str = "", by: str = "") -> SendReport:
    """Send `text` (Markdown) to exactly those who got the edition of `week` and still subscribe.

    Without a text, goes on with a correction that was interrupted. Raises UsageError when there is nothing to say or
    nobody to say it to, MailServerError when the mail server cannot be reached.
    """
    started = time.monotonic()
    name = _begin_correction(context, week, text.strip(), subject.strip(), by)
    correction = _load_correction(context, week, name)
    tally = deliver(context, name, correction)
    return _finish(context, name, tally, started)


def _begin_correction(context: Context, week: str, text: str, subject: str, by: str) -> str:
    """Keep the words and fix the audience, in one transaction; or find the correction that is under way."""
    now = context.clock()
    with context.store.writing() as connection:
        said = [row.detail for row in editions.trail(connection, week) if row.what == _CORRECTION]
        last = deliveries.counts(connection, said[0]["name"]) if said else DeliveryCounts()
        if last.queued or last.sending or last.deferred:
            if text and text != said[0]["text"]:
                raise UsageError(
                    f"The correction {said[0]['name']} is not sent to everyone yet.",
                    f"Finish it with `digest correct {week}`, without a text; then send the next one.",
                )
            return str(said[0]["name"])
        if said and text == said[0]["text"]:
            return str(said[0]["name"])  # the same words again: it has been sent
        if not text:
            raise UsageError("A correction needs words.", f"`digest correct {week} --file FILE` (Markdown), or --text.")
        name = f"{week}+{len(said) + 1}"
        if not deliveries.queue_correction(connection, week, name, now=now):
            raise UsageError(f"Nobody got the edition {week}.", f"See `digest status {week}`.")
        detail = {"name": name, "text": text, "subject": subject}
        editions.note(connection, at=now, by=by or "digest", what=_CORRECTION, week=week, detail=detail)
    return name


def _load_correction(context: Context, week: str, name: str) -> Correction:
    with context.store.reading() as connection:
        edition = editions.load(connection, week)
        kept = next(
            row for row in editions.trail(connection, week) if row.what == _CORRECTION and row.detail["name"] == name
        )
    if edition is None:
        raise UsageError(f"There is no edition {week}.", "See `digest status`.")
    words, subject = kept.detail["text"], kept.detail["subject"]
    corrected = replace(edition, sections=(), left_out=(), introduction=words, subject=subject)
    return Correction(name, corrected, kept.at, Letters(context.settings, corrected))


def deliver(context: Context, name: str, approved: Moulds, *, limit: int | None = None) -> Tally:
    """Work through the deliveries under `name` (a week, or a correction to one) until nothing is left to do now."""
    attest(context, name)
    smtp = context.settings.smtp
    back_off = BackOff(deadline=timedelta(hours=smtp.deadline_hours))
    now = context.clock()
    with context.store.writing() as connection:
        uncertain = claims.sweep(connection, name, now=now, is_dead=leases.is_dead)
        deliveries.give_up(connection, name, now=now, deadline=back_off.deadline)
    if uncertain:
        context.report(f"{name}: {uncertain} deliveries were interrupted and are uncertain; they are not sent again.")
    secret, domain = context.settings.secret_key, context.settings.newsletter.from_domain
    ledger = Ledger(
        context.store,
        name,
        by=leases.claimant(),
        clock=context.clock,
        # No lease may end while its conversation can still go on: opening, commands, and the end of the data.
        lease=timedelta(seconds=max(smtp.lease_seconds, 15 * smtp.timeout_seconds)),
        message_id=MessageIds(secret, name, domain),
        capped=smtp.per_domain,
    )
    with context.store.reading() as connection:
        waiting = deliveries.counts(connection, name).queued
        audiences = deliveries.audiences(connection, name, now=now) if waiting else []
    crew = crew_for(context.settings, approved, waiting=waiting, audiences=audiences)
    rules = Rules(smtp.rate_per_second, smtp.per_domain, back_off)
    outbox = Outbox(ledger, crew, rules=rules, clock=context.clock)
    with _drained_by_signals(outbox), _drained_when_held(context, name.partition("+")[0], outbox):
        tally = outbox.run(limit)
    with context.store.writing() as connection:
        # A sender that died just before us may have had its last claim committed after we looked.
        claims.sweep(connection, name, now=context.clock(), is_dead=leases.is_dead)
    return tally


def _dry_run(context: Context, week: str, approved: Moulds, started: float) -> SendReport:
    """The same path as far as the door: queue, count, make one letter for each audience; then take it all back."""
    with context.store.writing() as connection:
        if not deliveries.is_queued(connection, week):
            deliveries.queue(connection, week, now=context.clock())
        counts = deliveries.counts(connection, week)
        letter_for = letters(context.settings, approved)
        for claim in deliveries.audiences(connection, week, now=context.clock()):
            letter_for(claim)
        connection.rollback()
    return SendReport(
        week,
        counts.sent,
        counts.deferred,
        counts.failed,
        counts.uncertain,
        counts.suppressed,
        counts.queued,
        round(time.monotonic() - started, 2),
        "dry run: nothing was sent",
    )


def _finish(context: Context, week: str, tally: Tally, started: float) -> SendReport:
    now = context.clock()
    with context.store.writing() as connection:
        counts = deliveries.counts(connection, week)
        if not (counts.queued or counts.sending or counts.deferred) and editions.move(
            connection, week, [EditionStatus.SENDING], EditionStatus.SENT
        ):
            editions.set_fields(connection, week, sent_at=now)
        deliveries.forget_addresses(connection, before=now - timedelta(days=context.settings.store.retention_days))
    report = SendReport(
        week,
        counts.sent,
        counts.deferred,
        counts.failed,
        counts.uncertain,
        counts.suppressed,
        counts.queued + counts.sending,
        round(time.monotonic() - started, 2),
        tally.stopped,
    )
    if tally.unreachable:
        raise MailServerError(
            f"{tally.stopped}. {report.sent} sent, {report.queued} stay queued.",
            f"`digest send {week}`, or the next run, goes on where this one stopped.",
        )
    return report


@contextmanager
def _drained_when_held(context: Context, week: str, outbox: Outbox) -> Iterator[None]:
    """An editor who holds the edition stops it while it is being sent: within a second or two nothing more goes out."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_SECONDS):
            with suppress(DigestError), context.store.reading() as connection:  # the sender itself meets what is wrong
                row = editions.find(connection, week)
                if row is not None and row.status is EditionStatus.HELD:
                    outbox.drain()

    watcher = threading.Thread(target=watch, name="watch-for-hold", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextmanager
def _drained_by_signals(outbox: Outbox) -> Iterator[None]:
    """SIGTERM and SIGINT let what is under way finish, and leave the rest queued."""
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs us in a thread gets the signals
        return

    def drain(_number: int, _frame: object) -> None:
        outbox.drain()

    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, drain)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

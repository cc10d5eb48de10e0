"""Run all steps in one process, without Prefect: for cron, trials and the demo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from digest.edition.calendar import WeekState
from digest.edition.schedule import draft_of
from digest.events import DraftReady, EditionMissing
from digest.model import Edition, EditionStatus, SourceReport
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import ComposeReport, compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve_automatically
from digest.steps.editing.deadline import keep_deadlines
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.notifying.notify_editors import notify_again
from digest.steps.scheduled import Waits, reason_to_wait
from digest.steps.sending.send import send
from digest.steps.sending.sending_run import SendReport
from digest.steps.status import status as status_of
from digest.steps.unfinished import unfinished
from digest.steps.weeks import refuse_open, week_for
from digest.week import Week


@dataclass
class Timings:
    """Seconds per step, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - started, 2)


@dataclass(frozen=True, slots=True)
class RunReport:
    """`digest run`."""

    week: Week
    sources: tuple[SourceReport, ...]
    compose_report: ComposeReport
    status: EditionStatus
    send_report: SendReport | None  # None if there was nothing to send
    seconds: dict[str, float]


def announce(context: Context, edition: Edition, status: EditionStatus) -> None:
    """Emit the events of a run: a draft that waits for approval, and earlier weeks that have no edition."""
    if status is EditionStatus.DRAFT:
        context.emit(DraftReady(edition))
    for each in unfinished(context):
        if each.state is WeekState.MISSING:
            context.emit(EditionMissing(each.week))


def run(
    context: Context, week: Week | None = None, *, sending: bool = True, early: bool = False, due: bool = False
) -> RunReport | Waits:
    """Collect, compose, approve if settings allow it, and send what is approved. Resumes after an interruption.

    Without a `week`, a public holiday may say that the last closed one waits; with `due`, so do a draft that is there
    and a time that is to come. Raises UsageError for a week that has not closed, unless `early`.
    """
    name = week_for(context.settings, week, context.clock())
    refuse_open(context, name, early=early)
    if week is None and (waits := reason_to_wait(context, name, due=due)):
        return waits
    planned = draft_of(context.settings, name).at if due else None
    timings = Timings()
    with timings.step("collect"):
        sources = collect(context, week=name).sources
    with timings.step("compose"):
        composed = compose(context, name, early=early)
    status, send_report = composed.status, None
    with timings.step("approve"):
        if status is EditionStatus.DRAFT and approve_automatically(context, name, due=planned):
            status = EditionStatus.APPROVED
        announce(context, composed.edition, status)
        if sending and keep_deadlines(context):
            status = status_of(context, name).status or status
        notify_again(context)
    approved = status in (EditionStatus.APPROVED, EditionStatus.SENDING)
    if sending and approved and (week is not None or name in weeks_to_send(context)):
        with timings.step("send"):
            send_report = send(context, name, manual=week is not None, early=early)
        status = status_of(context, name).status or status
    return RunReport(name, sources, composed, status, send_report, timings.seconds)

"""How a run ends, as its state on Prefect's pages: a name for what happened, and a sentence.

`AwaitingApproval`, `NothingToSend`, `SentWithFailures` and `Skipped` are names of completed runs, so that they are no
alarm. A run that somebody should look at has failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from digest.errors import ApprovalError, DigestError
from digest.log import without_addresses
from digest.model import Edition, EditionStatus
from digest.steps.sending.sending_run import SendReport
from digest.text import plural
from digest.week import Week

AWAITING_APPROVAL = "AwaitingApproval"
NOTHING_TO_SEND = "NothingToSend"
SENT_WITH_FAILURES = "SentWithFailures"
SKIPPED = "Skipped"


def composed(edition: Edition, status: EditionStatus, then: str) -> State[str]:
    """Return the state of a weekly run that sends nothing. `then` is what happens next, as `digest status` says it."""
    week, posts = edition.week, len(edition.posts)
    match status:
        case EditionStatus.SKIPPED:
            return Completed(name=SKIPPED, message=f"{week} is skipped: no edition this week")
        case EditionStatus.SENT:
            return Completed(message=f"{week} was sent before")
        case _ if not posts:
            line = f"{week} has no posts; {len(edition.left_out)} were left out"
            return Completed(name=NOTHING_TO_SEND, message=line)
        case EditionStatus.DRAFT | EditionStatus.HELD:
            line = f"{week}: {plural(posts, 'post')}, revision {edition.revision}; {then}"
            return Completed(name=AWAITING_APPROVAL, message=line)
    return Completed(message=f"{week}: {plural(posts, 'post')}, approved; {then}")


def skipped(sentence: str) -> State[str]:
    """Return the state of a run that leaves its week to another, or to nobody."""
    return Completed(name=SKIPPED, message=sentence)


def sent(outcomes: Sequence[tuple[Week, SendReport | DigestError]]) -> State[str]:
    """Return the state of a run that has sent these editions. The worst of them decides."""
    if not outcomes:
        return Completed(name=NOTHING_TO_SEND, message="nothing to send")
    message = without_addresses("; ".join(f"{week}: {_line(outcome)}" for week, outcome in outcomes))
    errors = [outcome for _, outcome in outcomes if isinstance(outcome, DigestError)]
    if errors:
        waiting = all(isinstance(error, ApprovalError) for error in errors)
        return Failed(name=AWAITING_APPROVAL if waiting else "Failed", message=message)
    reports = [outcome for _, outcome in outcomes if isinstance(outcome, SendReport)]
    if all(report.busy for report in reports):
        return Completed(name=SKIPPED, message=message)
    if any(report.failed or report.uncertain for report in reports):
        return Completed(name=SENT_WITH_FAILURES, message=message)
    return Completed(message=message)


def _line(outcome: SendReport | DigestError) -> str:
    if isinstance(outcome, DigestError):
        return f"{outcome.what} {outcome.remedy}".strip()
    parts = [f"{outcome.sent} sent", f"{outcome.failed} failed"]
    parts += [f"{outcome.uncertain} uncertain"] if outcome.uncertain else []
    remaining = outcome.queued + outcome.deferred
    parts += [f"{remaining} to go"] if remaining else []
    return ", ".join(parts) + (f" ({outcome.stopped})" if outcome.stopped else "")

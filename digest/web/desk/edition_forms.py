"""The workbench's forms about the edition: introduction, subject, approve, hold, skip, schedule, test, send, retry."""

from __future__ import annotations

import re
from datetime import datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import ApprovalError, UsageError
from digest.model import EditionStatus, Finding, Mailing
from digest.steps.editing import approve, editor_changes
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.revisions_sent import already_sent
from digest.steps.editing.test_send import send_test
from digest.steps.editing.wake_prefect import wake
from digest.steps.sending.deliveries import retry as retry_deliveries
from digest.steps.sending.send import send as send_edition
from digest.web.desk import link_check_job
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import text_hash
from digest.web.desk.form_handling import FormHandler, field, form_endpoint, workbench_url
from digest.web.desk.formatting import plural
from digest.web.desk.week_in_path import week_of


def routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route(f"/editions/{{week}}/{verb}", form_endpoint(desk, handler), methods=["POST"])
        for verb, handler in _HANDLERS.items()
    ]


# --- Subject and introduction -----------------------------------------------------------------------------------------


def _introduction(desk: Desk, request: Request, form: FormData) -> Response:
    text = field(form, "introduction").replace("\r\n", "\n").strip()
    _refuse_conflict(desk, request, form, "introduction", text)
    editor_changes.write_introduction(desk.context, week_of(request), text, by=desk.editor_name(request))
    flash = "Introduction saved." if text else "Introduction removed."
    return desk.redirect(workbench_url(request, form, "words"), flash)


def _subject(desk: Desk, request: Request, form: FormData) -> Response:
    text = " ".join(field(form, "subject").split())
    _refuse_conflict(desk, request, form, "subject", text)
    editor_changes.write_subject(desk.context, week_of(request), text, by=desk.editor_name(request))
    flash = "Subject saved." if text else "The subject comes from the template again."
    return desk.redirect(workbench_url(request, form, "words"), flash)


def _refuse_conflict(desk: Desk, request: Request, form: FormData, name: str, text: str) -> None:
    """Raise ApprovalError if somebody else changed the field since the form was shown."""
    _, edition = load_edition(desk.context, week_of(request))
    current = str(getattr(edition, name))
    if field(form, "seen") != text_hash(current) and text != current:
        raise ApprovalError(
            f"Somebody else changed the {name} while you were writing.",
            f"It now says “{current or 'nothing'}”. Your text is below: save it again to replace theirs.",
        )


# --- Approving --------------------------------------------------------------------------------------------------------


def _approve(desk: Desk, request: Request, form: FormData) -> Response:
    week, revision = week_of(request), field(form, "revision")
    ticked, listed = field(form, "seen") == "yes", field(form, "warned").split()

    def is_accepted(warning: Finding) -> bool:
        """The tick is for the warnings on the page. A link check may have brought another one since."""
        return ticked and ("warned" not in form or text_hash(warning.message) in listed)

    link_check_job.wait(desk, week)
    approval = approve.approve(
        desk.context,
        week,
        by=desk.editor_name(request),
        revision=int(revision) if re.fullmatch(r"[0-9]{1,9}", revision) else -1,
        fingerprint=field(form, "fingerprint"),
        despite=is_accepted,
        waking=False,
    )
    already = already_sent(approve.sent_before(desk.context, approval), approval.revision, approval.fingerprint)
    sentences = (f"Revision {approval.revision} approved.", already, wake(desk.context, week))
    flash = " ".join(filter(None, sentences))
    return desk.redirect(workbench_url(request, form), flash)


def _links(desk: Desk, request: Request, form: FormData) -> Response:
    link_check_job.start(desk, week_of(request), by=desk.editor_name(request), again=True)
    return desk.redirect(workbench_url(request, form), "Checking the links.")


def _hold(desk: Desk, request: Request, form: FormData) -> Response:
    approve.hold(desk.context, week_of(request), by=desk.editor_name(request))
    return desk.redirect(workbench_url(request, form), "Edition held. Nothing is sent until you approve it again.")


def _skip(desk: Desk, request: Request, form: FormData) -> Response:
    approve.skip(desk.context, week_of(request), by=desk.editor_name(request), reason=field(form, "reason"))
    return desk.redirect(workbench_url(request, form), "Week skipped. Its posts may appear in the next edition.")


def _unskip(desk: Desk, request: Request, form: FormData) -> Response:
    approve.resume(desk.context, week_of(request), by=desk.editor_name(request))
    return desk.redirect(workbench_url(request, form), "The week is not skipped any more: its draft is back.")


# --- Sending ----------------------------------------------------------------------------------------------------------


def _schedule(desk: Desk, request: Request, form: FormData) -> Response:
    week, value = week_of(request), field(form, "at")
    moment = None
    if value:
        try:
            moment = datetime.fromisoformat(value).replace(tzinfo=desk.settings.newsletter.zone)
        except ValueError:
            raise UsageError(f"{value!r} is not a date and time.", "Write it like this: 2026-11-23T09:00.") from None
    editor_changes.schedule(desk.context, week, moment, by=desk.editor_name(request))
    flash = f"Scheduled for {moment:%A %d %B at %H:%M}, if approved by then." if moment else "No longer scheduled."
    return desk.redirect(workbench_url(request, form), flash)


def _test(desk: Desk, request: Request, form: FormData) -> Response:
    to = field(form, "to").strip()
    if "@" not in to:
        raise UsageError("The test needs an e-mail address to go to.", "Write one address, such as ada@example.org.")
    reply = send_test(desk.context, week_of(request), to, by=desk.editor_name(request))
    flash = f"Test sent to {to}. The mail server replied: {reply.code} {reply.text}."
    return desk.redirect(workbench_url(request, form), flash)


def _send(desk: Desk, request: Request, form: FormData) -> Response:
    week = week_of(request)
    view = load(desk.context, week)
    if view.status not in (EditionStatus.APPROVED, EditionStatus.SENDING) or view.approval is None:
        why = f" {view.voided[:1].upper()}{view.voided[1:]}." if view.voided else ""
        raise ApprovalError(f"The edition is not approved.{why}", "Look at it again, then approve it.")

    def work(job: Job) -> None:
        if desk.send is not None:
            desk.send(desk.context, week)
        else:
            send_edition(desk.context, week, stopping=lambda: job.stopping)

    started = desk.jobs.start(str(week), work)
    return desk.redirect(workbench_url(request, form), "Sending has started." if started else "Already being sent.")


def _retry(desk: Desk, request: Request, form: FormData) -> Response:
    mailing = Mailing(week_of(request))
    number = retry_deliveries(desk.context, mailing, by=desk.editor_name(request))
    queued = f"{plural(number, 'delivery', 'deliveries')} queued again. “Continue sending” sends them."
    return desk.redirect(workbench_url(request, form), queued if number else "There was nothing to try again.")


_HANDLERS: dict[str, FormHandler] = {
    "introduction": _introduction,
    "subject": _subject,
    "approve": _approve,
    "links": _links,
    "hold": _hold,
    "skip": _skip,
    "unskip": _unskip,
    "schedule": _schedule,
    "test": _test,
    "send": _send,
    "retry": _retry,
}

"""The workbench's forms about the edition besides its words and its approval: check links, test, send, retry."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import ApprovalError, MailServerError
from digest.model import EditionStatus, Mailing
from digest.steps.editing.edition_view import load
from digest.steps.editing.test_send import TestSent, addresses_in, send_tests
from digest.steps.sending.deliveries import retry as retry_deliveries
from digest.text import plural
from digest.web.desk import link_check_job, sending_job
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import FormHandler, field, form_endpoint
from digest.web.desk.week_in_path import week_of


def routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route(f"/editions/{{week}}/{verb}", form_endpoint(desk, handler), methods=["POST"])
        for verb, handler in _HANDLERS.items()
    ]


def _links(desk: Desk, request: Request, form: FormData) -> Response:
    link_check_job.start(desk, week_of(request), by=desk.editor_name(request), again=True)
    return answer(desk, request, form, "Checking the links.")


def _test(desk: Desk, request: Request, form: FormData) -> Response:
    to = addresses_in(field(form, "address") or field(form, "to"))
    week, by, note = week_of(request), desk.editor_name(request), field(form, "test_note").strip()
    monthly, as_email = field(form, "test_monthly") == "yes", field(form, "test_as")
    sent = send_tests(desk.context, week, to, by=by, note=note, as_email=as_email, monthly=monthly)
    verdicts = "\n".join(map(_verdict, sent))
    if any(each.problem for each in sent):  # what was typed stays, to be corrected or sent again
        raise MailServerError(verdicts)
    return answer(desk, request, form, verdicts)


def _verdict(sent: TestSent) -> str:
    if sent.reply is None:
        return f"No test went to {sent.to}: {sent.problem}"
    return f"Test sent to {sent.to}. The mail server replied: {sent.reply.code} {sent.reply.text.rstrip('.')}."


def _send(desk: Desk, request: Request, form: FormData) -> Response:
    week = week_of(request)
    view = load(desk.context, week)
    if view.status not in (EditionStatus.APPROVED, EditionStatus.SENDING) or view.approval is None:
        why = f" {view.voided[:1].upper()}{view.voided[1:]}." if view.voided else ""
        raise ApprovalError(f"The edition is not approved.{why}", "Look at it again, then approve it.")
    started = sending_job.start(desk, week)
    return answer(desk, request, form, "Sending has started." if started else "Already being sent.")


def _retry(desk: Desk, request: Request, form: FormData) -> Response:
    mailing = Mailing(week_of(request))
    number = retry_deliveries(desk.context, mailing, by=desk.editor_name(request))
    queued = f"{plural(number, 'delivery', 'deliveries')} queued again. “Continue sending” sends them."
    return answer(desk, request, form, queued if number else "There was nothing to try again.")


_HANDLERS: dict[str, FormHandler] = {"links": _links, "test": _test, "send": _send, "retry": _retry}

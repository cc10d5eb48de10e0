"""Approving: a panel that says who gets what and when, the approval of exactly that, and taking it back.

Also holding, skipping with a reason, the way back from both, and the time of sending.
"""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.change import Change, Verb
from digest.errors import ApprovalError, UsageError
from digest.model import Finding
from digest.steps.editing import approve
from digest.steps.editing.approval_plan import ApprovalPlan, plan
from digest.steps.editing.changes import change
from digest.steps.editing.chosen_time import chosen_moment, comes_twice
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.wake_prefect import wake
from digest.text import plural
from digest.web.desk import link_check_job, sending_job
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import text_hash
from digest.web.desk.form_handling import FormHandler, field, form_endpoint
from digest.web.desk.parts_answer import wants_parts
from digest.web.desk.typed_text import boxes
from digest.web.desk.week_in_path import week_of
from digest.web.desk.words_and_approval import begins_mark
from digest.web.desk.workbench import show

_LONGEST_REASON = 200


def routes(desk: Desk) -> list[BaseRoute]:
    def panel(request: Request) -> Response:
        return show(desk, request, week_of(request), sheet="approve")

    def fragment(request: Request) -> Response:
        """The panel alone, fresh, for one that is opened on a page that has been standing for a while."""
        return show(desk, request, week_of(request), template="workbench/_approve.html.j2")

    return [
        Route("/editions/{week}/approve", panel, methods=["GET"]),
        Route("/editions/{week}/approve/plan", fragment, methods=["GET"]),
        *(
            Route(f"/editions/{{week}}/{verb}", form_endpoint(desk, handler), methods=["POST"])
            for verb, handler in _HANDLERS.items()
        ),
    ]


def _refuse_unproven(desk: Desk, request: Request) -> None:
    """Two persons must approve: one could type two names. Raises ApprovalError."""
    person = desk.person(request)
    if desk.settings.approval.second and (person is None or not person.proven):
        raise ApprovalError(
            "Two persons must approve, and a name that was only typed proves nobody.",
            "Log in with a password of your own: [[desk.people]] in digest.toml.",
        )


def _approve(desk: Desk, request: Request, form: FormData) -> Response:
    week, revision = week_of(request), field(form, "revision")
    ticked = "yes" in (field(form, "ticked"), field(form, "seen"))
    listed = field(form, "warned").split()

    def is_accepted(warning: Finding) -> bool:
        """The tick is for the warnings on the page. A link check may have brought another one since."""
        return ticked and ("warned" not in form or text_hash(warning.message) in listed)

    _refuse_unproven(desk, request)
    link_check_job.wait(desk, week)
    now = plan(desk.context, week)
    _refuse_unapplied(desk, request)
    _refuse_other_plan(form, now)
    number = field(form, "subscribers")
    approval = approve.approve(
        desk.context,
        week,
        by=desk.editor_name(request),
        revision=int(revision) if re.fullmatch(r"[0-9]{1,9}", revision) else -1,
        fingerprint=field(form, "fingerprint"),
        despite=is_accepted,
        waking=False,
        subscribers=int(number) if re.fullmatch(r"[0-9]{1,9}", number) else None,
        cancel_seconds=desk.settings.desk.cancel_seconds,
        without_posts=field(form, "few") == "yes",
    )
    if approval.waits:
        return answer(desk, request, form, "Approved. Nothing is sent until another person has approved it, too.")
    sentences = [f"Approved for {plural(now.recipients.number, 'subscriber')}.", now.view.already_sent]
    _send_when_due(desk, request)
    return answer(desk, request, form, " ".join(filter(None, sentences)))


def _send_when_due(desk: Desk, request: Request) -> None:
    """Have Prefect send the edition at its time, else wait for it here. The page says when that is."""
    if not wake(desk.context, week_of(request)):
        sending_job.start_when_due(desk, week_of(request))


def _refuse_unapplied(desk: Desk, request: Request) -> None:
    _, edition = load_edition(desk.context, week_of(request))
    names = boxes(desk, request, edition).unapplied
    if names:
        raise ApprovalError(
            f"You have written something that the mail does not show: {', '.join(names)}.",
            "Save it, or throw it away, then approve.",
        )


def _refuse_other_plan(form: FormData, now: ApprovalPlan) -> None:
    """Refuse an approval of what the panel did not say."""
    if "begins" in form and field(form, "begins") != begins_mark(now):
        raise ApprovalError("It would go out at another time than you saw.", "Look at the new time, then approve.")
    if now.few and field(form, "few") != "yes":
        raise ApprovalError(f"{now.few}.", "Tick that you want to send it all the same, or skip the week.")


def _take_back(desk: Desk, request: Request, form: FormData) -> Response:
    approve.take_back(desk.context, week_of(request), by=desk.editor_name(request))
    return answer(desk, request, form, "Taken back. Nothing was sent.")


def _hold(desk: Desk, request: Request, form: FormData) -> Response:
    approve.hold(desk.context, week_of(request), by=desk.editor_name(request))
    return answer(desk, request, form, "Edition held. Nothing is sent until you approve it again.")


def _skip(desk: Desk, request: Request, form: FormData) -> Response:
    reason = " ".join((field(form, "skip_reason") or field(form, "reason")).split())[:_LONGEST_REASON]
    if not reason:
        raise UsageError("Why is there no edition this week?", "Write a few words; the history shows them.")
    approve.skip(desk.context, week_of(request), by=desk.editor_name(request), reason=reason)
    return answer(desk, request, form, "Week skipped. Its posts may appear in the next edition.")


def _resume(desk: Desk, request: Request, form: FormData) -> Response:
    approve.resume(desk.context, week_of(request), by=desk.editor_name(request))
    return answer(desk, request, form, "The edition is a draft again.")


def _schedule(desk: Desk, request: Request, form: FormData) -> Response:
    week, text, zone = week_of(request), field(form, "at"), desk.settings.newsletter.zone
    by, now = desk.editor_name(request), desk.context.clock()
    if field(form, "when") == "now":
        change(desk.context, week, Change(Verb.SCHEDULE, moment=now), by=by)
        return _panel_again(desk, request, form, "It goes out as soon as it is approved.")
    moment = chosen_moment(text, zone, now) if text.strip() else None
    change(desk.context, week, Change(Verb.SCHEDULE, moment=moment), by=by)
    if moment is None:
        return _panel_again(desk, request, form, "No time of its own any more.")
    local = moment.astimezone(zone)
    twice = " The clocks show this time twice that night: it is the first." if comes_twice(moment, zone) else ""
    flash = f"Goes out {local:%A} {local.day} {local:%B} at {local:%H:%M}, if approved by then.{twice}"
    return _panel_again(desk, request, form, flash)


def _panel_again(desk: Desk, request: Request, form: FormData, flash: str) -> Response:
    """Show the panel with the new time, where the editor goes on to approve."""
    if wants_parts(request):
        return answer(desk, request, form, flash)
    return desk.redirect(f"/editions/{week_of(request)}/approve", flash)


_HANDLERS: dict[str, FormHandler] = {
    "approve": _approve,
    "take-back": _take_back,
    "hold": _hold,
    "skip": _skip,
    "resume": _resume,
    "schedule": _schedule,
}

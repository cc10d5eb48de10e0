"""What the workbench's templates for words and approval show."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from starlette.requests import Request

from digest.edition import inbox_lines
from digest.model import EditionStatus
from digest.steps.editing import desk_data
from digest.steps.editing.approval_plan import ApprovalPlan, plan_for
from digest.steps.editing.approve import counts_down
from digest.steps.editing.edition_view import EditionView
from digest.steps.editing.send_time import planned
from digest.web.desk import sending_job
from digest.web.desk.desk import Desk
from digest.web.desk.typed_text import boxes

WORD_VERBS = ("words", "fill", "discard", "overrule", "subject", "preheader", "introduction")
"""Forms after which the words are shown anew, whatever has changed."""

_EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)


def writing_values(
    desk: Desk, request: Request, view: EditionView, typed: Mapping[str, str], opened: str
) -> dict[str, Any]:
    """Return the values. `typed` is what a form carried that could not be accepted."""
    values: dict[str, Any] = {"texts": boxes(desk, request, view.edition, typed, opened), "plan": None}
    if view.status not in _EDITABLE:
        return values | {"skip_reason": desk_data.skip_reason(desk.context, view.row.week)}
    plan = plan_for(desk.context, view)
    subject = view.edition.subject or view.rendered.subject
    values["inbox"] = {
        "subject": inbox_lines.SUBJECT,
        "preheader": inbox_lines.PREHEADER,
        "subjects": inbox_lines.subjects(view.edition),
        "preheaders": inbox_lines.preheaders(view.edition, subject),
    }
    values |= {"plan": plan, "begins_mark": begins_mark(plan), "cancel_seconds": desk.settings.desk.cancel_seconds}
    return values | _countdown(desk, view)


def begins_mark(plan: ApprovalPlan) -> str:
    """Return when the edition goes out, for the panel's form."""
    return plan.begins.isoformat() if plan.begins else "now"


def _countdown(desk: Desk, view: EditionView) -> dict[str, Any]:
    """Return when an approved edition goes out, and whether that is counted down on the page."""
    if view.approval is None or view.status is not EditionStatus.APPROVED:
        return {"counting": False, "due": None, "seconds_left": 0}
    due = planned(desk.settings, view.row, view.approval)
    left = (due - desk.context.clock()).total_seconds()
    return {
        "counting": left > 0 and counts_down(desk.context, view.row, view.approval),
        "due": due if left > 0 else None,
        "seconds_left": max(0, ceil(left)),
        "waits_here": sending_job.is_waiting(desk, view.row.week),
    }

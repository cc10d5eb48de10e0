"""What the templates of the workbench are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from digest.edition.editing.marks import mark
from digest.edition.preflight.content import EMPTY
from digest.errors import UsageError
from digest.mail.rendering.design import design_of
from digest.mail.rendering.flowed_text import unflowed
from digest.model import Edition, EditionStatus, Severity
from digest.steps.editing import audience, desk_data
from digest.steps.editing.as_subscriber import as_subscriber, number_in
from digest.steps.editing.changes import state_of, theme_titles
from digest.steps.editing.check_links import summary
from digest.steps.editing.edition_view import EditionView
from digest.steps.editing.revisions_sent import shares
from digest.web.desk.article_view import passages
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import text_hash, text_hashes
from digest.web.desk.mail_views import is_monthly
from digest.web.desk.outline import Outline, outline_of
from digest.web.desk.sending_progress import pace_text
from digest.web.desk.typed_text import boxes
from digest.web.desk.what_next import next_words
from digest.week import Week

VIEWS = {
    "desktop": "Desktop",
    "tablet": "Tablet",
    "phone": "Phone",
    "dark": "Dark",
    "images-off": "No images",
    "text": "Text",
}
EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)
VIEW_HEADER = "X-Digest-View"
_UNTYPED = dict.fromkeys(("introduction", "subject", "preheader", "to", "title", "note", "alt", "drop_reason"), "")


def edition_values(
    desk: Desk, request: Request, view: EditionView, check: Job | None, typed: Mapping[str, str]
) -> dict[str, Any]:
    """Return what bar, findings, words, mail and approval show."""
    return {
        "week": view.row.week,
        "view": view,
        "edition_row": view.row,
        "edition": view.edition,
        "unfolded": (),
        "next": _next(desk, view),
        "others": [],
        "sheet": "",
        "audience_change": _audience_change(desk, view),
        "typed": {**_UNTYPED, **typed},
        **link_values(view, check),
        **mail_values(desk, request, view),
        **_finding_values(view),
    }


def state_values(desk: Desk, request: Request, week: Week, edition: Edition) -> dict[str, Any]:
    """Return the outline, and the marks of what its forms change: `seen("title", post)`."""
    state = state_of(desk.context, week)

    def mark_of(verb: str, post: str = "", theme: str = "") -> str:
        return mark(state, verb, post, theme)

    return {
        "decisions": state.decisions,
        "arrangement": state.arrangement,
        "seen": mark_of,
        "outline": outline_of(edition, theme_titles(desk.settings), state.decisions),
        "texts": boxes(desk, request, edition),
        "view_name": _view_name(request),
        "typed": _UNTYPED,
    }


def panel_values(desk: Desk, outline: Outline, opened: str) -> dict[str, Any]:
    """Return what the panel of an opened post shows."""
    rows = outline.rows
    index = next((index for index, row in enumerate(rows) if row.post.id == opened), None)
    if index is None:
        return {"opened": "", "row": None, "article": None}
    row = rows[index]
    read = desk_data.article(desk.context, opened)
    return {
        "opened": opened,
        "row": row,
        "section": next(section for section in outline.sections if section.theme == row.theme),
        "before": rows[index - 1].post.id if index else "",
        "after": rows[index + 1].post.id if index + 1 < len(rows) else "",
        "article": passages(read.article, read.sentences, frozenset(row.post.offsets)) if read else None,
        "at_most": desk.settings.summary.sentences,
        "max_words": desk.settings.summary.max_words,
        "summary_words": sum(len(sentence.split()) for sentence in row.post.summary),
    }


def mail_values(desk: Desk, request: Request, view: EditionView, number: str = "") -> dict[str, Any]:
    """Choose the view of the mail that the request asks for, weekly or monthly, and its language, or the subscriber to
    see it as.

    A subscriber is named by a number, so that no address gets into a URL, the browser's history or a proxy's log.
    """
    tag, number = request.query_params.get("language", ""), number or request.query_params.get("as", "").strip()
    monthly = is_monthly(request) and not number and bool(view.month_mails)
    mails = view.month_mails if monthly else view.language_mails
    mail = next((each for each in mails if each.tag == tag), mails[0])
    query = {"monthly": "yes"} if monthly else {}
    query |= {"language": mail.tag} if mail is not mails[0] else {}
    shown_as, problem = None, ""
    if number:
        try:
            shown_as = as_subscriber(desk.context, view.row.week, number_in(number))
            query = {"as": number}
        except UsageError as error:
            problem = error.what
    return {
        "views": VIEWS,
        "pictures_url": design_of(desk.settings).picture_url("") if desk.settings.has_pictures else "",
        "view_name": _view_name(request),
        "monthly": monthly,
        "of_frequency": "&monthly=yes" if monthly else "",
        "mail": mail,
        "text": unflowed(shown_as.mail.text if shown_as else mail.rendered.text),
        "language": f"&{urlencode(query)}" if query else "",
        "as_id": number,
        "as_email": shown_as.email if shown_as else "",
        "as_why": shown_as.why if shown_as else "",
        "as_problem": problem,
    }


def link_values(view: EditionView, check: Job | None) -> dict[str, Any]:
    editable = view.status in EDITABLE
    return {
        "editable": editable,
        "awaits_approval": editable and view.approval is None,
        "links": view.links,
        "links_summary": summary(view.links),
        "check": check,
        "view_name": "desktop",
    }


def progress_values(desk: Desk, week: Week, *, fresh: bool = True) -> dict[str, Any]:
    """Return how far sending is. Without `fresh`, what another page has asked for a moment ago will do."""
    job = desk.jobs.latest(str(week))
    now, pace = desk.progress.read(week, fresh=fresh)
    going = now.status is EditionStatus.SENDING and not now.paused_by
    return {
        "now": now,
        "pace": pace_text(pace) if going else "",
        "shares": shares(now.revisions),
        "second_needed": desk.settings.approval.second,
        "job": job,
        "week": week,
    }


def _view_name(request: Request) -> str:
    name = request.query_params.get("view", "") or request.headers.get(VIEW_HEADER, "desktop")
    return name if name in VIEWS else "desktop"


def _next(desk: Desk, view: EditionView) -> str:
    return next_words(
        desk.context, view.row, view.approval, view.counts, subscribers=audience.now(desk.context, view.edition)
    )


def _audience_change(desk: Desk, view: EditionView) -> str:
    """Say whether the number of subscribers has jumped since the approval; nothing once deliveries are queued."""
    if view.approval is None or view.counts.candidates:
        return ""
    return audience.change(desk.context, view.row.week)


def _finding_values(view: EditionView) -> dict[str, Any]:
    warnings = [finding for finding in view.findings if finding.severity is Severity.WARNING]
    errors = [finding for finding in view.findings if finding.severity is Severity.ERROR]
    return {
        "warnings": warnings,
        "errors": errors,
        "blocking": [finding for finding in errors if finding.check != EMPTY],  # a tick of its own settles that one
        "hashes": {
            "warnings": text_hashes(finding.message for finding in warnings),
            "introduction": text_hash(view.edition.introduction),
            "subject": text_hash(view.edition.subject),
        },
    }

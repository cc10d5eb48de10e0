"""Answers with parts of the workbench, for a script that exchanges them.

A request says what its page shows with `X-Digest-Revision` and `X-Digest-View`. After a change, a page that sends
`X-Digest-Later: 1` gets at once what the edition itself says, such as lines and themes. The mail, and all that is known
only from the mail (findings, the approval), it asks for afterwards: the response then has `X-Digest-Later: 1`, too.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from digest.errors import DigestError, UsageError
from digest.model import Edition
from digest.steps.editing.changes import theme_titles
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.history import newest_change
from digest.web.desk.desk import Desk
from digest.web.desk.edition_parts import EVERYTHING, ChangedParts, changed_parts
from digest.web.desk.outline import Outline, outline_of
from digest.web.desk.typed_text import boxes
from digest.web.desk.words_and_approval import WORD_VERBS
from digest.web.desk.workbench_values import EDITABLE, panel_values, state_values
from digest.week import Week

PARTS_HEADER = "X-Digest-Parts"
REVISION_HEADER = "X-Digest-Revision"
LATER_HEADER = "X-Digest-Later"
_TEMPLATES = {"approve": "_approve_sheet", "panel": "_post_panel"}
_OF_THE_MAIL = ("bar", "state", "decided", "findings", "approve")  # known once the mail is rendered


def wants_parts(request: Request) -> bool:
    return request.headers.get(PARTS_HEADER, "") == "1"


def changes_for(desk: Desk, request: Request, edition: Edition, outline: Outline) -> ChangedParts:
    """Compare the present state with the one that the page shows."""
    revision = request.headers.get(REVISION_HEADER, "")
    if not re.fullmatch(r"[0-9]{1,9}", revision):
        return EVERYTHING
    try:
        _, old = load_edition(desk.context, edition.week, int(revision))
    except UsageError:
        return EVERYTHING
    return changed_parts((old, outline_of(old, theme_titles(desk.settings), {})), (edition, outline))


def parts_at_once(
    desk: Desk, request: Request, week: Week, *, opened: str, flash: str, undo: int = 0
) -> Response | None:
    """Answer a change without rendering the mail; None where that cannot be: then all parts are needed."""
    if request.headers.get(LATER_HEADER, "") != "1" or _verb(request) in WORD_VERBS:
        return None
    newest = newest_change(desk.context, week)  # before the edition: what happens meanwhile is asked for again
    row, edition = load_edition(desk.context, week)
    state = state_values(desk, request, week, edition)
    changed = changes_for(desk, request, edition, state["outline"])
    if not changed.mail or changed.words or row.status not in EDITABLE:
        return None
    values: dict[str, Any] = {
        **state,
        **panel_values(desk, state["outline"], opened),
        "texts": boxes(desk, request, edition, post=opened),
        "week": week,
        "edition_row": row,
        "editable": row.status in EDITABLE,
        "unfolded": (),
        "last_change": newest,
        "flash": flash,
        "undo": undo,
    }
    response = parts_response(desk, request, changed, values, opened=opened, later=True)
    response.headers[LATER_HEADER] = "1"
    return response


def parts_response(
    desk: Desk,
    request: Request,
    changed: ChangedParts,
    values: dict[str, Any],
    *,
    opened: str,
    status: int = 200,
    error: DigestError | None = None,
    later: bool = False,
) -> Response:
    """Render the parts that have changed; `later` leaves out those that need the mail."""
    names = ["mark", *(() if later else _OF_THE_MAIL)]
    if "flash" in values:  # a page that only asks for what is new keeps the message that it shows
        names.append("toast")
    locked = values["edition_row"].status not in EDITABLE  # sending may have begun on a page that could still be edited
    names += [name for name in ("words", "themes", "groups") if locked or getattr(changed, name)]
    if "words" not in names and (error or _verb(request) in WORD_VERBS):
        names.append("words")
    if values["opened"] or opened:  # a post that is in the edition no more has no panel
        names.append("panel")
    response = desk.page(
        request,
        "workbench/parts.html.j2",
        status=status,
        error=error,
        parts=[(f"#{name}", f"workbench/{_TEMPLATES.get(name, '_' + name)}.html.j2") for name in names],
        changed=changed,
        **values,
    )
    response.headers[PARTS_HEADER] = "1"
    return response


def _verb(request: Request) -> str:
    return request.url.path.rpartition("/")[2]

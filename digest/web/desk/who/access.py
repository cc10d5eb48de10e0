"""Which role each page and form needs. A test holds that every route of the desk has its row here."""

from __future__ import annotations

import re
from functools import cache

from starlette.routing import compile_path

from digest.web.desk.who.people import Role

_EDITION = "/editions/{week}"
_VIEWER, _EDITOR, _APPROVER = Role.VIEWER, Role.EDITOR, Role.APPROVER

# fmt: off
NEEDED: dict[tuple[str, str], Role | None] = {  # None: nobody has to be logged in
    ("GET", "/login"): None,
    ("POST", "/login"): None,
    ("GET", "/login/oidc"): None,
    ("GET", "/login/oidc/callback"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,  # digest/web/metrics_access.py decides
    ("GET", "/favicon.ico"): None,
    ("GET", "/static"): None,
    ("GET", "/archive/images"): None,  # of posts, for the frame with the mail: it has no origin, so it sends no cookie
    ("POST", "/logout"): _VIEWER,

    ("GET", "/"): _VIEWER,
    ("GET", _EDITION): _VIEWER,
    ("GET", f"{_EDITION}/email.{{kind}}"): _VIEWER,
    ("GET", f"{_EDITION}/view/{{name}}"): _VIEWER,
    ("GET", f"{_EDITION}/changes"): _VIEWER,
    ("GET", f"{_EDITION}/links"): _VIEWER,
    ("GET", f"{_EDITION}/mail"): _VIEWER,
    ("GET", f"{_EDITION}/posts/{{post}}"): _VIEWER,
    ("GET", f"{_EDITION}/progress"): _VIEWER,
    ("GET", f"{_EDITION}/approve"): _VIEWER,
    ("GET", f"{_EDITION}/approve/plan"): _VIEWER,
    ("GET", f"{_EDITION}/history"): _VIEWER,
    ("GET", f"{_EDITION}/history.{{kind}}"): _VIEWER,
    ("GET", f"{_EDITION}/report"): _VIEWER,
    ("GET", f"{_EDITION}/report.csv"): _VIEWER,
    ("GET", "/sources"): _VIEWER,
    ("GET", "/sources.opml"): _VIEWER,
    ("GET", "/sources/{name:path}"): _VIEWER,
    ("GET", "/subscribers"): _VIEWER,  # numbers
    ("GET", "/learned"): _VIEWER,
    ("GET", "/search"): _VIEWER,
    ("GET", f"{_EDITION}/suggestions/{{post}}"): _VIEWER,
    # Addresses of subscribers, and links that are theirs.
    ("GET", f"{_EDITION}/deliveries"): _EDITOR,
    ("GET", "/mailbox"): _EDITOR,
    ("GET", "/mailbox/{id}/email.{kind}"): _EDITOR,
    ("GET", "/mailbox/{id}"): _EDITOR,

    ("POST", "/sources/look"): _EDITOR,
    ("POST", "/sources/add"): _EDITOR,
    ("POST", "/sources/import"): _EDITOR,
    ("POST", "/sources/pause"): _EDITOR,
    ("POST", "/sources/resume"): _EDITOR,
    ("POST", "/sources/theme"): _EDITOR,
    ("POST", "/sources/selector"): _EDITOR,
    ("POST", "/sources/move"): _EDITOR,
    ("POST", "/learned/forget"): _EDITOR,
    ("POST", "/learned/remember"): _EDITOR,
    ("POST", f"{_EDITION}/add"): _EDITOR,
    ("POST", f"{_EDITION}/suggestions/{{post}}"): _EDITOR,
    ("POST", f"{_EDITION}/extracts/{{post}}"): _EDITOR,
    ("POST", f"{_EDITION}/posts/{{post}}/{{verb}}"): _EDITOR,
    ("POST", f"{_EDITION}/words"): _EDITOR,
    ("POST", f"{_EDITION}/subject"): _EDITOR,
    ("POST", f"{_EDITION}/preheader"): _EDITOR,
    ("POST", f"{_EDITION}/introduction"): _EDITOR,
    ("POST", f"{_EDITION}/fill"): _EDITOR,
    ("POST", f"{_EDITION}/overrule"): _EDITOR,
    ("POST", f"{_EDITION}/discard"): _EDITOR,
    ("POST", f"{_EDITION}/look"): _EDITOR,
    ("POST", f"{_EDITION}/as"): _EDITOR,
    ("POST", f"{_EDITION}/drafts"): _EDITOR,
    ("POST", f"{_EDITION}/themes"): _EDITOR,
    ("POST", f"{_EDITION}/undo"): _EDITOR,
    ("POST", f"{_EDITION}/restore"): _EDITOR,
    ("POST", f"{_EDITION}/links"): _EDITOR,
    ("POST", f"{_EDITION}/test"): _EDITOR,
    # Whoever sees a mistake may stop the mail; going on is an approver's.
    ("POST", f"{_EDITION}/hold"): _EDITOR,
    ("POST", f"{_EDITION}/take-back"): _EDITOR,
    ("POST", f"{_EDITION}/pause"): _EDITOR,
    ("POST", f"{_EDITION}/go-on"): _APPROVER,
    ("POST", f"{_EDITION}/approve"): _APPROVER,
    ("POST", f"{_EDITION}/resume"): _APPROVER,
    ("POST", f"{_EDITION}/schedule"): _APPROVER,
    ("POST", f"{_EDITION}/skip"): _APPROVER,
    ("POST", f"{_EDITION}/send"): _APPROVER,
    ("POST", f"{_EDITION}/retry"): _APPROVER,
}
# fmt: on


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], Role | None]]:
    return [(method, compile_path(path)[0], role) for (method, path), role in NEEDED.items()]


def needed(method: str, path: str) -> Role | None:
    """Return the role that a request needs; None if it is open to everybody.

    What the table does not name is a page for viewers (it does not exist), or a form for approvers.
    """
    method = "GET" if method in ("GET", "HEAD") else "POST"
    if path.startswith(("/static/", "/archive/images/")):
        return None
    for rule_method, pattern, role in _patterns():
        if rule_method == method and pattern.match(path):
            return role
    return Role.VIEWER if method == "GET" else Role.APPROVER

"""A visit that another site started, such as by the bookmarklet, begins again from here.

Its request has none of the desk's cookies, which are SameSite=Strict: the editor would have to log in again, and a page
that is open in another tab would lose its token. The page that is answered goes to the same address by itself; that
request has the cookies.
"""

from __future__ import annotations

from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_PATHS = ("/search",)


class FromElsewhere:
    """The middleware in front of the log-in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_look = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in _PATHS
        if is_look and Headers(scope=scope).get("sec-fetch-site") == "cross-site":
            await HTMLResponse(_page(scope))(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _page(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    address = escape(scope["path"] + (f"?{query}" if query else ""))
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Find or add a post</title>'
        f'<meta http-equiv="refresh" content="0; url={address}"></head>'
        f'<body><main><h1>Find or add a post</h1><p><a href="{address}">Go on</a></p></main></body></html>'
    )

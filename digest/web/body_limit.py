"""The limit on the size of a request body."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DIGITS = 18
"""Of a length; Python refuses to read thousands of them."""
_too_large = PlainTextResponse("The request is too large.\n", 413)


class BodyLimit:
    """Rejects a request whose body is larger than `max_bytes`, whether its length is announced or not.

    `larger` has the limits of paths that begin so.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int = 1_000_000, larger: Mapping[str, int] | None = None) -> None:
        self.app, self.max_bytes, self.larger = app, max_bytes, larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        most = next((limit for prefix, limit in self.larger.items() if path.startswith(prefix)), self.max_bytes)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > _DIGITS or int(length) > most:
            await _too_large(scope, receive, send)
            return
        received, started = 0, False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _TooLargeError
            return message

        async def send_watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive_counted, send_watched)
        except _TooLargeError:
            if not started:
                await _too_large(scope, receive, send)


class _TooLargeError(Exception):
    pass

"""`/editions/W/progress`: how far sending is, as a part of the workbench; where it is asked for, as a stream of events.

A stream is bounded: so many at a time, so many minutes each (the browser opens another), and it ends with the server.
Where no more are allowed, the page asks every other second instead, as it does without streams.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from digest.model import EditionStatus
from digest.steps.editing.edition_view import load_edition
from digest.web.desk.desk import Desk
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench_values import progress_values
from digest.week import Week

EVENTS = "text/event-stream"
MOST_STREAMS = 24
LONGEST = 300.0  # seconds of one stream
_TICK = 1.0  # seconds between two looks
_SILENCE = 15.0  # seconds until a line says that the stream lives: proxies close silent connections


class _Slots:
    """How many streams are open. They are opened and closed in the event loop, but counted for anybody."""

    def __init__(self, most: int) -> None:
        self._most, self._taken, self._lock = most, 0, threading.Lock()

    def take(self) -> bool:
        with self._lock:
            free = self._taken < self._most
            self._taken += free
            return free

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


class _Stream(StreamingResponse):
    """A response that gives its slot back however it ends: also if its client leaves before the first byte."""

    slots: _Slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.slots.give_back()


def routes(desk: Desk) -> list[BaseRoute]:
    slots = _Slots(MOST_STREAMS)

    async def progress(request: Request) -> Response:
        week = week_of(request)
        if EVENTS not in request.headers.get("accept", ""):
            return await run_in_threadpool(_part, desk, request, week)
        await run_in_threadpool(load_edition, desk.context, week)  # raises if there is no such edition
        if not slots.take():
            return PlainTextResponse("Too many pages watch. Ask again.", 503, headers={"Retry-After": "10"})
        stream = _Stream(_events(desk, request, week), media_type=EVENTS, headers={"X-Accel-Buffering": "no"})
        stream.slots = slots
        return stream

    return [Route("/editions/{week}/progress", progress)]


def _part(desk: Desk, request: Request, week: Week) -> Response:
    return desk.part(request, "workbench/_progress.html.j2", **progress_values(desk, week, fresh=False))


async def _events(desk: Desk, request: Request, week: Week) -> AsyncIterator[str]:
    """Yield the part whenever it has changed, until nothing moves any more."""
    ends = spoke = time.monotonic()
    ends += LONGEST
    latest = ""
    yield "retry: 1000\n\n"
    while not desk.closing() and time.monotonic() < ends:
        if await run_in_threadpool(desk.who.person, request) is None:
            return  # logged out meanwhile
        html, moving = await run_in_threadpool(_look, desk, request, week)
        now = time.monotonic()
        if html != latest:
            latest, spoke = html, now
            yield event("progress", html)
        elif now - spoke > _SILENCE:
            spoke = now
            yield ": still here\n\n"
        if not moving:
            yield event("end", "")  # the page asks now and then instead, and closes the stream
            return
        await asyncio.sleep(_TICK)


def _look(desk: Desk, request: Request, week: Week) -> tuple[str, bool]:
    values = progress_values(desk, week, fresh=False)
    html = desk.environment.get_template("workbench/_progress.html.j2").render(request=request, **values)
    job, now = values["job"], values["now"]
    return html, bool(job and job.running) or (now.status is EditionStatus.SENDING and not now.paused_by)


def event(name: str, data: str) -> str:
    """Write one event (HTML standard, section 9.2.6). Pure."""
    lines = data.splitlines() or [""]
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in lines) + "\n"

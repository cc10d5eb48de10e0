"""A web on loopback that does what the tests order: real sockets, correct behaviour only where ordered.

    with Web() as web:
        web.say("/feed", rss(Item("One")))
        …fetch web.url("/feed")…
        web.visits("/feed")

A path answers with a `Reply`, or with a function that writes raw bytes to the socket, slowly or not at all.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Visit:
    """One request as it came."""

    method: str
    target: str  # path and query
    headers: Mapping[str, str]  # names in lower case
    at: float  # seconds of the monotonic clock

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Reply:
    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""  # answers 304 to a request that names it


Writer = asyncio.StreamWriter
Handler = Callable[[Visit, Writer], Awaitable[None]]


class Web:
    """One server on 127.0.0.1, in a thread of its own."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        self._tls = tls
        self._address = address
        self._pages: dict[str, list[Reply | Handler]] = {}
        self._visits: list[Visit] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.open_now = 0
        self.most_at_once = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, self._address, 0, ssl=self._tls), self._loop
        ).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def stop() -> None:
            self._server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, path: str = "/", *, host: str = "") -> str:
        return f"{'https' if self._tls else 'http'}://{host or self._address}:{self.port}{path}"

    def say(self, path: str, *replies: Reply | Handler | str | bytes) -> str:
        """What a path answers: the replies in turn, the last one for ever. Returns the path's address."""
        self._pages[path] = [Reply(reply) if isinstance(reply, str | bytes) else reply for reply in replies]
        return self.url(path)

    def visits(self, path: str | None = None) -> list[Visit]:
        return [visit for visit in self._visits if path is None or visit.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            visit = await _read(reader)
            if visit is None:
                return
            self._visits.append(visit)
            answer = self._answer(visit)
            if isinstance(answer, Reply):
                write_reply(writer, answer, visit)
            else:
                await answer(visit, writer)
            await writer.drain()
        except ConnectionError:
            pass  # the other side has seen enough
        finally:
            self.open_now -= 1
            writer.close()

    def _answer(self, visit: Visit) -> Reply | Handler:
        page = self._pages.get(visit.target) or self._pages.get(visit.path)
        if not page:
            return Reply("nothing here", 404)
        return page.pop(0) if len(page) > 1 else page[0]


async def _read(reader: asyncio.StreamReader) -> Visit | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Visit(method, target, headers, asyncio.get_running_loop().time())


def write_reply(writer: Writer, reply: Reply, visit: Visit) -> None:
    if reply.etag and visit.headers.get("if-none-match") == reply.etag:
        writer.write(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
        return
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    headers = {"Content-Length": str(len(body)), "Connection": "close"}
    if reply.etag:
        headers["ETag"] = reply.etag
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **reply.headers}.items())
    writer.write(f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode("latin-1") + body)


def redirect(to: str, status: int = 301, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(b"", status, {"Location": to, **(headers or {})})


async def silence(_visit: Visit, _writer: Writer) -> None:
    """Accept the request and send nothing, for as long as the test lasts."""
    await asyncio.Event().wait()


async def hang_up(_visit: Visit, writer: Writer) -> None:
    """Closes the connection without an answer."""
    writer.transport.abort()


# --- Feeds ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    title: str
    link: str = ""
    guid: str = ""
    date: datetime | None = None
    html: str = "<p>Some words about it.</p>"
    extra: str = ""  # raw XML inside the item

    def xml(self) -> str:
        date = f"<pubDate>{format_datetime(self.date.astimezone(UTC))}</pubDate>" if self.date else ""
        link = f"<link>{escape(self.link)}</link>" if self.link else ""
        guid = f'<guid isPermaLink="false">{escape(self.guid)}</guid>' if self.guid else ""
        return (
            f"<item><title>{escape(self.title)}</title>{link}{guid}{date}"
            f"<description>{escape(self.html)}</description>{self.extra}</item>"
        )


def rss(*items: Item, title: str = "A blog", site: str = "", head: str = "") -> str:
    link = f"<link>{escape(site)}</link>" if site else ""
    body = "".join(item.xml() for item in items)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(title)}</title>{link}{head}'
        f"{body}</channel></rss>"
    )

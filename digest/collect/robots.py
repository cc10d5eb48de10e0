"""robots.txt (RFC 9309) for article pages. Feeds are made for programs and are asked for without it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from digest.collect import explain
from digest.collect.explain import FailureKind
from digest.collect.http import Client, Fetched

_LARGEST = 500_000
"""Bytes; RFC 9309 asks for at least 500 KiB."""
_ALLOW_ALL = Protego.parse("")
_ALLOW_NONE = Protego.parse("User-agent: *\nDisallow: /\n")


class Robots:
    """The rules of each site, asked for once per run."""

    def __init__(self, client: Client, user_agent: str) -> None:
        self._client = client
        self._name = user_agent.partition("/")[0].strip() or user_agent
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def refusal(self, url: str) -> str:
        """Why the page may not be read, for people; "" where it may."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._load(origin))
        rules = await self._rules[origin]
        if not rules.can_fetch(url, self._name):
            return explain.robots(parts.hostname or origin)
        delay = rules.crawl_delay(self._name)
        if delay:
            self._client.slow_down(url, float(delay))
        return ""

    async def _load(self, origin: str) -> Protego:
        result = await self._client.fetch(f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", limit=_LARGEST)
        if isinstance(result, Fetched):
            try:
                return Protego.parse(result.content.decode("utf-8-sig", "replace"))
            except ValueError:
                return _ALLOW_ALL
        kind = getattr(result, "kind", None)
        # Rules that exist but cannot be read now might forbid; a site without rules allows.
        return _ALLOW_NONE if kind in (FailureKind.SERVER, FailureKind.BUSY) else _ALLOW_ALL

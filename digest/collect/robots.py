"""robots.txt (RFC 9309) for article pages. Feeds are made for programs and are asked for without it.

The rules are read here and not by a library: those turn each rule into a regular expression, and a hostile site can
write one that runs for hours.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from digest.collect import explain_failure
from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed

_LARGEST = 500_000
"""Bytes; RFC 9309 asks for at least 500 KiB."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site asks of us: (pattern, allowed) pairs, and seconds between visits."""

    paths: tuple[tuple[str, bool], ...] = ()
    delay: float = 0.0

    def allow(self, target: str) -> bool:
        """Whether a path with its query may be visited: the longest pattern decides, and of equals the allowing one."""
        target = _normal(target)
        verdicts = [(len(pattern), allowed) for pattern, allowed in self.paths if _matches(pattern, target)]
        return max(verdicts)[1] if verdicts else True


ALLOW_ALL = Rules()
ALLOW_NONE = Rules((("/", False),))


def parse_robots(text: str, name: str) -> Rules:
    """The rules for a robot called `name`: of the groups that name it, else of those for everyone."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    in_rules = False
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            agents = [*([] if in_rules else agents), value.lower()]
            in_rules = False
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for agent in agents:
                groups[agent].append((key, value))
    ours = [rules for agent, rules in groups.items() if re.match(r"[a-z_-]*", agent)[0] == name.lower()]  # type: ignore[index]  # an empty match is one
    said = [rule for rules in (ours or [groups.get("*", [])]) for rule in rules]
    delays = [float(value) for key, value in said if key == "crawl-delay" and re.fullmatch(r"\d{1,5}(\.\d+)?", value)]
    paths = [(_normal(value), key == "allow") for key, value in said if key != "crawl-delay" and value]
    return Rules(tuple(paths), max(delays, default=0.0))


def _matches(pattern: str, target: str) -> bool:
    """`*` stands for anything, a final `$` for the end. In time linear in both."""
    ends = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = target.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not rest:
        return not ends or at == len(target)
    last = rest[-1]
    if ends:
        return len(target) - len(last) >= at and target.endswith(last)
    return target.find(last, at) >= 0


def _normal(path: str) -> str:
    """One spelling of percent-encoding; the signs that mean something in patterns stay."""
    return quote(unquote(path, errors="surrogateescape"), safe="/:@!$'()*,;=+~-._?&%", errors="surrogateescape")


class Robots:
    """The rules of each site, asked for once per run."""

    def __init__(self, client: Client, user_agent: str) -> None:
        self._client = client
        found = re.match(r"[A-Za-z_-]+", user_agent)
        self._name = found[0] if found else "*"
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    async def refusal(self, url: str) -> str:
        """Why the page may not be read, for people; "" where it may."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._load(origin))
        rules = await self._rules[origin]
        if not rules.allow(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"):
            return explain_failure.robots(parts.hostname or origin)
        if rules.delay:
            self._client.slow_down(url, rules.delay)
        return ""

    async def _load(self, origin: str) -> Rules:
        result = await self._client.fetch(f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", limit=_LARGEST)
        if isinstance(result, Fetched):
            return parse_robots(result.content.decode("utf-8-sig", "replace"), self._name)
        # Rules that exist but cannot be read now might forbid; a site without rules allows.
        unreadable = isinstance(result, FetchFailed) and result.kind in (FailureKind.SERVER, FailureKind.BUSY)
        return ALLOW_NONE if unreadable else ALLOW_ALL

"""robots.txt (RFC 9309) for article pages. Feeds are made for programs and are asked for without it.

protego reads and matches the rules. It is given the rules of the one group that is for us, and no more of them than the
limits below: all is done in the event loop, on a text that a stranger wrote.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from protego import Protego

from digest.collect import explain_failure
from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed

_MOST_BYTES = 500 * 1024
"""What RFC 9309 asks a robot to read at least."""
_MOST_LINES = 50_000
_MOST_RULES = 2_000
_LONGEST_RULE = 500  # characters
_MOST_WILDCARDS = 10  # in one rule: each is looked for in each path
_SECONDS = re.compile(r"\d{1,5}(\.\d+)?")
_RULES = ("allow", "disallow", "crawl-delay")


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What one site asks of us: its rules for paths, None where there are none, and seconds between visits."""

    paths: Protego | None = None
    delay: float = 0.0

    def allow(self, target: str) -> bool:
        """Whether a path with its query may be visited: the longest rule decides, and of equals the allowing one."""
        if self.paths is None:
            return True
        return self.paths.can_fetch("http://site" + target.encode("utf-8", "replace").decode(), "*")


def parse_robots(text: str, name: str) -> SiteRules:
    """The rules for a robot called `name`: of the groups that name it, else of those for everyone."""
    rules = _rules_for(_lines(text), name.lower())
    delays = [float(value) for key, value in rules if key == "crawl-delay" and _SECONDS.fullmatch(value)]
    return SiteRules(_protego((key, value) for key, value in rules if key != "crawl-delay"), max(delays, default=0.0))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Each "key: value" line, the key in lower case."""
    for line in islice(text[:_MOST_BYTES].splitlines(), _MOST_LINES):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _rules_for(lines: Iterable[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    """The rules of all groups that name the robot, else of all groups for "*"."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: set[str] = set()  # whom the present group is for: "*", the robot, or neither
    in_rules = False
    for key, value in lines:
        if key == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            agent = "*" if value == "*" else _product(value)
            if agent in ("*", name):
                agents.add(agent)
                groups.setdefault(agent, [])
        elif key in _RULES:
            in_rules = True
            for agent in agents:
                if _is_usable(value) and len(groups[agent]) < _MOST_RULES:
                    groups[agent].append((key, value))
    return groups.get(name, groups.get("*", []))


def _is_usable(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_RULE and value.count("*") <= _MOST_WILDCARDS


def _product(agent: str) -> str:
    """The product token that a name starts with, in lower case; "" where there is none."""
    token = re.match(r"[A-Za-z_-]+", agent)
    return token[0].lower() if token else ""


def _protego(rules: Iterable[tuple[str, str]]) -> Protego | None:
    lines = [f"{key}: {value}" for key, value in rules]
    return Protego.parse("\n".join(["User-agent: *", *lines])) if lines else None


ALLOW_ALL = SiteRules()
ALLOW_NONE = SiteRules(_protego([("disallow", "/")]))


class Robots:
    """The rules of each site, asked for once per run."""

    def __init__(self, client: Client, user_agent: str) -> None:
        self._client = client
        self._name = _product(user_agent) or "*"
        self._rules: dict[str, asyncio.Task[SiteRules]] = {}

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

    async def _load(self, origin: str) -> SiteRules:
        result = await self._client.fetch(f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", limit=_MOST_BYTES)
        if isinstance(result, Fetched):
            return await asyncio.to_thread(parse_robots, result.content.decode("utf-8-sig", "replace"), self._name)
        # Rules that exist but cannot be read now might forbid; a site without rules allows.
        unreadable = isinstance(result, FetchFailed) and result.kind in (FailureKind.SERVER, FailureKind.BUSY)
        return ALLOW_NONE if unreadable else ALLOW_ALL

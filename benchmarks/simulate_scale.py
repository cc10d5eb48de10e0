"""How long a week takes at any size, by simulation: python -m benchmarks.simulate_scale [--write].

Prints the table of docs/scale.md; `--write` puts it there. The same seed gives the same table. What a feed, a post and
a message cost is measured (docs/benchmarks.md); how the web and mail servers behave is assumed, below.

    collecting   each machine visits its hosts, `concurrency` at a time and `per_host` of one host
    reading      each machine's cores do its posts
    sending      each share has its part of the connections and rate; its clerk commits what is ready, then messages go
"""

from __future__ import annotations

import argparse
import heapq
import random
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
_BLOCK = re.compile(r"<!-- table: simulation -->\n.*?<!-- end -->\n", re.DOTALL)
_SEED = 19
_SAMPLE = 6_000  # messages of one share whose rate is taken for all

# Measured on 2 cores (docs/benchmarks.md); seconds of one core's time.
CORES = 2
FEED_CPU = 0.0066
POST_CPU = 0.0077 + 0.0039  # a page and its summary
MESSAGE_CPU = CORES / 1_180  # of 61 KB, signed with DKIM
MEASURED = "a feed 6.6 ms, a page 7.7 ms, a summary 3.9 ms, a signed message of 61 KB 1.7 ms of a core"

# Assumed.
COMMIT = 0.002  # seconds for the database's disk, for each commit of a share
COMMIT_MESSAGE = 0.000_15  # seconds more for each message in it
DATABASE_CPU = 0.000_3  # seconds of the database's processor for each message
DATABASE_CORES = 4
SERVER_SECONDS = 0.05  # a mail server's median time for a message
HOST_SECONDS = 0.6  # a host's median time for a feed or page
DEAD_HOSTS, TIMEOUT = 0.02, 30.0  # small hosts that never answer, and when we give up
CONCURRENCY, PER_HOST = 64, 2
POSTS_A_SOURCE = 2  # in a week
FEEDS_A_HOST = 1.25


@dataclass(frozen=True, slots=True)
class Case:
    """A newsletter, and what it runs on."""

    subscribers: int
    sources: int
    machines: int
    connections: int = 64  # [smtp] connections, of all machines together
    rate: float = 0.0  # messages a second that the mail server allows; 0: as fast as it can


@dataclass(frozen=True, slots=True)
class Week:
    """How many seconds the steps of a week take, and what sending waits for."""

    collect: float
    pages: float
    read: float
    send: float
    limit: str


CASES = (
    Case(10_000, 100, 1),
    Case(100_000, 1_000, 1),
    Case(1_000_000, 10_000, 1),
    Case(1_000_000, 10_000, 2),
    Case(1_000_000, 10_000, 4),
    Case(1_000_000, 10_000, 1, connections=8),
    Case(1_000_000, 10_000, 4, connections=32),
    Case(1_000_000, 10_000, 4, rate=200.0),
    Case(1_000_000, 10_000, 4, rate=14.0),
)


def simulate(case: Case, seed: int = _SEED) -> Week:
    """Simulate a week."""
    dice = random.Random(seed)
    posts = case.sources * POSTS_A_SOURCE
    send, limit = sending(case, dice)
    return Week(
        collecting(case.sources, case.machines, dice),
        visiting(_hosts(posts, case.sources, dice), FEED_CPU / 2, dice),  # one machine fetches the pages
        posts / case.machines * POST_CPU / CORES,
        send,
        limit,
    )


def collecting(sources: int, machines: int, dice: random.Random) -> float:
    """Seconds until the last of the machines has visited its hosts."""
    hosts = _hosts(sources, sources, dice)
    return max(visiting(hosts[one::machines], FEED_CPU, dice) for one in range(machines))


def _hosts(visits: int, sources: int, dice: random.Random) -> list[int]:
    """How many visits each host gets: most few, the largest up to a hundredth of all."""
    hosts = [0] * max(1, round(sources / FEEDS_A_HOST))
    most = max(3 * visits // len(hosts), visits // 100)
    for one in range(visits):
        host = one if one < len(hosts) else int(dice.paretovariate(0.7)) - 1
        while host >= len(hosts) or hosts[host] >= most:
            host = dice.randrange(len(hosts))
        hosts[host] += 1
    return sorted(hosts, reverse=True)


def visiting(hosts: Sequence[int], cpu: float, dice: random.Random) -> float:
    """Seconds to visit hosts so many times each, `CONCURRENCY` at a time; each visit takes `cpu` of the machine."""
    left, under_way = list(hosts), [0] * len(hosts)
    slow = [TIMEOUT if number <= PER_HOST and dice.random() < DEAD_HOSTS else 0.0 for number in hosts]
    ready = deque(index for index, number in enumerate(hosts) if number)
    events: list[tuple[float, int]] = []
    now = busy_until = 0.0
    while ready or events:
        while ready and len(events) < CONCURRENCY:
            host = ready.popleft()
            left[host] -= 1
            under_way[host] += 1
            busy_until = max(now, busy_until) + cpu / CORES
            heapq.heappush(events, (busy_until + (slow[host] or dice.lognormvariate(0, 0.8) * HOST_SECONDS), host))
            if left[host] and under_way[host] < PER_HOST:
                ready.append(host)
        now, host = heapq.heappop(events)
        if left[host] and under_way[host] == PER_HOST:
            ready.append(host)
        under_way[host] -= 1
        if left[host] and not under_way[host] and host not in ready:
            ready.append(host)
    return now


def sending(case: Case, dice: random.Random) -> tuple[float, str]:
    """Seconds to send to everybody, and what limits the rate."""
    shares = min(case.machines, case.connections)
    part = case.connections // shares
    alone, busiest = _share(part, dice)
    limits = {
        busiest: shares * alone,
        "the database": DATABASE_CORES / DATABASE_CPU,
        "the mail server's rate": case.rate or float("inf"),
    }
    limit = min(limits, key=lambda name: limits[name])
    return case.subscribers / limits[limit], limit


def _share(connections: int, dice: random.Random) -> tuple[float, str]:
    """Messages a second that one share sends, and what it waits for most: connections, processor or commits."""
    free = [0.0] * connections  # when each connection may begin its next message
    clerk = processor = committed = built = 0.0
    sent = 0
    while sent < _SAMPLE:
        at = max(clerk, free[0])
        ready = 0
        while free and free[0] <= at:
            heapq.heappop(free)
            ready += 1
        commit = COMMIT + COMMIT_MESSAGE * ready
        clerk = at + commit
        committed += commit
        for _ in range(ready):
            processor = max(clerk, processor) + MESSAGE_CPU / CORES
            built += MESSAGE_CPU / CORES
            heapq.heappush(free, processor + dice.lognormvariate(0, 0.5) * SERVER_SECONDS)
        sent += ready
    use = {"the processor": built / clerk, "commits": committed / clerk}
    name = max(use, key=lambda one: use[one])
    return sent / clerk, name if use[name] > 0.9 else "connections"


def table(cases: Sequence[Case] = CASES) -> str:
    """Return the simulation's Markdown table."""
    lines = [
        "| subscribers | sources | machines | connections | rate | collect | fetch pages | read | send | waits for |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for case in cases:
        week = simulate(case)
        rate = f"{case.rate:g}/s" if case.rate else "any"
        times = " | ".join(map(duration, (week.collect, week.pages, week.read, week.send)))
        lines.append(
            f"| {case.subscribers:,} | {case.sources:,} | {case.machines} | {case.connections} | {rate} | {times} |"
            f" {week.limit} |"
        )
    return "\n".join(lines) + "\n"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def page(text: str) -> str:
    """The page with the table in its place."""
    block = f"<!-- table: simulation -->\n{table()}\nMeasured: {MEASURED}.\n<!-- end -->\n"
    return _BLOCK.sub(lambda _: block, text)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate_scale", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/scale.md")
    if parser.parse_args(arguments).write:
        PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    else:
        print(table(), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

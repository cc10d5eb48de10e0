"""Several machines with one newsletter on PostgreSQL: a folder with digest.toml and state for each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest.mail.message.header_encoding import wire_address
from digest.model import DeliveryCounts, DeliveryState, Mailing
from digest.steps.context import Context
from digest.steps.editing.edition_view import load
from digest.store import deliveries, subscribers
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.conftest import ROOT
from tests.mail.smtp.smtp_server import SmtpServer

SECRET = "8f1d2c6b5a4e3f70918273645546372819a0b1c2d3e4f5061728394a5b6c7d8e"


def subscribe(context: Context, number: int) -> None:
    addresses = [f"reader{one}@example.org" for one in range(number)]
    new = [NewSubscriber(one, one, one) for one in addresses]
    with context.store.writing() as connection:
        subscribers.add_many(connection, new, now=context.clock())


def machine(first: Path, name: str) -> Path:
    """Copy the settings of the first machine's folder to another's."""
    folder = first.parent / name
    folder.mkdir()
    (folder / "digest.toml").write_text((first / "digest.toml").read_text("utf-8"), "utf-8")
    return folder


def environment(folder: Path, context: Context) -> dict[str, str]:
    return os.environ | {
        "DIGEST_CONFIG": str(folder / "digest.toml"),
        "DIGEST_NOW": context.clock().isoformat(),
        "DIGEST_SECRET_KEY": SECRET,
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def running(folder: Path, context: Context, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `digest` on a machine; its output goes to a file there."""
    log: IO[bytes]
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments],
            cwd=folder,
            env=environment(folder, context),
            stdout=log,
            stderr=log,
        )
        try:
            yield child
        finally:
            child.kill()
            child.wait()


def everyone_exactly_one(context: Context, server: SmtpServer, week: Week, number: int) -> DeliveryCounts:
    """Check that nobody was sent two, and that who was sent none, or perhaps none, is `uncertain`."""
    counts = load(context, week).counts
    sent = [one.recipient for one in server.accepted]
    assert len(sent) == len(set(sent)), "somebody got two"
    assert counts.sent + counts.uncertain == number, counts
    with context.store.reading() as connection:
        rows = [one for one in deliveries.stream(connection) if one.mailing == Mailing(week)]
    surely = {wire_address(one.email) for one in rows if one.state is DeliveryState.SENT}
    perhaps = {wire_address(one.email) for one in rows if one.state is DeliveryState.UNCERTAIN}
    assert surely <= set(sent) <= surely | perhaps
    return counts

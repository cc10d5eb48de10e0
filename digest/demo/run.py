"""The demo: a web of sample blogs, a mail catcher, a real Prefect server, the real flows, and the editor's desk.

All its files are in one folder (`var/demo`), which is emptied each time, except for Prefect's database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import tomlkit

from digest.demo.history import live_through
from digest.demo.past import Past
from digest.demo.prefect_server import prefect_server, stop
from digest.demo.rehearsal_clock import RehearsalClock
from digest.demo.sample_web import SampleWeb
from digest.private_files import open_private
from digest.settings import Settings, load_settings
from digest.steps.context import Context
from digest.steps.notifying.notify_editors import notify_editors
from digest.steps.run import Timings
from digest.steps.sending.rollback_guard import register_store
from digest.steps.weeks import week_for
from digest.store.engine import open_store
from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher
from digest.week import Week

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Demo:
    """A running demo: its newsletter, with last week's edition sent, and the week that it shows."""

    context: Context
    week: Week
    mailbox: Path
    timings: Timings
    web: SampleWeb


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Start everything and run the weekly flow; stop everything at the end."""
    timings = Timings()
    with ExitStack() as stack:
        LOG.info("Starting a Prefect server on loopback. This is the slowest step …")
        _clear(folder)
        server = stack.enter_context(prefect_server(folder))
        demo = stack.enter_context(sample_newsletter(folder, timings))  # while the server starts
        with timings.step("Prefect server"):
            server.wait()
        os.environ["DIGEST_CONFIG"] = str(demo.context.settings.path)
        LOG.info("Running the flow weekly-digest for %s …", demo.week)
        with timings.step("weekly-digest flow"):
            _run_weekly(demo.week)
        yield demo


@contextmanager
def sample_newsletter(folder: Path, timings: Timings) -> Iterator[Demo]:
    """The sample web, the mail catcher, and a store in which the week before has happened."""
    clock = RehearsalClock()
    with ExitStack() as stack:
        with timings.step("sample web and mail catcher"):
            without_sources = _settings(folder, sources=[], smtp_port=25)
            week = week_for(without_sources, None, clock())
            web = stack.enter_context(SampleWeb(week, zone=without_sources.newsletter.zone, clock=clock))
            catcher = stack.enter_context(MailCatcher(folder / "mailbox", clock=clock))
            settings = _settings(folder, sources=web.sources(), smtp_port=catcher.port)
        LOG.info("Sample blogs at %s, mail catcher at 127.0.0.1:%d.", web.url, catcher.port)
        store = open_store(settings.store_url)
        stack.callback(store.close)
        context = Context(settings, store, clock, notifiers=(notify_editors,))
        register_store(context)
        LOG.info("Making last week's edition …")
        with timings.step("last week"), _quiet():
            live_through(Past(context, clock, week, CaughtMailbox(catcher.folder)))
        yield Demo(context, week, catcher.folder, timings, web)


@contextmanager
def _quiet() -> Iterator[None]:
    """Log errors only: whoever watches the demo waits for this week's steps, which log the same lines."""
    steps = logging.getLogger("digest")
    level = steps.level
    steps.setLevel(logging.ERROR)
    try:
        yield
    finally:
        steps.setLevel(level)


def send_by_flow(demo: Demo) -> None:
    """Send the approved edition by the real flow."""
    from flows.send_edition import send_edition

    asyncio.run(send_edition(str(demo.week)))


@contextmanager
def serving_deployments(folder: Path) -> Iterator[None]:
    """Run `digest serve` beside the desk, so that an approval starts the flow send-edition."""
    with open_private(folder / "serve.log") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "digest", "serve"], stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
        try:
            yield
        finally:
            stop(child)


def _clear(folder: Path) -> None:
    """Empty the demo's folder. Prefect's database stays, because its server then starts faster."""
    if folder.exists():
        for path in folder.iterdir():
            if path.name == "prefect":
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)


def _settings(folder: Path, *, sources: list[dict[str, str]], smtp_port: int) -> Settings:
    """Write the demo's digest.toml and read it as any other."""
    document = tomlkit.parse(resources.files("digest.demo").joinpath("digest.toml").read_text("utf-8"))
    document["smtp"]["port"] = smtp_port
    document["bounces"]["mailbox"] = str((folder / "returned").resolve())
    rows = tomlkit.aot()
    for source in sources:
        row = tomlkit.table()
        row.update({key: value for key, value in source.items() if value})
        rows.append(row)
    if sources:
        document["sources"] = rows
    path = folder / "digest.toml"
    path.write_text(tomlkit.dumps(document), "utf-8")
    return load_settings(path)


def _run_weekly(week: Week) -> None:
    from flows.weekly_digest import weekly_digest

    asyncio.run(weekly_digest(str(week)))

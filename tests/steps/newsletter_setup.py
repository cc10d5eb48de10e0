"""A newsletter for tests: settings in a folder, an open store, the sample web, a mail catcher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomlkit

from digest.demo.sample_web import SampleWeb
from digest.log import listening
from digest.model import EditionStatus
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.notifying.notify_editors import notify_editors
from digest.store import editions
from digest.store.engine import Store
from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher
from digest.week import Week
from tests.mail.editions import edition as sample_edition

WEEK = Week(2026, 10)
NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Newsletter:
    context: Context
    web: SampleWeb
    mailbox: CaughtMailbox
    log_lines: list[str]  # what was logged


@contextmanager
def set_up(
    folder: Path,
    store: Store,
    *,
    sources: Sequence[str] = (),
    tables: dict[str, dict[str, Any]] | None = None,
    web: SampleWeb | None = None,
) -> Iterator[Newsletter]:
    """`sources` are the names to follow (all of the sample web's where none is named); `tables` add to digest.toml.

    `web` is a sample web that runs already; without it the newsletter gets one of its own.
    """
    with ExitStack() as stack:
        web = web or stack.enter_context(SampleWeb(WEEK))
        catcher = stack.enter_context(MailCatcher(folder / "mailbox"))
        document: dict[str, Any] = {
            "newsletter": {"title": "The Test Digest", "from": "Digest <digest@example.org>"},
            "collect": {"allow_networks": ["127.0.0.0/8"], "retries": 0},
            "store": {"url": str(store.engine.url)},
            "smtp": {"port": catcher.port},
            "sources": [
                {key: value for key, value in row.items() if value}
                for row in web.sources()
                if not sources or row["name"] in sources
            ],
        }
        for table, values in (tables or {}).items():
            document[table] = document.get(table, {}) | values
        path = folder / "digest.toml"
        path.write_text(tomlkit.dumps(document), "utf-8")
        log_lines: list[str] = []
        context = Context(load_settings(path), store, lambda: NOW, notifiers=(notify_editors,))
        with listening(log_lines.append):
            yield Newsletter(context, web, CaughtMailbox(folder / "mailbox"), log_lines)


def mark_sent(context: Context, week: Week) -> None:
    """Store an edition of the week with sample posts, as if it had been sent: a later one may bring its month."""
    whole = sample_edition(10)
    kept = tuple(section for section in whole.sections if section.theme in ("civic-tech", "comms"))
    posts = tuple(
        replace(section, posts=tuple(replace(post, id=f"{week}{post.id}"[-16:]) for post in section.posts))
        for section in kept
    )
    with context.store.writing() as connection:
        editions.save_revision(connection, replace(whole, week=week, sections=posts, lead=""), by="test", at=NOW)
        editions.move(connection, week, [EditionStatus.DRAFT], EditionStatus.SENT)

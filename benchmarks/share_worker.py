"""One of several workers that are measured together: python -m benchmarks.share_worker FOLDER send|collect NUMBER OF.

Says "ready" when all is loaded, begins when a line comes, and says "done".
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from digest.clock import system_clock
from digest.collect.parse_in_workers import ParsePool
from digest.mail.message.message_template import MessageTemplate, message_template
from digest.mail.rendering.render import Renderer
from digest.model import Edition, Mailing
from digest.settings import load_settings
from digest.steps.collecting.collect import collect
from digest.steps.context import Context
from digest.steps.part import Part
from digest.steps.sending.sending_run import deliver
from digest.store.engine import open_store
from digest.template_folders import packaged_folder
from digest.week import Week
from tests.mail.editions import DESIGN, edition

MAILING = Mailing(Week(2019, 12))


@dataclass(frozen=True)
class OneTemplate:
    """An edition with one template, for everybody."""

    edition: Edition
    message_template: MessageTemplate

    def template_for(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate:
        del themes, language, monthly
        return self.message_template


def main(folder: Path, work: str, part: Part) -> None:
    settings = load_settings(folder / "digest.toml")
    store = open_store(settings.store_url)
    context = Context(settings, store, system_clock)
    if work == "send":
        week = edition(20)
        rendered = Renderer(DESIGN, [packaged_folder()]).render(week)
        source = OneTemplate(week, message_template(rendered, DESIGN, week=str(week.week)))
        _wait()
        deliver(context, MAILING, source)
    else:
        with ParsePool() as parsers:
            asyncio.run(parsers.parse(b"<rss/>", url="http://example.org/"))  # its workers load now
            _wait()
            collect(context, part=part, parsers=parsers)
            print("done", flush=True)
    store.close()


def _wait() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Part(int(sys.argv[3]), int(sys.argv[4])))

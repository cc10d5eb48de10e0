"""A newsletter over a store of its own, with sources on a server and a clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.collect.parse_in_workers import ParsePool
from digest.edition.select_posts import Selection
from digest.log import listening
from digest.model import (
    Edition,
    EditionPost,
    Mailing,
    Section,
    SourceReport,
    StoredPost,
)
from digest.settings import parse_settings
from digest.steps.collecting.collect import CollectReport, collect
from digest.steps.collecting.source_health import SourceHealth, source_health
from digest.steps.composing.select_week import select_week
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import editions, posts
from digest.store.engine import Store
from digest.week import Week
from tests.web_of_feeds import Item, Web

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
TUESDAY = datetime(2019, 3, 19, 10, tzinfo=UTC)
MONDAY = datetime(2019, 3, 25, 6, tzinfo=UTC)
TEXT = "<p>" + " ".join(f"word{n % 37} and thing{n % 23}" for n in range(150)) + "</p>"


class Newsroom:
    """A newsletter with its sources, its store and a clock that the test moves."""

    def __init__(self, store: Store, web: Web, folder: Path, parsers: ParsePool) -> None:
        self.store = store
        self.parsers = parsers
        self.web = web
        self.folder = folder
        self.now = TUESDAY + timedelta(hours=2)
        self.sources: list[str] = []
        self.log_lines: list[str] = []
        self.more = ""

    def follow(self, name: str, feed: str, **fields: str) -> None:
        rest = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
        self.sources.append(f'[[sources]]\nname = "{name}"\nfeed = "{feed}"\n{rest}')

    @property
    def context(self) -> Context:
        text = (
            '[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n'
            '[collect]\nallow_networks = ["127.0.0.0/8"]\nretries = 0\n'
            + (self.more if "timeout_seconds" in self.more else "timeout_seconds = 20\n" + self.more)
            + "\n".join(self.sources)
        )
        settings = parse_settings(text, path=self.folder / "digest.toml")
        return Context(settings, self.store, lambda: self.now)

    def collect(self, **how: object) -> CollectReport:
        with listening(self.log_lines.append):
            return collect(self.context, parsers=self.parsers, **how)  # type: ignore[arg-type]  # a shorthand

    def visit(self, **how: object) -> SourceReport:
        (report,) = self.collect(**how).sources
        return report

    def select(self, week: Week = WEEK) -> Selection:
        return select_week(self.context, week)

    def titles(self, week: Week = WEEK) -> list[str]:
        return [post.title for post in self.select(week).posts]

    def health(self) -> SourceHealth:
        (source,) = source_health(self.context)
        return source

    def publish(self, week: Week = WEEK) -> None:
        """Compose the edition's record as composing does: what it shows, what it left out."""
        window = window_for(self.context.settings, week)
        selection = self.select(week)
        published = tuple(
            EditionPost(post.id, post.title, post.url, post.source, "", post.published, (), "", ())
            for post in selection.posts
        )
        edition = Edition(
            week, 0, "T", window.starts, window.ends, (Section("comms", "Comms", published),), selection.left_out
        )
        with self.store.writing() as connection:
            editions.ensure(connection, week)
            editions.save_revision(connection, edition, by="test", at=self.now)

    def all(self) -> dict[str, StoredPost]:
        """Every post in the store, by title."""
        with self.store.reading() as connection:
            stored_posts = posts.of_window(
                connection, datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
            )
        return {stored.post.title: stored for stored in stored_posts}


def item(name: str, date: datetime | None = TUESDAY, **fields: str) -> Item:
    return Item(name, f"https://blog.example.org/{name.lower().replace(' ', '-')}", f"urn:{name}", date, **fields)

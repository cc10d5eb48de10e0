"""Weeks that are composed once in a process and copied for each test: composing takes longer than most tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digest.collect.parse_in_workers import ParsePool
from digest.demo.sample_web import SampleWeb
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.store.engine import Store, open_store
from tests.steps.newsletter_setup import WEEK, Newsletter, set_up


class ReadyWeeks:
    """Give newsletters whose week is composed; all of them follow one sample web, which no test may change."""

    def __init__(self, folder: Path, web: SampleWeb, parsers: ParsePool) -> None:
        self._folder = folder
        self._web = web
        self._parsers = parsers
        self._made: dict[object, Path] = {}

    @contextmanager
    def ready(
        self,
        folder: Path,
        store_url: str,
        *,
        sources: Sequence[str],
        tables: dict[str, dict[str, Any]] | None = None,
        subscribe: Callable[[Context], None] = lambda _context: None,
        approved_by: str = "editor",
    ) -> Iterator[Newsletter]:
        """A newsletter in `folder` whose week is composed, and approved unless `approved_by` is "".

        `subscribe` adds who gets it. On SQLite the store is a copy of what the first test with the same arguments made,
        whatever its mail server.
        """
        if store_url.startswith("sqlite"):
            key = (tuple(sources), subscribe, approved_by, repr({**(tables or {}), "smtp": None}))
            if key not in self._made:
                place = Path(tempfile.mkdtemp(dir=self._folder))
                store = open_store(f"sqlite:///{place / 'digest.db'}")
                try:
                    with self._setting_up(place, store, sources, tables) as newsletter:
                        self._compose(newsletter.context, subscribe, approved_by)
                finally:
                    store.close()
                self._made[key] = place
            shutil.copytree(self._made[key], folder, dirs_exist_ok=True)
        store = open_store(store_url)
        try:
            with self._setting_up(folder, store, sources, tables) as newsletter:
                if not store_url.startswith("sqlite"):
                    self._compose(newsletter.context, subscribe, approved_by)
                yield newsletter
        finally:
            store.close()

    def _setting_up(self, folder: Path, store: Store, sources: Sequence[str], tables: Any) -> Any:
        return set_up(folder, store, sources=sources, tables=tables, web=self._web)

    def _compose(self, context: Context, subscribe: Callable[[Context], None], approved_by: str) -> None:
        subscribe(context)
        collect(context, week=WEEK, parsers=self._parsers)
        compose(context, WEEK)
        if approved_by:
            approve(context, WEEK, by=approved_by)

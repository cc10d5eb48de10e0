"""Copies are recognised by stored sketches: only texts that may be copies are loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from digest.collect.sketches import is_current, sketch
from digest.collect.urls import identity, post_id
from digest.model import Arrival, Entry
from digest.settings import parse_settings
from digest.steps.collecting.merge_copies import merge_copies
from digest.steps.context import Context
from digest.store import entries, posts
from digest.store.engine import Store
from digest.store.entries import KnownEntry
from digest.store.schema import posts as table

NOW = datetime(2019, 3, 19, 12, tzinfo=UTC)
TEXT = "<p>" + " ".join(f"word{n % 37} and thing{n % 23}" for n in range(150)) + "</p>"
SETTINGS = '[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n'


def context(store: Store) -> Context:
    return Context(parse_settings(SETTINGS, path=Path("digest.toml")), store, lambda: NOW)


def arrival(name: str, html: str, published: datetime = NOW - timedelta(hours=2)) -> Arrival:
    url = f"https://{name}.example.org/post"
    entry = Entry(url, url, "A title", html, published=published)
    key, content_hash = identity(url), hashlib.sha256(html.encode()).hexdigest()
    return Arrival(entry, url, post_id(key), url, key, content_hash, published, dated=True, new=True, credited=True)


def keep(store: Store, *arrivals: Arrival, shown: bool = False) -> None:
    with store.writing() as connection:
        for each in arrivals:
            source = each.url.removeprefix("https://").partition(".")[0]
            before = {each.uid: KnownEntry(each.post, "another")} if shown else {}
            entries.keep(connection, source, [each], before=before, now=NOW)


def sketches(store: Store) -> dict[str, bytes | None]:
    with store.reading() as connection:
        return {row.id: row.sketch for row in connection.execute(select(table.c.id, table.c.sketch))}


@contextmanager
def loaded_html(store: Store) -> Iterator[list[int]]:
    """How many texts each statement asks for that names the html of posts."""
    numbers: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "posts.html" in statement:
            (ids,) = parameters.values() if isinstance(parameters, dict) else parameters
            numbers.append(len(json.loads(ids) if isinstance(ids, str) else ids))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield numbers
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_copies_are_merged_and_every_post_has_a_sketch(store: Store) -> None:
    one, copy, other = arrival("a", TEXT), arrival("b", TEXT, NOW - timedelta(hours=1)), arrival("c", "<p>Other.</p>")
    keep(store, one, copy, other)
    assert merge_copies(context(store)) == 1
    with store.reading() as connection:
        assert posts.by_id(connection, [copy.post])[copy.post].same_as == one.post
    assert sketches(store) == {one.post: sketch(TEXT), copy.post: sketch(TEXT), other.post: sketch("<p>Other.</p>")}


def test_texts_with_a_sketch_and_no_similar_post_are_not_loaded_again(store: Store) -> None:
    keep(store, *(arrival(f"s{n}", f"<p>{' '.join(f'w{n}x{m}' for m in range(60))}</p>") for n in range(30)))
    with loaded_html(store) as first:
        assert merge_copies(context(store)) == 0
    assert sum(first) == 30
    keep(store, arrival("late", TEXT))
    with loaded_html(store) as second:
        assert merge_copies(context(store)) == 0
    assert second == [1]


def test_a_changed_text_is_compared_anew(store: Store) -> None:
    one, other = arrival("a", TEXT), arrival("b", "<p>Something else altogether.</p>", NOW - timedelta(hours=1))
    keep(store, one, other)
    assert merge_copies(context(store)) == 0
    changed = replace(other, entry=replace(other.entry, html=TEXT), content_hash="new", new=False)
    keep(store, changed, shown=True)
    assert sketches(store)[other.post] is None
    assert merge_copies(context(store)) == 1


def test_a_sketch_of_an_earlier_version_is_made_again(store: Store) -> None:
    keep(store, arrival("a", TEXT), arrival("b", TEXT, NOW - timedelta(hours=1)))
    with store.writing() as connection:
        posts.save_sketches(connection, dict.fromkeys(sketches(store), b"\x00old"))
    assert merge_copies(context(store)) == 1
    assert all(map(is_current, sketches(store).values()))


def test_more_posts_than_one_transaction_takes_are_all_sketched(store: Store) -> None:
    keep(store, *(arrival(f"s{n}", f"<p>{n}</p>") for n in range(450)))
    merge_copies(context(store))
    with store.reading() as connection:
        assert connection.execute(select(func.count(table.c.sketch))).scalar_one() == 450

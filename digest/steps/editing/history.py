"""The history of an edition: what was changed from what to what, by whom, and which revision it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from digest.edition.editing import describe
from digest.model import AuditEvent, Edition
from digest.steps.context import Context
from digest.steps.editing.changes import theme_titles
from digest.store import audit, editions, posts
from digest.store.audit import AuditRow
from digest.week import Week

GAP = timedelta(minutes=30)
"""A longer pause than this begins another sitting."""
AUTOMATIC = "digest"
"""Whom the audit trail names for what the program does by itself."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """One thing that a change replaced, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history."""

    id: int
    at: datetime
    by: str
    what: str  # "title edited"
    post: str  # "" for one about the edition
    title: str  # of the post
    replaced: tuple[Replaced, ...]
    detail: Mapping[str, Any]
    revision: int = 0  # that it made; 0 if it made none
    undone: bool = False  # by a later row
    undoable: bool = False  # whether undoing can be tried: a later change of the same thing makes it a clash


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one person did without a long pause, newest first."""

    by: str
    starts: datetime
    ends: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What happened to an edition since a page was made."""

    id: int  # of the newest row: to be asked with next time
    entries: tuple[Entry, ...]  # newest first


def history(context: Context, week: Week, *, gap: timedelta = GAP) -> tuple[Sitting, ...]:
    """Return all that happened to an edition, in sittings, newest first."""
    return sittings(entries(context, week), gap)


def changed_since(context: Context, week: Week, number: int) -> News:
    """Return what happened after the audit row with this id."""
    news = entries(context, week, since=number)
    return News(news[0].id if news else number, news)


def newest_change(context: Context, week: Week) -> int:
    """Return the id to ask `changed_since` with: that of the newest row of the edition's audit trail."""
    with context.store.reading() as connection:
        return audit.newest(connection, week)


def entries(context: Context, week: Week, *, since: int = 0) -> tuple[Entry, ...]:
    """Return the rows above the id `since` as entries, newest first."""
    with context.store.reading() as connection:
        rows = audit.trail(connection, week, limit=None, since=since)
        if not rows:
            return ()
        edition = editions.load(connection, week)
        titles = {post for row in rows for post in _posts_in(row)}
        stored = posts.by_id(connection, titles)
    names = {post: each.post.title for post, each in stored.items()} | _titles_of(edition)
    for row in reversed(rows):
        names |= row.detail.get("titles", {})
    return _entries(rows, names, theme_titles(context.settings))


def _entries(rows: Iterable[AuditRow], names: Mapping[str, str], themes: Mapping[str, str]) -> tuple[Entry, ...]:
    undone: set[int] = set()
    result: list[Entry] = []
    composed: dict[str, int] = {}  # the revision that each person's change below made
    for row in rows:
        if row.what == AuditEvent.COMPOSED.value and row.by != AUTOMATIC:
            composed[row.by] = row.detail.get("revision", 0)
            continue
        if row.id not in undone and "undoes" in row.detail:
            undone.add(row.detail["undoes"])
        made = composed.pop(row.by, 0) if row.fields or row.what == AuditEvent.UNSKIPPED.value else 0
        result.append(_entry(row, names, themes, made, undone=row.id in undone))
    return tuple(result)


def _entry(row: AuditRow, names: Mapping[str, str], themes: Mapping[str, str], revision: int, *, undone: bool) -> Entry:
    def title(post: str) -> str:
        return names.get(post, "a post that is gone")

    post = str(row.detail.get("post", ""))
    replaced = tuple(
        Replaced(
            describe.name_of(key, title, themes),
            describe.value_of(key, before, title, themes),
            describe.value_of(key, after, title, themes),
        )
        for key, (before, after) in row.fields.items()
    )
    if row.what == AuditEvent.COMPOSED.value:
        revision = row.detail.get("revision", 0)
    undoable = not undone and (bool(row.fields) or row.what == AuditEvent.SKIPPED.value)
    detail = {key: value for key, value in row.detail.items() if key not in ("fields", "titles")}
    name = title(post) if post else ""
    return Entry(row.id, row.at, row.by, row.what, post, name, replaced, detail, revision, undone, undoable)


def sittings(rows: Iterable[Entry], gap: timedelta = GAP) -> tuple[Sitting, ...]:
    """Group entries, newest first, by person, where no pause is longer than `gap`.

    What the program did by itself meanwhile, such as checking links, is part of the person's sitting.
    """
    groups: list[Sitting] = []
    for entry in rows:
        last = groups[-1] if groups else None
        is_same = last is not None and (entry.by == last.by or AUTOMATIC in (entry.by, last.by))
        if last is not None and is_same and last.starts - entry.at <= gap:
            by = entry.by if last.by == AUTOMATIC else last.by
            groups[-1] = replace(last, by=by, starts=entry.at, entries=(*last.entries, entry))
        else:
            groups.append(Sitting(entry.by, entry.at, entry.at, (entry,)))
    return tuple(groups)


def _posts_in(row: AuditRow) -> set[str]:
    named = {key.split("/")[1] for key in row.fields if key.startswith("post/")} | {str(row.detail.get("post", ""))}
    for key, values in row.fields.items():
        if key.startswith("order/"):
            named |= {post for value in values for post in value}
        elif key == "lead":
            named |= set(values)
    return named - {""}


def _titles_of(edition: Edition | None) -> dict[str, str]:
    if edition is None:
        return {}
    return {post.post: post.title for post in edition.left_out} | {post.id: post.title for post in edition.posts}

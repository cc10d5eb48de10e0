"""Editions: their rows, and their revisions as snapshots.

Every function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Text, cast, delete, func, insert, select, update

from digest.memory import Memory
from digest.model import Arrangement, Edition, EditionStatus
from digest.model.editor_state import Fields
from digest.store.many_rows import one_of
from digest.store.schema import edition_posts, editions, revisions
from digest.week import Week

_EDITION = TypeAdapter(Edition)
_EDITIONS: Memory[bytes, Edition] = Memory(12)


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition's own row: its status and its moments. Its content is in its revisions."""

    week: Week
    status: EditionStatus
    revision: int  # 0 before the first
    introduction: str
    subject: str
    preheader: str = ""
    arrangement: Arrangement = field(default_factory=Arrangement)
    composed_at: datetime | None = None
    send_at: datetime | None = None
    started_at: datetime | None = None
    sent_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str = ""
    answered_at: datetime | None = None  # when a person first approved, held or skipped it

    @property
    def is_there(self) -> bool:
        """Whether it was composed, or somebody has decided about it: a row alone is made by the first decision."""
        return self.revision > 0 or self.status is not EditionStatus.DRAFT


def as_json(edition: Edition) -> dict[str, Any]:
    """The frozen snapshot, as plain JSON values."""
    value: dict[str, Any] = _EDITION.dump_python(edition, mode="json")
    return value


def from_json(value: Mapping[str, Any]) -> Edition:
    return _EDITION.validate_python(value)


# --- The edition's row ------------------------------------------------------------------------------------------------


def row_of(row: Row[Any]) -> EditionRow:
    """Return the edition of a database row that has the table's columns."""
    return EditionRow(
        row.week,
        EditionStatus(row.status),
        row.revision,
        row.introduction,
        row.subject,
        row.preheader,
        Arrangement(tuple(row.theme_order), {theme: tuple(posts) for theme, posts in row.post_order.items()}, row.lead),
        row.composed_at,
        row.send_at,
        row.started_at,
        row.sent_at,
        row.paused_at,
        row.paused_by,
        row.answered_at,
    )


def find(connection: Connection, week: Week) -> EditionRow | None:
    row = connection.execute(select(editions).where(editions.c.week == week)).one_or_none()
    return None if row is None else row_of(row)


def list_all(connection: Connection) -> list[EditionRow]:
    """Every edition, newest first."""
    return [row_of(row) for row in connection.execute(select(editions).order_by(editions.c.week.desc()))]


def ensure(connection: Connection, week: Week) -> EditionRow:
    """Return the edition's row; add it if there is none."""
    row = find(connection, week)
    if row is not None:
        return row
    connection.execute(
        insert(editions).values(week=week, status=EditionStatus.DRAFT.value, revision=0, introduction="", subject="")
    )
    return EditionRow(week, EditionStatus.DRAFT, 0, "", "")


def move(connection: Connection, week: Week, origins: Iterable[EditionStatus], target: EditionStatus) -> bool:
    """Set the status if it is one of `origins`; False if it is not. A move ends a pause."""
    changed = connection.execute(
        update(editions)
        .where(editions.c.week == week, editions.c.status.in_([status.value for status in origins]))
        .values(status=target.value, paused_at=None, paused_by="")
    )
    return changed.rowcount == 1


def pause(connection: Connection, week: Week, *, by: str, at: datetime) -> bool:
    """Let the edition's sending wait; False if it is not being sent, or waits already."""
    is_going = (editions.c.status == EditionStatus.SENDING.value, editions.c.paused_at.is_(None))
    changed = connection.execute(
        update(editions).where(editions.c.week == week, *is_going).values(paused_at=at, paused_by=by)
    )
    return changed.rowcount == 1


def unpause(connection: Connection, week: Week) -> bool:
    """Let the edition's sending go on; False if it does not wait."""
    changed = connection.execute(
        update(editions)
        .where(editions.c.week == week, editions.c.paused_at.is_not(None))
        .values(paused_at=None, paused_by="")
    )
    return changed.rowcount == 1


def answered(connection: Connection, week: Week, *, at: datetime) -> None:
    """Record that a person has answered: approved, held or skipped the edition. Only the first time counts."""
    connection.execute(
        update(editions).where(editions.c.week == week, editions.c.answered_at.is_(None)).values(answered_at=at)
    )


def set_fields(connection: Connection, week: Week, **values: Any) -> None:
    """Set columns of the row: `send_at`, `started_at`, `sent_at`, `composed_at`; see also `store.editor_states`."""
    connection.execute(update(editions).where(editions.c.week == week).values(**values))


# --- Revisions --------------------------------------------------------------------------------------------------------


def save_revision(
    connection: Connection, edition: Edition, *, by: str, at: datetime, editing: Fields | None = None
) -> Edition:
    """Store `edition` as the next revision of its week and make it the current one; return it with its number.

    `editing` is what the editors had decided and written: restoring the revision brings it back.
    """
    row = ensure(connection, edition.week)
    numbered = replace(edition, revision=row.revision + 1)
    connection.execute(
        insert(revisions).values(
            week=edition.week,
            revision=numbered.revision,
            made_at=at,
            made_by=by,
            snapshot=as_json(numbered),
            editing=dict(editing or {}),
        )
    )
    connection.execute(update(editions).where(editions.c.week == edition.week).values(revision=numbered.revision))
    connection.execute(delete(edition_posts).where(edition_posts.c.week == edition.week))
    included = {post.id: True for post in numbered.posts}
    excluded = {post.post: False for post in numbered.left_out if post.post}
    rows = [{"week": edition.week, "post": post, "shown": is_shown} for post, is_shown in (excluded | included).items()]
    if rows:
        connection.execute(insert(edition_posts), rows)
    return numbered


def load(connection: Connection, week: Week, revision: int | None = None) -> Edition | None:
    """Return a revision (None: the current one), or None if there is none."""
    number = revision
    if number is None:
        row = find(connection, week)
        number = row.revision if row else 0
    snapshot = connection.execute(
        select(cast(revisions.c.snapshot, Text)).where(revisions.c.week == week, revisions.c.revision == number)
    ).scalar_one_or_none()
    return None if snapshot is None else _decoded(snapshot)


def _decoded(snapshot: str) -> Edition:
    """The edition of this text: the same object as long as it is remembered."""
    key = hashlib.sha256(snapshot.encode()).digest()
    return _EDITIONS.get(key) or _EDITIONS.put(key, from_json(json.loads(snapshot)))


def editing_of(connection: Connection, week: Week, revision: int) -> Fields | None:
    """Return what the editors had decided and written when a revision was made; None where that was not stored."""
    values: Fields | None = connection.execute(
        select(revisions.c.editing).where(revisions.c.week == week, revisions.c.revision == revision)
    ).scalar_one_or_none()
    return values


def set_editing(connection: Connection, week: Week, revision: int, editing: Fields) -> None:
    """Record that a revision is also what these decisions come to."""
    key = (revisions.c.week == week) & (revisions.c.revision == revision)
    connection.execute(update(revisions).where(key).values(editing=dict(editing)))


def first_made(connection: Connection, week: Week) -> datetime | None:
    """Return when the edition was first composed; None if it was not."""
    moment: datetime | None = connection.execute(
        select(func.min(revisions.c.made_at)).where(revisions.c.week == week)
    ).scalar_one()
    return moment


def first_made_of_all(connection: Connection) -> dict[Week, datetime]:
    """Return when each edition was first composed."""
    query = select(revisions.c.week, func.min(revisions.c.made_at).label("at")).group_by(revisions.c.week)
    return {row.week: row.at for row in connection.execute(query)}


def last_made(connection: Connection, week: Week) -> tuple[datetime, str] | None:
    """Return when and by whom the current revision was made; None if there is none."""
    row = connection.execute(
        select(revisions.c.made_at, revisions.c.made_by)
        .where(revisions.c.week == week)
        .order_by(revisions.c.revision.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.made_at, row.made_by)


def shown_in_other_weeks(connection: Connection, *, besides: Week | None) -> dict[str, Week]:
    """Return which posts other editions show: post id to week. Skipped editions show nothing."""
    query = (
        select(edition_posts.c.post, edition_posts.c.week)
        .join(editions, editions.c.week == edition_posts.c.week)
        .where(edition_posts.c.shown, editions.c.status != EditionStatus.SKIPPED.value)
    )
    if besides is not None:
        query = query.where(edition_posts.c.week != besides)
    return {row.post: row.week for row in connection.execute(query)}


def places_of(connection: Connection, ids: Collection[str]) -> dict[str, dict[Week, bool]]:
    """Return in which editions these posts are: post id to week to whether it is shown, rather than left out."""
    places: dict[str, dict[Week, bool]] = {}
    query = select(edition_posts.c.post, edition_posts.c.week, edition_posts.c.shown).where(
        one_of(connection, edition_posts.c.post, ids)
    )
    for row in connection.execute(query):
        places.setdefault(row.post, {})[row.week] = row.shown
    return places


def previous(connection: Connection, week: Week) -> Edition | None:
    """Return the newest earlier edition that was sent or is being sent."""
    earlier = connection.execute(
        select(func.max(editions.c.week)).where(
            editions.c.week < week,
            editions.c.status.in_([EditionStatus.SENDING.value, EditionStatus.SENT.value]),
        )
    ).scalar_one_or_none()
    return load(connection, earlier) if earlier else None

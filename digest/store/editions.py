"""Editions, their revisions, the editor's decisions, approvals, and the audit trail.

Every function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from digest.model import Approval, Decision, Edition, EditionMail, EditionStatus, Evidence
from digest.store.schema import approvals, audit, decisions, edition_posts, editions, posts, revisions

_EDITION = TypeAdapter(Edition)
_RENDERED = TypeAdapter(EditionMail)


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition's own row: where it is. What it says is in its revisions."""

    week: str
    status: EditionStatus
    revision: int  # 0 before the first
    introduction: str
    subject: str
    composed_at: datetime | None = None
    send_at: datetime | None = None
    started_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    at: datetime
    by: str
    what: str
    week: str
    detail: dict[str, Any]


def as_json(edition: Edition) -> dict[str, Any]:
    """The frozen snapshot, as plain JSON values."""
    value: dict[str, Any] = _EDITION.dump_python(edition, mode="json")
    return value


def from_json(value: Mapping[str, Any]) -> Edition:
    return _EDITION.validate_python(value)


# --- The edition's row ------------------------------------------------------------------------------------------------


def _row(row: Row[Any]) -> EditionRow:
    return EditionRow(
        row.week,
        EditionStatus(row.status),
        row.revision,
        row.introduction,
        row.subject,
        row.composed_at,
        row.send_at,
        row.started_at,
        row.sent_at,
    )


def find(connection: Connection, week: str) -> EditionRow | None:
    found = connection.execute(select(editions).where(editions.c.week == week)).one_or_none()
    return None if found is None else _row(found)


def list_all(connection: Connection) -> list[EditionRow]:
    """Every edition, newest first."""
    return [_row(row) for row in connection.execute(select(editions).order_by(editions.c.week.desc()))]


def ensure(connection: Connection, week: str) -> EditionRow:
    """The edition's row, made where there is none."""
    found = find(connection, week)
    if found is not None:
        return found
    connection.execute(
        insert(editions).values(week=week, status=EditionStatus.DRAFT.value, revision=0, introduction="", subject="")
    )
    return EditionRow(week, EditionStatus.DRAFT, 0, "", "")


def move(connection: Connection, week: str, origins: Iterable[EditionStatus], target: EditionStatus) -> bool:
    """Compare-and-set of the status: False when the edition was in none of the `origins`."""
    changed = connection.execute(
        update(editions)
        .where(editions.c.week == week, editions.c.status.in_([status.value for status in origins]))
        .values(status=target.value)
    )
    return changed.rowcount == 1


def set_fields(connection: Connection, week: str, **values: Any) -> None:
    """Set columns of the row: `introduction`, `subject`, `send_at`, `started_at`, `sent_at`, `composed_at`."""
    connection.execute(update(editions).where(editions.c.week == week).values(**values))


# --- Revisions --------------------------------------------------------------------------------------------------------


def save_revision(connection: Connection, edition: Edition, *, by: str, at: datetime) -> Edition:
    """Keep `edition` as the next revision of its week and make it the current one; returns it with its number."""
    row = ensure(connection, edition.week)
    numbered = replace(edition, revision=row.revision + 1)
    connection.execute(
        insert(revisions).values(
            week=edition.week, revision=numbered.revision, made_at=at, made_by=by, snapshot=as_json(numbered)
        )
    )
    connection.execute(update(editions).where(editions.c.week == edition.week).values(revision=numbered.revision))
    connection.execute(delete(edition_posts).where(edition_posts.c.week == edition.week))
    shown = {post.id: True for post in numbered.posts}
    left = {post.post: False for post in numbered.left_out if post.post}
    rows = [{"week": edition.week, "post": post, "shown": is_shown} for post, is_shown in (left | shown).items()]
    if rows:
        connection.execute(insert(edition_posts), rows)
    return numbered


def load(connection: Connection, week: str, revision: int | None = None) -> Edition | None:
    """A revision's snapshot; the current one where none is named."""
    wanted = revision
    if wanted is None:
        row = find(connection, week)
        wanted = row.revision if row else 0
    found = connection.execute(
        select(revisions.c.snapshot).where(revisions.c.week == week, revisions.c.revision == wanted)
    ).scalar_one_or_none()
    return None if found is None else from_json(found)


def taken(connection: Connection, *, besides: str) -> dict[str, str]:
    """Which posts other editions show: post id to week. Skipped editions show nothing."""
    rows = connection.execute(
        select(edition_posts.c.post, edition_posts.c.week)
        .join(editions, editions.c.week == edition_posts.c.week)
        .where(
            edition_posts.c.shown,
            edition_posts.c.week != besides,
            editions.c.status != EditionStatus.SKIPPED.value,
        )
    )
    return {row.post: row.week for row in rows}


def previous(connection: Connection, week: str) -> Edition | None:
    """The newest earlier edition that was sent or is being sent."""
    found = connection.execute(
        select(func.max(editions.c.week)).where(
            editions.c.week < week,
            editions.c.status.in_([EditionStatus.SENDING.value, EditionStatus.SENT.value]),
        )
    ).scalar_one_or_none()
    return load(connection, found) if found else None


# --- The editor's decisions -------------------------------------------------------------------------------------------


def decisions_for(connection: Connection, week: str) -> dict[str, Decision]:
    """What the editor decided in `week`: post id to decision."""
    rows = connection.execute(select(decisions).where(decisions.c.week == week))
    return {
        row.post: Decision(
            row.post,
            row.theme,
            row.dropped,
            row.held,
            row.pinned,
            row.position,
            row.title,
            tuple((int(start), int(end)) for start, end in row.sentences),
        )
        for row in rows
    }


def decide(connection: Connection, week: str, decision: Decision, *, at: datetime) -> None:
    """Keep a decision in place of the one before it; one that decides nothing is forgotten."""
    key = (decisions.c.week == week) & (decisions.c.post == decision.post)
    connection.execute(delete(decisions).where(key))
    if decision != Decision(decision.post):
        connection.execute(
            insert(decisions).values(
                week=week,
                post=decision.post,
                theme=decision.theme,
                dropped=decision.dropped,
                held=decision.held,
                pinned=decision.pinned,
                position=decision.position,
                title=decision.title,
                sentences=[list(offsets) for offsets in decision.sentences],
                made_at=at,
            )
        )


def evidence(connection: Connection, *, limit: int = 500) -> list[tuple[str, Evidence]]:
    """The newest moves of posts between themes, oldest first, each with its post's id; text is the feed's own."""
    rows = connection.execute(
        select(decisions.c.post, decisions.c.theme, posts.c.title, posts.c.html, posts.c.source)
        .join(posts, posts.c.id == decisions.c.post)
        .where(decisions.c.theme != "")
        .order_by(decisions.c.made_at.desc(), decisions.c.post)
        .limit(limit)
    ).all()
    return [(row.post, Evidence(row.title, row.html, row.source, row.theme)) for row in reversed(rows)]


# --- Approvals --------------------------------------------------------------------------------------------------------


def add_approval(connection: Connection, approval: Approval, rendered: EditionMail) -> None:
    """Keep an approval, with the mail as the approver saw it."""
    connection.execute(
        insert(approvals).values(
            week=approval.week,
            revision=approval.revision,
            fingerprint=approval.fingerprint,
            rendered=_RENDERED.dump_python(rendered, mode="json"),
            by=approval.by,
            at=approval.at,
        )
    )


def approval_of(connection: Connection, week: str) -> Approval | None:
    """The approval in force, if any."""
    row = connection.execute(
        select(approvals)
        .where(approvals.c.week == week, approvals.c.voided_at.is_(None))
        .order_by(approvals.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Approval(row.week, row.revision, row.fingerprint, row.by, row.at)


def sent_mail(connection: Connection, week: str) -> EditionMail | None:
    """The mail of an edition that was sent, or is being sent, as it was approved; None for any other."""
    found = connection.execute(
        select(approvals.c.rendered)
        .join(editions, editions.c.week == approvals.c.week)
        .where(
            approvals.c.week == week,
            approvals.c.voided_at.is_(None),
            editions.c.status.in_([EditionStatus.SENDING.value, EditionStatus.SENT.value]),
        )
        .order_by(approvals.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else _RENDERED.validate_python(found)


def last_voided(connection: Connection, week: str) -> str:
    """Why the newest approval was voided; "" where it stands or there was none."""
    row = connection.execute(
        select(approvals).where(approvals.c.week == week).order_by(approvals.c.id.desc()).limit(1)
    ).one_or_none()
    return "" if row is None or row.voided_at is None else str(row.voided_because)


def void_approval(connection: Connection, week: str, *, because: str, at: datetime) -> bool:
    """Void the approval in force; False when there was none."""
    changed = connection.execute(
        update(approvals)
        .where(approvals.c.week == week, approvals.c.voided_at.is_(None))
        .values(voided_at=at, voided_because=because)
    )
    return changed.rowcount > 0


# --- Audit ------------------------------------------------------------------------------------------------------------


def note(
    connection: Connection, *, at: datetime, by: str, what: str, week: str = "", detail: dict[str, Any] | None = None
) -> None:
    """Add a row to the audit trail; it is never changed again."""
    connection.execute(insert(audit).values(at=at, by=by, what=what, week=week, detail=detail or {}))


def trail(connection: Connection, week: str, *, limit: int = 200) -> list[AuditRow]:
    """The audit rows of a week, newest first."""
    rows = connection.execute(select(audit).where(audit.c.week == week).order_by(audit.c.id.desc()).limit(limit))
    return [AuditRow(row.at, row.by, row.what, row.week, row.detail) for row in rows]


def last_noted(connection: Connection, week: str, what: str) -> AuditRow | None:
    """The newest audit row of a week that says `what`."""
    row = connection.execute(
        select(audit).where(audit.c.week == week, audit.c.what == what).order_by(audit.c.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else AuditRow(row.at, row.by, row.what, row.week, row.detail)

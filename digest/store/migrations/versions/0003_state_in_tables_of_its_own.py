"""Tables of their own for corrections, link checks, sending runs and the store's name; columns for details"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FAR = datetime(9999, 1, 1, tzinfo=UTC)  # until when 0001 kept names and numbers as leases
_RUN = "run:"
_CHANGED = "changed "
_FROM = "from: "
_RETURNED = ("bounce", "complaint")

# As they are in this revision; `digest.store.schema` has them as they are today.
_audit = sa.table(
    "audit",
    sa.column("id", sa.Integer),
    sa.column("at", UTCDateTime),
    sa.column("by", sa.Text),
    sa.column("what", sa.Text),
    sa.column("week", sa.Text),
    sa.column("detail", sa.JSON),
)
_editions = sa.table("editions", sa.column("week", sa.Text))
_approvals = sa.table(
    "approvals",
    sa.column("id", sa.Integer),
    sa.column("week", sa.Text),
    sa.column("at", UTCDateTime),
    sa.column("subscribers", sa.Integer),
)
_leases = sa.table("leases", sa.column("name", sa.Text), sa.column("holder", sa.Text), sa.column("until", UTCDateTime))
_suppressions = sa.table(
    "suppressions", sa.column("hash", sa.Text), sa.column("reason", sa.Text), sa.column("detail", sa.Text)
)
_consent = sa.table(
    "consent",
    sa.column("id", sa.Integer),
    sa.column("what", sa.Text),
    sa.column("detail", sa.Text),
    sa.column("wording", sa.Text),
)


def upgrade() -> None:
    corrections = op.create_table(
        "corrections",
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["week"], ["editions.week"], name=op.f("fk_corrections_week")),
        sa.PrimaryKeyConstraint("week", "number", name=op.f("pk_corrections")),
    )
    link_checks = op.create_table(
        "link_checks",
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("week", "url", name=op.f("pk_link_checks")),
    )
    sending_runs = op.create_table(
        "sending_runs",
        sa.Column("mailing", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailing", name=op.f("pk_sending_runs")),
    )
    store_identity = op.create_table(
        "store_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_identity")),
    )
    op.add_column("approvals", sa.Column("subscribers", sa.Integer(), nullable=True))
    op.add_column("suppressions", sa.Column("detail", sa.Text(), server_default="", nullable=False))
    op.add_column("consent", sa.Column("detail", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    _insert(connection, corrections, list(_corrections(connection)))
    _insert(connection, link_checks, list(_link_checks(connection)))
    _count_approvals(connection)
    _part_leases(connection, sending_runs, store_identity)
    _part_suppressions(connection)
    _part_consent(connection)


def downgrade() -> None:
    connection = op.get_bind()
    leases = [
        {"name": f"{_RUN}{mailing}", "holder": str(number), "until": _FAR}
        for mailing, number in connection.execute(sa.text("SELECT mailing, number FROM sending_runs"))
    ]
    names = connection.execute(sa.text("SELECT name FROM store_identity"))
    leases += [{"name": "store", "holder": name, "until": _FAR} for (name,) in names]
    _insert(connection, _leases, leases)
    detail, reason = _suppressions.c.detail, _suppressions.c.reason
    whole = sa.case((reason == "suppressed", detail), else_=reason + " " + detail)
    connection.execute(sa.update(_suppressions).where(detail != "").values(reason=whole))
    detail, what = _consent.c.detail, _consent.c.what
    connection.execute(sa.update(_consent).where(what == _CHANGED.strip()).values(what=what + " " + detail))
    connection.execute(
        sa.update(_consent).where(what == "moved here", detail != "").values(wording=sa.literal(_FROM) + detail)
    )
    for table in ("consent", "suppressions"):
        op.drop_column(table, "detail")
    op.drop_column("approvals", "subscribers")
    for table in ("corrections", "link_checks", "sending_runs", "store_identity"):
        op.drop_table(table)


def _insert(connection: sa.Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _corrections(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield what was sent, or is being sent, after an edition: each was a row of the audit trail."""
    statement = sa.select(_audit).where(_audit.c.what == "correction", _audit.c.week.in_(sa.select(_editions.c.week)))
    for row in connection.execute(statement.order_by(_audit.c.id)).all():
        number = int(row.detail["name"].rpartition("+")[2])
        text, subject = row.detail["text"], row.detail["subject"]
        yield {"week": row.week, "number": number, "text": text, "subject": subject, "by": row.by, "at": row.at}


def _link_checks(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield what is known of links: the newest row of the audit trail held all those of its week."""
    newest = sa.select(sa.func.max(_audit.c.id)).where(_audit.c.what == "links checked").group_by(_audit.c.week)
    for row in connection.execute(sa.select(_audit).where(_audit.c.id.in_(newest))).all():
        for url, result in row.detail.get("links", {}).items():
            at = datetime.fromisoformat(result["at"])
            yield {"week": row.week, "url": url, "state": result["state"], "reason": result["reason"], "at": at}


def _count_approvals(connection: sa.Connection) -> None:
    """Carry over how many subscribers there were at each approval: its row of the audit trail said so."""
    for row in connection.execute(sa.select(_audit).where(_audit.c.what == "approved")).all():
        if "readers" in row.detail:
            connection.execute(
                sa.update(_approvals)
                .where(_approvals.c.week == row.week, _approvals.c.at == row.at)
                .values(subscribers=row.detail["readers"])
            )


def _part_leases(connection: sa.Connection, sending_runs: Any, store_identity: Any) -> None:
    """Move the store's name and the numbers of sending runs, which were leases until the year 9999."""
    is_no_lease = sa.or_(_leases.c.name == "store", _leases.c.name.like(f"{_RUN}%"))
    rows = connection.execute(sa.select(_leases).where(is_no_lease)).all()
    runs = [row for row in rows if row.name != "store"]
    _insert(connection, sending_runs, [{"mailing": r.name.removeprefix(_RUN), "number": int(r.holder)} for r in runs])
    _insert(connection, store_identity, [{"id": 1, "name": row.holder} for row in rows if row.name == "store"])
    connection.execute(sa.delete(_leases).where(is_no_lease))


def _part_suppressions(connection: sa.Connection) -> None:
    """Part each reason from its detail; what is none of ours is in an operator's words."""
    reason, detail = _suppressions.c.reason, _suppressions.c.detail
    plain = ("left", "erased", "moved to another address", "suppressed", *_RETURNED)
    operators = sa.and_(reason.not_in(plain), *(reason.not_like(f"{word} %") for word in _RETURNED))
    connection.execute(sa.update(_suppressions).where(operators).values(detail=reason, reason="suppressed"))
    for word in _RETURNED:
        parted = {detail: sa.func.trim(sa.func.substr(reason, len(word) + 1)), reason: word}
        connection.execute(sa.update(_suppressions).where(reason.like(f"{word} %")).values(parted))


def _part_consent(connection: sa.Connection) -> None:
    """Part what was changed, and the hashes of old addresses, from the words before them."""
    what, detail, wording = _consent.c.what, _consent.c.detail, _consent.c.wording
    changed = {detail: sa.func.substr(what, len(_CHANGED) + 1), what: _CHANGED.strip()}
    connection.execute(sa.update(_consent).where(what.like(f"{_CHANGED}%")).values(changed))
    moved = {detail: sa.func.substr(wording, len(_FROM) + 1), wording: ""}
    connection.execute(sa.update(_consent).where(what == "moved here", wording.like(f"{_FROM}%")).values(moved))

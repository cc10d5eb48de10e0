"""The order of an edition as its editor set it, notes, alternative texts, and what each revision was made from"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# As they are in this revision; `digest.store.schema` has them as they are today.
_editions = sa.table(
    "editions", sa.column("week", sa.Text), sa.column("revision", sa.Integer), sa.column("post_order", sa.JSON)
)
_revisions = sa.table(
    "revisions", sa.column("week", sa.Text), sa.column("revision", sa.Integer), sa.column("snapshot", sa.JSON)
)
_decisions = sa.table(
    "decisions",
    sa.column("week", sa.Text),
    sa.column("post", sa.Text),
    sa.column("position", sa.Integer),
    sa.column("full", sa.Boolean),
)


def upgrade() -> None:
    op.add_column("editions", sa.Column("preheader", sa.Text(), nullable=False, server_default=""))
    op.add_column("editions", sa.Column("lead", sa.String(16), nullable=False, server_default=""))
    op.add_column("editions", sa.Column("theme_order", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("editions", sa.Column("post_order", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("revisions", sa.Column("editing", sa.JSON(), nullable=True))
    op.add_column("decisions", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("alt", sa.Text(), nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("full", sa.Boolean(), nullable=True))
    op.add_column("decisions", sa.Column("brought_in", sa.Text(), nullable=False, server_default=""))
    _carry_positions_over()
    op.drop_column("decisions", "position")


def _carry_positions_over() -> None:
    """Turn the positions of single posts into the order that their themes have in the current revision."""
    connection = op.get_bind()
    snapshots = connection.execute(
        sa.select(_editions.c.week, _revisions.c.snapshot)
        .join(_revisions, (_revisions.c.week == _editions.c.week) & (_revisions.c.revision == _editions.c.revision))
        .where(_editions.c.week.in_(sa.select(_decisions.c.week).where(_decisions.c.position.is_not(None)).distinct()))
    ).all()
    for week, snapshot in snapshots:
        positioned = set(
            connection.scalars(
                sa.select(_decisions.c.post).where(_decisions.c.week == week, _decisions.c.position.is_not(None))
            )
        )
        orders: dict[str, list[str]] = {}
        for section in snapshot["sections"]:
            by_hand = [post for post in section["posts"] if post["id"] in positioned]
            if by_hand:
                orders[section["theme"]] = [post["id"] for post in section["posts"]]
            for post in by_hand:
                _keep_length(connection, week, post)
        connection.execute(sa.update(_editions).where(_editions.c.week == week).values(post_order=orders))


def _keep_length(connection: sa.Connection, week: str, post: dict[str, Any]) -> None:
    """A position also decided which posts get a summary: make that the editor's decision."""
    is_full = not any(reason.startswith("short: ") for reason in post["because"])
    key = (_decisions.c.week == week) & (_decisions.c.post == post["id"])
    connection.execute(sa.update(_decisions).where(key).values(full=is_full))


def downgrade() -> None:
    op.add_column("decisions", sa.Column("position", sa.Integer(), nullable=True))
    for column in ("brought_in", "full", "alt", "note"):
        op.drop_column("decisions", column)
    op.drop_column("revisions", "editing")
    for column in ("post_order", "theme_order", "lead", "preheader"):
        op.drop_column("editions", column)

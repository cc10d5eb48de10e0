"""Whom the editors' mail reached is kept in a table of its own, not read from the audit trail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("week", sa.String(16), primary_key=True),
        sa.Column("event", sa.String(32), primary_key=True),
        sa.Column("recipient", sa.String(64), primary_key=True),
        sa.Column("at", UTCDateTime, nullable=False),
    )
    # Drafts that were announced by an older version are not announced again; "" stands for all editors.
    op.execute(
        "INSERT INTO notifications (week, event, recipient, at)"
        " SELECT week, 'draft ready', '', MIN(at) FROM audit WHERE what = 'editors told' GROUP BY week"
    )


def downgrade() -> None:
    op.drop_table("notifications")

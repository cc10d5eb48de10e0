"""Bounces in a table of their own, so that many at once can be put on hold; soft ones were counted from histories"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import BigId, UTCDateTime

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppressions", sa.Column("also", sa.Text, nullable=False, server_default=""))
    # What came after a suppression that stayed first: it forbids that an operator lifts it.
    for what, reason in (("erased", "erased"), ("unsubscribed", "left")):
        op.execute(
            f"UPDATE suppressions SET also = '{reason}' WHERE reason IN ('bounce', 'suppressed') AND EXISTS"  # noqa: S608
            f" (SELECT 1 FROM consent c WHERE c.hash = suppressions.hash AND c.what = '{what}' AND NOT EXISTS"
            " (SELECT 1 FROM consent later WHERE later.hash = c.hash AND later.id > c.id"
            " AND later.what IN ('confirmed', 'subscribed')))"
        )
    op.create_table(
        "mailbox_readings",
        sa.Column("mailbox", sa.String(64), primary_key=True),
        sa.Column("at", UTCDateTime, nullable=False),
    )
    op.create_table(
        "bounces",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("subscriber", BigId, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("batch", sa.String(16), nullable=False),
        sa.Column("hard", sa.Boolean, nullable=False),
        sa.Column("returned", sa.Boolean, nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("hold", sa.Text, nullable=False, server_default=""),
        sa.Column("suppressed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.CheckConstraint("state IN ('new', 'counted', 'on hold', 'accepted', 'dismissed')", name="state"),
        sa.UniqueConstraint("subscriber", "batch"),
    )
    op.create_index("ix_bounces_batch", "bounces", ["batch"])
    op.create_index("ix_bounces_state", "bounces", ["state"])
    # The lines of histories from which soft bounces were counted so far; their origin is the mailing.
    op.execute(
        "INSERT INTO bounces (subscriber, batch, hard, returned, cause, code, detail, at, state)"
        " SELECT s.id, c.origin, false, true, 'full', '', MIN(c.how), MIN(c.at), 'counted'"
        " FROM consent c JOIN subscribers s ON s.hash = c.hash"
        " WHERE c.what = 'soft bounce' AND c.origin <> '' AND LENGTH(c.origin) <= 16 GROUP BY s.id, c.origin"
    )


def downgrade() -> None:
    op.drop_table("bounces")
    op.drop_table("mailbox_readings")
    op.drop_column("suppressions", "also")

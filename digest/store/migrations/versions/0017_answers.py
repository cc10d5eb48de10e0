"""Pausing a sending, editors' answers to a draft, first approvals, and mails to editors that no server has taken"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# As they are in this revision; `digest.store.schema` has them as they are today.
_editions = sa.table(
    "editions",
    sa.column("week", sa.String),
    sa.column("status", sa.String),
    sa.column("answered_at", UTCDateTime),
    sa.column("sent_at", UTCDateTime),
)
_audit = sa.table(
    "audit",
    sa.column("at", UTCDateTime),
    sa.column("week", sa.String),
    sa.column("what", sa.String),
)
_notifications = sa.table(
    "notifications",
    sa.column("week", sa.String),
    sa.column("event", sa.String),
    sa.column("recipient", sa.String),
    sa.column("at", UTCDateTime),
)


def upgrade() -> None:
    op.add_column("editions", sa.Column("paused_at", UTCDateTime(), nullable=True))
    op.add_column("editions", sa.Column("paused_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("editions", sa.Column("answered_at", UTCDateTime(), nullable=True))
    op.create_table(
        "first_approvals",
        sa.Column("week", sa.String(8), sa.ForeignKey("editions.week"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "pending_notices",
        sa.Column("week", sa.String(16), primary_key=True),
        sa.Column("event", sa.String(32), primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("while_status", sa.String(16), nullable=False, server_default=""),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    _carry_answers_over()


def _carry_answers_over() -> None:
    """Whoever had approved, held or skipped an edition had answered; what was sent before is not announced now."""
    answers = sa.select(sa.func.min(_audit.c.at)).where(
        _audit.c.week == _editions.c.week, _audit.c.what.in_(("approved", "held", "skipped"))
    )
    op.execute(sa.update(_editions).values(answered_at=answers.scalar_subquery()))
    sent = sa.select(_editions.c.week, sa.literal("sent"), sa.literal(""), _editions.c.sent_at).where(
        _editions.c.status == "sent", _editions.c.sent_at.is_not(None)
    )
    op.execute(sa.insert(_notifications).from_select(["week", "event", "recipient", "at"], sent))
    op.execute(sa.delete(_notifications).where(_notifications.c.event == "draft ready, failed"))


def downgrade() -> None:
    op.drop_table("pending_notices")
    op.drop_table("first_approvals")
    op.drop_column("editions", "answered_at")
    op.drop_column("editions", "paused_by")
    op.drop_column("editions", "paused_at")

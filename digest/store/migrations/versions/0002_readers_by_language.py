"""Readers by status and language: the desk asks on every page"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_subscribers_status_language"), "subscribers", ["status", "language"])
    op.drop_index(op.f("ix_subscribers_status"), "subscribers")


def downgrade() -> None:
    op.create_index(op.f("ix_subscribers_status"), "subscribers", ["status"])
    op.drop_index(op.f("ix_subscribers_status_language"), "subscribers")

"""Moves of posts between themes that no longer teach"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten_moves",
        sa.Column("week", sa.String(8), primary_key=True),
        sa.Column("post", sa.String(16), primary_key=True),
        sa.Column("theme", sa.String(80), nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("forgotten_moves")

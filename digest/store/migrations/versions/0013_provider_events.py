"""Bounces and complaints that providers report by webhook, each once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(16), primary_key=True),
        sa.Column("event", sa.String(64), primary_key=True),
        sa.Column("at", UTCDateTime, nullable=False),
    )
    op.create_index("ix_provider_events_at", "provider_events", ["at"])


def downgrade() -> None:
    op.drop_table("provider_events")

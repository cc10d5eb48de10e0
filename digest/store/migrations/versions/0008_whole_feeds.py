"""When a source last sent its feed, and not only word that nothing has changed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Unknown for old rows: their next visit asks for the whole feed.
    op.add_column("sources", sa.Column("whole_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "whole_at")

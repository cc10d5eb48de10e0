"""Which approved text a delivery carried, and since when its subscriber has been deferred"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("deferred_since", UTCDateTime(), nullable=True))
    op.add_column("deliveries", sa.Column("approval", sa.BigInteger(), nullable=False, server_default="0"))
    # Until now the deadline counted from the first try. What was sent before stays unknown: an edition may have been
    # approved again meanwhile.
    op.execute("UPDATE deliveries SET deferred_since = first_at WHERE state = 'deferred'")


def downgrade() -> None:
    op.drop_column("deliveries", "approval")
    op.drop_column("deliveries", "deferred_since")

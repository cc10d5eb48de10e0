"""How often subscribers get mail, and until when they pause"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema.columns import UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLES = ("subscribers", "unconfirmed_choices")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("frequency", sa.String(16), nullable=False, server_default="weekly"))
    op.add_column("subscribers", sa.Column("paused_until", UTCDateTime))


def downgrade() -> None:
    op.drop_column("subscribers", "paused_until")
    for table in reversed(_TABLES):
        op.drop_column(table, "frequency")

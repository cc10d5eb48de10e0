"""What an entry says, apart from its markup and addresses; and which entries of a feed were not used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Entries that a feed still shows get theirs at its next visit.
    op.add_column("entries", sa.Column("text_hash", sa.String(64), nullable=False, server_default=""))
    op.add_column("sources", sa.Column("left_out", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("sources", "left_out")
    op.drop_column("entries", "text_hash")

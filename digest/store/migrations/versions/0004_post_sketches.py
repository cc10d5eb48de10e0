"""A sketch of each post's text, so that near-duplicates are found without loading all texts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("sketch", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("posts", "sketch")

"""What a post links to where that is no web page, and how large it is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("media", sa.JSON(none_as_null=True)))
    op.add_column("pages", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("pages", "size")
    op.drop_column("posts", "media")

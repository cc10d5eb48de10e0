"""Pictures of posts, and editors who leave one out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema.columns import UTCDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("post", sa.String(16), sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("fetched_at", UTCDateTime, nullable=False),
    )
    op.create_index("ix_pictures_name", "pictures", ["name"])
    op.add_column("decisions", sa.Column("no_picture", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("decisions", "no_picture")
    op.drop_table("pictures")

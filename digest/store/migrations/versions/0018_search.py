"""The words of posts, to be searched, and who added a post by hand"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("added_by", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "post_texts",
        sa.Column("post", sa.String(16), sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("changed_at", UTCDateTime, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":  # a search reads all of it: unpacking took most of the time
        op.execute("ALTER TABLE post_texts ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("post_texts")
    op.drop_column("posts", "added_by")

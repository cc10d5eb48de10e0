"""What editors have typed and not yet applied to the edition"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime
from digest.store.schema.columns import WeekType

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("week", WeekType(8), primary_key=True),
        sa.Column("field", sa.String(16), primary_key=True),
        sa.Column("post", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("saved_at", UTCDateTime, nullable=False),
    )
    op.create_index("ix_drafts_saved_at", "drafts", ["saved_at"])


def downgrade() -> None:
    op.drop_table("drafts")

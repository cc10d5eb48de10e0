"""What is wrong, and who was notified of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema.columns import UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("about", sa.String(200), primary_key=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
        sa.Column("since", UTCDateTime, nullable=False),
        sa.Column("resolved_at", UTCDateTime),
        sa.Column("notified", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("alerts")

"""What those who come back have chosen and not confirmed yet"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema.columns import BigId, UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unconfirmed_choices",
        sa.Column("subscriber", BigId, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("themes", sa.JSON, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("unconfirmed_choices")

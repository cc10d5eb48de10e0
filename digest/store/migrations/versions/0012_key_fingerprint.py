"""Which secret key a store was made with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Unknown for an older store: it adopts the key that is there when it is next opened.
    op.add_column("store_identity", sa.Column("key_fingerprint", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("store_identity", "key_fingerprint")

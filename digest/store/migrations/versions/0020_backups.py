"""When the store was last backed up, which database it lies in, and whether it was restored"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TEXTS = ("place", "backup_file")
_MOMENTS = ("restored_from", "backup_at")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("store_identity", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in _MOMENTS:
        op.add_column("store_identity", sa.Column(name, UTCDateTime()))
    op.add_column("store_identity", sa.Column("backup_size", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in (*_TEXTS, *_MOMENTS, "backup_size"):
        op.drop_column("store_identity", name)

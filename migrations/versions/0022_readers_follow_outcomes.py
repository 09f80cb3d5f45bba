"""Readers follow outcomes

Which outcomes a reader chose; none is the whole review. Going back, everybody follows the whole review again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("subscriber") as batch_op:
        batch_op.add_column(sa.Column("outcomes", JSON, server_default="[]", nullable=False))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("subscriber") as batch_op:
        batch_op.drop_column("outcomes")

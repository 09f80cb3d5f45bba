"""Similar reports

Which decided reports a ranked one is most like. Going back loses these; a ranking made anew has them again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("score") as batch_op:
        batch_op.add_column(sa.Column("similar", JSON, server_default="[]", nullable=False))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("score") as batch_op:
        batch_op.drop_column("similar")

"""Readers choose how often

Every bulletin, those that change something, or one a quarter. Going back, everybody gets every bulletin again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("subscriber") as batch_op:
        batch_op.add_column(sa.Column("wants", sa.String(), server_default="every", nullable=False))
        batch_op.create_check_constraint(batch_op.f("ck_subscriber_wants"), "wants in ('every', 'changes', 'quarterly')")


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("subscriber") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_subscriber_wants"), type_="check")
        batch_op.drop_column("wants")

"""Counters of what is asked for

How often a client asked to subscribe, to sign in, or opened a link that is none: for all processes together.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "rate_counter",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "who", "begins_at", name=op.f("pk_rate_counter")),
    )
    op.create_index(op.f("ix_rate_counter_ends_at"), "rate_counter", ["ends_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_rate_counter_ends_at"), table_name="rate_counter")
    op.drop_table("rate_counter")

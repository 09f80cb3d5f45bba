"""Sets are signed complete

Which outcomes' sets of trials an editor signed as complete. Going back loses these signatures.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "completeness",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("searched_to", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('complete', 'withdrawn')", name=op.f("ck_completeness_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_completeness_person_id_person")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_completeness_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completeness")),
    )
    op.create_index(op.f("ix_completeness_review_id"), "completeness", ["review_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("completeness")

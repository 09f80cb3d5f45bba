"""What was wrong in a bulletin

An editor says what was wrong in a published bulletin; the next one names it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "correction",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_correction_person_id_person")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_correction_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("review_id", "number", "what", name=op.f("uq_correction_review_id_number_what")),
    )
    op.create_index(op.f("ix_correction_review_id"), "correction", ["review_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_correction_review_id"), table_name="correction")
    op.drop_table("correction")

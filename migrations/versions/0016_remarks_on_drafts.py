"""Remarks on drafts"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "remark",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("review_id", ID, nullable=False),
        sa.Column("bulletin_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("clear", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_remark_bulletin_id_bulletin")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_remark_person_id_person")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_remark_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    with op.batch_alter_table("remark") as batch_op:
        batch_op.create_index(batch_op.f("ix_remark_bulletin_id"), ["bulletin_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_review_id"), ["review_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("remark")

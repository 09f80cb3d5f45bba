"""Full texts and what came of reading them

Going back drops what was said of full texts; the PDFs stay among the blobs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "retrieval",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'attached') = (sha256 is not null)", name=op.f("ck_retrieval_file")),
        sa.CheckConstraint("state in ('attached', 'read_elsewhere', 'not_retrieved')", name=op.f("ck_retrieval_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retrieval_person_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_retrieval_report_id_report")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_retrieval_review_id_review")),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_retrieval_sha256_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retrieval")),
    )
    with op.batch_alter_table("retrieval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retrieval_report_id"), ["report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retrieval_review_id"), ["review_id"], unique=False)

    with op.batch_alter_table("screening_round", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leads_to", sa.String(), server_default="study", nullable=False))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("screening_round", schema=None) as batch_op:
        batch_op.drop_column("leads_to")

    with op.batch_alter_table("retrieval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retrieval_review_id"))
        batch_op.drop_index(batch_op.f("ix_retrieval_report_id"))

    op.drop_table("retrieval")

"""What is not shown

Which reports a cut-off or the filter of designs left out, which of them were read as an audit, what looser cut-offs were proposed, and the
card and bytes of each trained model. Going back loses these, and offers everything that was left out.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("ranking") as batch:
        batch.add_column(sa.Column("card", JSON, nullable=True))
        batch.add_column(sa.Column("model_sha256", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "unshown",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("ranking_id", NUMBER, nullable=False),
        sa.Column("report_id", NUMBER, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("cutoff", sa.Double(), nullable=False),
        sa.Column("audited", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_by", sa.String(), nullable=False),
        sa.CheckConstraint("why in ('cutoff', 'design')", name=op.f("ck_unshown_why")),
        sa.ForeignKeyConstraint(["ranking_id"], ["ranking.id"], name=op.f("fk_unshown_ranking_id_ranking")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_unshown_report_id_report")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_unshown_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unshown")),
        sa.UniqueConstraint("report_id", name=op.f("uq_unshown_report_id")),
    )
    op.create_index(op.f("ix_unshown_review_id"), "unshown", ["review_id"])
    op.create_table(
        "looser_cutoff",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("unshown_id", NUMBER, nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decision in ('', 'accepted', 'declined')", name=op.f("ck_looser_cutoff_decision")),
        sa.ForeignKeyConstraint(["unshown_id"], ["unshown.id"], name=op.f("fk_looser_cutoff_unshown_id_unshown")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_looser_cutoff_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looser_cutoff")),
        sa.UniqueConstraint("unshown_id", name=op.f("uq_looser_cutoff_unshown_id")),
    )
    op.create_index(op.f("ix_looser_cutoff_review_id"), "looser_cutoff", ["review_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("looser_cutoff")
    op.drop_table("unshown")
    with op.batch_alter_table("ranking") as batch:
        batch.drop_column("model_sha256")
        batch.drop_column("card")

"""Links to full texts, and what services cost

A migration is one change with its way back. Batch mode (`op.batch_alter_table`) keeps it working on SQLite. No data is
dropped without a word here about where it went.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "spending",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("micro_usd", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("service", "day", name=op.f("pk_spending")),
    )
    op.create_table(
        "full_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_full_text_report_id_report")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_full_text_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_full_text")),
        sa.UniqueConstraint("report_id", "source", "link", name=op.f("uq_full_text_report_id_source_link")),
    )
    with op.batch_alter_table("full_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_full_text_report_id"), ["report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_full_text_review_id"), ["review_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("full_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_full_text_review_id"))
        batch_op.drop_index(batch_op.f("ix_full_text_report_id"))

    op.drop_table("full_text")
    op.drop_table("spending")

"""Notices about reports, and registered trials

A migration is one change with its way back. Batch mode (`op.batch_alter_table`) keeps it working on SQLite. No data is
dropped without a word here about where it went.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "trial",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("primary_completion", sa.String(), nullable=False),
        sa.Column("primary_completion_expected", sa.Boolean(), nullable=False),
        sa.Column("completion", sa.String(), nullable=False),
        sa.Column("completion_expected", sa.Boolean(), nullable=False),
        sa.Column("results_posted", sa.String(), nullable=False),
        sa.Column("updated", sa.String(), nullable=False),
        sa.Column("enrolment", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("publications", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("results", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_trial_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint("review_id", "registration", name=op.f("uq_trial_review_id_registration")),
    )
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trial_review_id"), ["review_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("study_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("doi", sa.String(), nullable=False),
        sa.Column("pmid", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("dated", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("sources", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('retraction', 'expression of concern', 'correction', 'replacement')", name=op.f("ck_notice_kind")),
        sa.CheckConstraint("(report_id is null) <> (study_id is null)", name=op.f("ck_notice_subject")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_notice_report_id_report")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_notice_study_id_study")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_notice_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_report_id"), ["report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_study_id"), ["study_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_review_id"), ["review_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_review_id"))
        batch_op.drop_index(batch_op.f("ix_notice_study_id"))
        batch_op.drop_index(batch_op.f("ix_notice_report_id"))

    op.drop_table("notice")
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trial_review_id"))

    op.drop_table("trial")

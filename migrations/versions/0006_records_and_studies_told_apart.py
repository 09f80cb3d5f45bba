"""Records and studies told apart

What a person told apart, questions about two studies, studies put together, and on what basis a report belongs to a study. Links that are
there keep the basis `first`: what was written of them stands in their reason. Going back loses what people said to questions about studies.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "told_apart",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("record_id", NUMBER, nullable=False),
        sa.Column("other_id", NUMBER, nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint("record_id < other_id", name=op.f("ck_told_apart_ordered")),
        sa.ForeignKeyConstraint(["other_id"], ["record.id"], name=op.f("fk_told_apart_other_id_record")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_told_apart_record_id_record")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_told_apart_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_apart")),
    )
    op.create_table(
        "study_question",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("study_id", NUMBER, nullable=False),
        sa.Column("other_id", NUMBER, nullable=False),
        sa.Column("report_id", NUMBER, nullable=True),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("against", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.CheckConstraint("answer in ('same', 'different')", name=op.f("ck_study_question_answer")),
        sa.CheckConstraint("study_id < other_id", name=op.f("ck_study_question_ordered")),
        sa.ForeignKeyConstraint(["other_id"], ["study.id"], name=op.f("fk_study_question_other_id_study")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_study_question_report_id_report")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_study_question_review_id_review")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_question_study_id_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_question")),
        sa.UniqueConstraint("study_id", "other_id", name=op.f("uq_study_question_study_id_other_id")),
    )
    op.create_table(
        "study_merge",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("study_id", NUMBER, nullable=False),
        sa.Column("into_id", NUMBER, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["into_id"], ["study.id"], name=op.f("fk_study_merge_into_id_study")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_study_merge_review_id_review")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_merge_study_id_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_merge")),
    )
    _indices()
    with op.batch_alter_table("study") as batch_op:
        batch_op.add_column(sa.Column("results_awaited", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("study_report") as batch_op:
        batch_op.add_column(sa.Column("basis", sa.String(), nullable=False, server_default="first"))
        batch_op.add_column(sa.Column("undone_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("undone_at", MOMENT, nullable=True))
        batch_op.create_check_constraint(op.f("ck_study_report_basis"), "basis in ('first', 'document', 'registration', 'person')")


def downgrade() -> None:
    """Go back."""
    # A link that was undone holds no more; the older tables know no such thing.
    op.execute("DELETE FROM study_report WHERE undone_at IS NOT NULL")
    with op.batch_alter_table("study_report") as batch_op:
        batch_op.drop_constraint(op.f("ck_study_report_basis"), type_="check")
        for column in ("undone_at", "undone_by", "basis"):
            batch_op.drop_column(column)
    with op.batch_alter_table("study") as batch_op:
        batch_op.drop_column("results_awaited")
    for table in ("study_merge", "study_question", "told_apart"):
        op.drop_table(table)


def _indices() -> None:
    for table, column in (("told_apart", "review_id"), ("told_apart", "record_id"), ("told_apart", "other_id"), ("study_question", "review_id"),
                          ("study_question", "other_id"), ("study_merge", "review_id"), ("study_merge", "study_id"), ("study_merge", "into_id")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])

"""Appraisals of single results

A migration is one change with its way back. Batch mode (`op.batch_alter_table`) keeps it working on SQLite. No data is
dropped without a word here about where it went.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "rules_agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("rules_sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rules_agreement_person_id_person")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_rules_agreement_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules_agreement")),
        sa.UniqueConstraint(
            "review_id", "tool", "variant", "rules_sha256", name=op.f("uq_rules_agreement_review_id_tool_variant_rules_sha256")
        ),
    )
    with op.batch_alter_table("rules_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rules_agreement_review_id"), ["review_id"], unique=False)

    op.create_table(
        "appraisal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("tool_version", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talk_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("part in ('first', 'second', 'third')", name=op.f("ck_appraisal_part")),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name=op.f("fk_appraisal_effect_id_effect")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appraisal_person_id_person")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_appraisal_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal")),
        sa.UniqueConstraint("effect_id", "person_id", name=op.f("uq_appraisal_effect_id_person_id")),
    )
    with op.batch_alter_table("appraisal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_effect_id"), ["effect_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appraisal_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appraisal_review_id"), ["review_id"], unique=False)

    op.create_table(
        "appraisal_settlement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("tool_version", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("overall", sa.String(), nullable=False),
        sa.Column("judgements", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("signed_by", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis in ('agreed', 'third', 'one', '')", name=op.f("ck_appraisal_settlement_basis")),
        sa.CheckConstraint("state in ('signed', 'reopened')", name=op.f("ck_appraisal_settlement_state")),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name=op.f("fk_appraisal_settlement_effect_id_effect")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_appraisal_settlement_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_settlement")),
        sa.UniqueConstraint("effect_id", "number", name=op.f("uq_appraisal_settlement_effect_id_number")),
    )
    with op.batch_alter_table("appraisal_settlement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_settlement_effect_id"), ["effect_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appraisal_settlement_review_id"), ["review_id"], unique=False)

    op.create_table(
        "appraisal_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appraisal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer in ('Y', 'PY', 'PN', 'N', 'NI')", name=op.f("ck_appraisal_answer_answer")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_answer_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_appraisal_answer_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_answer")),
        sa.UniqueConstraint("appraisal_id", "question", "number", name=op.f("uq_appraisal_answer_appraisal_id_question_number")),
    )
    with op.batch_alter_table("appraisal_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_answer_review_id"), ["review_id"], unique=False)

    op.create_table(
        "appraisal_judgement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appraisal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suggested", sa.String(), nullable=False),
        sa.Column("judgement", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_judgement_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_appraisal_judgement_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_judgement")),
        sa.UniqueConstraint("appraisal_id", "domain", "number", name=op.f("uq_appraisal_judgement_appraisal_id_domain_number")),
    )
    with op.batch_alter_table("appraisal_judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_judgement_review_id"), ["review_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("appraisal_judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appraisal_judgement_review_id"))

    op.drop_table("appraisal_judgement")
    with op.batch_alter_table("appraisal_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appraisal_answer_review_id"))

    op.drop_table("appraisal_answer")
    with op.batch_alter_table("appraisal_settlement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appraisal_settlement_review_id"))
        batch_op.drop_index(batch_op.f("ix_appraisal_settlement_effect_id"))

    op.drop_table("appraisal_settlement")
    with op.batch_alter_table("appraisal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appraisal_review_id"))
        batch_op.drop_index(batch_op.f("ix_appraisal_person_id"))
        batch_op.drop_index(batch_op.f("ix_appraisal_effect_id"))

    op.drop_table("appraisal")
    with op.batch_alter_table("rules_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rules_agreement_review_id"))

    op.drop_table("rules_agreement")

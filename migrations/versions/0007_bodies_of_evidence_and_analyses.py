"""Estimates of non-randomised studies stand apart, and analyses beside the estimate are kept

A migration is one change with its way back. Batch mode (`op.batch_alter_table`) keeps it working on SQLite. Going down, the
estimates of non-randomised studies and all analyses are dropped: the older tables have no place for them, and both can be computed
again from the effects.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("estimate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("body", sa.String(), nullable=False, server_default="randomised"))
        batch_op.drop_constraint(batch_op.f("uq_estimate_cycle_id_outcome_revision"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_estimate_cycle_id_outcome_body_revision"), ["cycle_id", "outcome", "body", "revision"])
        batch_op.create_check_constraint(batch_op.f("ck_estimate_body"), "body in ('randomised', 'non_randomised')")
    op.create_table(
        "analysis",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("cycle_id", NUMBER, nullable=False),
        sa.Column("protocol_version_id", NUMBER, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("inputs_sha256", sa.String(), nullable=False),
        sa.Column("software", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('sensitivity', 'closer_look', 'what_next', 'repeated_looks')", name=op.f("ck_analysis_kind")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_analysis_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["inputs_sha256"], ["blob.sha256"], name=op.f("fk_analysis_inputs_sha256_blob")),
        sa.ForeignKeyConstraint(["protocol_version_id"], ["protocol_version.id"], name=op.f("fk_analysis_protocol_version_id_protocol_version")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_analysis_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
        sa.UniqueConstraint("cycle_id", "outcome", "kind", "revision", name=op.f("uq_analysis_cycle_id_outcome_kind_revision")),
    )
    with op.batch_alter_table("analysis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analysis_cycle_id"), ["cycle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_analysis_review_id"), ["review_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("analysis")
    op.execute("DELETE FROM estimate WHERE body <> 'randomised'")
    with op.batch_alter_table("estimate", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_estimate_body"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_estimate_cycle_id_outcome_body_revision"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_estimate_cycle_id_outcome_revision"), ["cycle_id", "outcome", "revision"])
        batch_op.drop_column("body")

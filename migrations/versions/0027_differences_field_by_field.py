"""Differences between extractor and verifier, field by field; missing results, window by window

Going back loses which fields differed and how each was settled, and which windows lack a result; the results themselves stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "effect_difference"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        TABLE,
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("effect_id", NUMBER, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("entered", sa.Text(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_by", NUMBER, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint("choice in ('', 'entered', 'read', 'other')", name=op.f("ck_effect_difference_choice")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_effect_difference_review_id_review")),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name=op.f("fk_effect_difference_effect_id_effect")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_effect_difference_person_id_person")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_effect_difference_settled_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect_difference")),
    )
    op.create_index(op.f("ix_effect_difference_review_id"), TABLE, ["review_id"])
    op.create_index(op.f("ix_effect_difference_effect_id"), TABLE, ["effect_id"])
    with op.batch_alter_table("outcome_statement") as batch_op:
        batch_op.add_column(sa.Column("window", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM outcome_statement WHERE \"window\" != ''")
    with op.batch_alter_table("outcome_statement") as batch_op:
        batch_op.drop_column("window")
    op.drop_table(TABLE)

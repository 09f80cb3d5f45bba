"""Ratings of certainty

What an editor signed on the certainty of each body of evidence. Going back loses these ratings.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "certainty_rating",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("protocol_version_id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("design", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("basis_sha256", sa.String(), nullable=False),
        sa.Column("decisions", JSON, nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("design in ('randomised', 'non_randomised')", name=op.f("ck_certainty_rating_design")),
        sa.CheckConstraint("level in ('high', 'moderate', 'low', 'very low')", name=op.f("ck_certainty_rating_level")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_certainty_rating_person_id_person")),
        sa.ForeignKeyConstraint(["protocol_version_id"], ["protocol_version.id"],
                                name=op.f("fk_certainty_rating_protocol_version_id_protocol_version")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_certainty_rating_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certainty_rating")),
        sa.UniqueConstraint("review_id", "outcome", "design", "number", name=op.f("uq_certainty_rating_review_id_outcome_design_number")),
    )
    op.create_index(op.f("ix_certainty_rating_review_id"), "certainty_rating", ["review_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("certainty_rating")

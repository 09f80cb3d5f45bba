"""Bulletins are deposited

How far each deposit in an archive such as Zenodo came, and its DOI. Going back loses these; what was deposited stays there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "deposit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("bulletin_id", NUMBER, nullable=False),
        sa.Column("archive", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("doi", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('begun', 'refused', 'created', 'uploaded', 'published')", name=op.f("ck_deposit_state")),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_deposit_bulletin_id_bulletin")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_deposit_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("bulletin_id", "archive", name=op.f("uq_deposit_bulletin_id_archive")),
    )
    op.create_index(op.f("ix_deposit_bulletin_id"), "deposit", ["bulletin_id"])
    op.create_index(op.f("ix_deposit_review_id"), "deposit", ["review_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("deposit")

"""Long work is a task

What somebody asked for on the web and the worker does. Going back forgets what waits; what was done stays.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "task",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("review_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("done", NUMBER, nullable=False),
        sa.Column("total", NUMBER, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", JSON, nullable=False),
        sa.CheckConstraint("state in ('waiting', 'working', 'done', 'failed')", name=op.f("ck_task_state")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_task_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_review_id"), "task", ["review_id"])
    op.create_index(op.f("ix_task_state"), "task", ["state"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("task")

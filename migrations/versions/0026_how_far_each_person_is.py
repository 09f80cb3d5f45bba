"""How far each person is, is counted by an index

With 20,000 records in a round, the pages of reviewers and of the team counted votes for most of the time that they took.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("assignment") as batch_op:
        batch_op.add_column(sa.Column("votes", NUMBER, nullable=False, server_default="0"))
    op.execute("UPDATE assignment SET votes = (SELECT count(*) FROM decision WHERE decision.assignment_id = assignment.id)")
    op.create_index("ix_assignment_progress", "assignment", ["round_id", "person_id", "votes", "told_at", "report_id"])
    op.create_index("ix_round_item_state", "round_item", ["round_id", "state"])
    op.create_index("ix_resolution_verdict", "resolution", ["round_id", "verdict", "final_at"])
    op.create_index("ix_report_standing", "report", ["review_id", "merged_into"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_report_standing", "report")
    op.drop_index("ix_resolution_verdict", "resolution")
    op.drop_index("ix_round_item_state", "round_item")
    op.drop_index("ix_assignment_progress", "assignment")
    with op.batch_alter_table("assignment") as batch_op:
        batch_op.drop_column("votes")

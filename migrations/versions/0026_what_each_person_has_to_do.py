"""What each person has to do is counted by an index

The team's page counts, for everybody, what was asked and not answered.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_index("ix_assignment_told", "assignment", ["round_id", "person_id", "told_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_assignment_told", "assignment")

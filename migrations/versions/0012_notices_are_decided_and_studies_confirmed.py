"""Notices are decided and studies confirmed

A notice keeps what becomes of the numbers; a study may be appraised and confirmed. Going back, such studies are extracted ones again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BEFORE = "state in ('candidate', 'included', 'extracted', 'merged')"
AFTER = "state in ('candidate', 'included', 'extracted', 'appraised', 'confirmed', 'merged')"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("decision", sa.String(), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_notice_decision"), "decision in ('keep', 'take_out')")
    _states(AFTER)


def downgrade() -> None:
    """Go back."""
    op.execute("UPDATE study SET state = 'extracted' WHERE state IN ('appraised', 'confirmed')")
    _states(BEFORE)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notice_decision"), type_="check")
        batch_op.drop_column("decision")


def _states(allowed: str) -> None:
    with op.batch_alter_table("study") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_study_state"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_study_state"), allowed)

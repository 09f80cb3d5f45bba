"""Decisions may be moved in

A round may come from another program, beside the cycle's own. Going back removes such rounds with what they decided.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOVED = "(SELECT id FROM screening_round WHERE origin <> '')"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("screening_round") as batch_op:
        batch_op.add_column(sa.Column("origin", sa.String(), server_default="", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_screening_round_cycle_id_stage"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_screening_round_cycle_id_stage_origin"), ["cycle_id", "stage", "origin"])


def downgrade() -> None:
    """Go back."""
    for table in ("resolution", "round_item"):
        op.execute(f"DELETE FROM {table} WHERE round_id IN {MOVED}")  # noqa: S608  no input: names of ours
    op.execute("DELETE FROM screening_round WHERE origin <> ''")
    with op.batch_alter_table("screening_round") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_screening_round_cycle_id_stage_origin"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_screening_round_cycle_id_stage"), ["cycle_id", "stage"])
        batch_op.drop_column("origin")

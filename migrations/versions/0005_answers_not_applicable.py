"""Answers may be "not applicable"

The questions of RoB 2 on the effect of adhering offer it. Going back removes such answers: the older schema had no place for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("appraisal_answer") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_appraisal_answer_answer"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_appraisal_answer_answer"), sa.text("answer in ('Y', 'PY', 'PN', 'N', 'NI', 'NA')"))


def downgrade() -> None:
    """Go back."""
    op.execute(sa.text("DELETE FROM appraisal_answer WHERE answer = 'NA'"))
    with op.batch_alter_table("appraisal_answer") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_appraisal_answer_answer"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_appraisal_answer_answer"), sa.text("answer in ('Y', 'PY', 'PN', 'N', 'NI')"))

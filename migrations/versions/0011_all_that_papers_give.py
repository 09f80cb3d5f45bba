"""All that papers give

Effects may be entered by every route of bot/methods/studies/routes.py. Going back fails while an effect stands that came by a new one.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = "route in ('means', 'events', 'smd')"
AFTER = ("route in ('means', 'means_se', 'means_ci', 'median_quartiles', 'median_range', 'five_numbers', 'change', 't', 'f', 'p', "
         "'difference', 'adjusted', 'ancova_t', 'events', 'odds_ratio', 'risk_ratio', 'smd', 'smd_ci', 'crossover')")


def upgrade() -> None:
    """Go forward."""
    _allow(AFTER)


def downgrade() -> None:
    """Go back."""
    _allow(BEFORE)


def _allow(routes: str) -> None:
    with op.batch_alter_table("effect") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_effect_route"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_effect_route"), routes)

"""The audit is a chain

Each event gets its place and the SHA-256 up to it. Those that are here are chained in the order of their numbers: from now on a change
of one of them shows, what was changed before does not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("event") as batch_op:
        batch_op.add_column(sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("chained", sa.String(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_event_place"), ["place"])
    _chain_what_is_here()


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("event") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_event_place"), type_="unique")
        batch_op.drop_column("chained")
        batch_op.drop_column("place")


def _chain_what_is_here() -> None:
    from db.base import Json, Utc
    from db.events import link

    event = sa.table("event", sa.column("id"), sa.column("review_id"), sa.column("at", Utc()), sa.column("by"), sa.column("kind"),
                     sa.column("subject"), sa.column("data", Json), sa.column("place"), sa.column("chained"))
    connection, before = op.get_bind(), ""
    rows = connection.execute(sa.select(event).order_by(event.c.id)).all()
    for place, row in enumerate(rows, start=1):
        before = link(before, row)
        connection.execute(event.update().where(event.c.id == row.id).values(place=place, chained=before))

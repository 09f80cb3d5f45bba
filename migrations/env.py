"""How Alembic finds our tables. Called by db/schema.py, never by Alembic's own command."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

import db.tables  # noqa: F401  makes every table known
from db.base import Base, Utc


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own types as what they are in the database: a migration must not change when the code does."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True, render_item=render)
with context.begin_transaction():
    context.run_migrations()

"""How Alembic finds our tables. Run by bot/steps/database/migrate.py through db/schema.py, never by Alembic's own command."""

from alembic import context

import db.tables  # noqa: F401  makes every table known
from db.base import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()

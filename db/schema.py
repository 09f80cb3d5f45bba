"""Bring a database to the schema of this code, and say when it is another. The migrations: migrations/versions."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import db.tables  # noqa: F401  makes every table known
from bot.errors import SchemaError
from db.base import Base
from db.session import Database


def migrate(database: Database, migrations: Path, *, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema to a revision; return (revision before, revision after). `to` may be lower than what is there."""
    config = _config(migrations)
    before = revision(database)
    script = ScriptDirectory.from_config(config)
    if before is not None and before not in {one.revision for one in script.walk_revisions()}:
        raise SchemaError(f"the database is at {before}, which this version does not know: it was made by a newer one. "
                          "Install that, or restore a backup")
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        target = script.get_revision(to)
        goes_back = to == "base" or (before is not None and target is not None and before > target.revision)
        (command.downgrade if goes_back else command.upgrade)(config, to)
        connection.commit()
    return before, revision(database)


def revision(database: Database) -> str | None:
    """Return the revision that the database is at, None if it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(migrations: Path) -> str | None:
    """Return the revision that this code needs."""
    return ScriptDirectory.from_config(_config(migrations)).get_current_head()


def require_current(database: Database, migrations: Path) -> None:
    """Raise SchemaError unless the database has the schema that this code needs."""
    have, need = revision(database), newest(migrations)
    if have != need:
        raise SchemaError(f"the database is at {have or 'nothing'}, this version needs {need}. Run:  ./perennial migrate")


def ready(database: Database, migrations: Path) -> None:
    """Give an empty database the schema; raise SchemaError for one that has another."""
    if revision(database) is None and not inspect(database.engine).get_table_names():
        migrate(database, migrations)
    require_current(database, migrations)


def differences(database: Database) -> list[object]:
    """Return what differs between the database and the tables of the code; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

"""Bring a database to the schema of this code, and say when it is another. The migrations: migrations/versions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

import db.tables  # noqa: F401  makes every table known
from bot.errors import SchemaError
from db.base import Base
from db.session import Database

LONGEST_WAIT_SECONDS = 60


def migrate(database: Database, migrations: Path, *, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema to a revision, all of it or nothing; return (revision before, revision after). `to` may be lower than what is there.

    Raises SchemaError for a revision that does not exist, and for a database that something else made.
    """
    config = _config(migrations)
    with _alone(database):
        before = revision(database)
        _require_known(database, config, before)
        command_ = _direction(config, before, to)
        with database.connecting() as connection, _tables_may_be_rebuilt(database, connection):
            config.attributes["connection"] = connection
            # Begun here: in a transaction of its own Alembic would commit after each migration on SQLite, and a kill leave half of them.
            connection.begin()
            command_(config, to)
            _require_keys_to_hold(database, connection)
            connection.commit()
        return before, revision(database)


def planned(database: Database, migrations: Path, *, to: str = "head") -> tuple[str | None, str | None]:
    """Return (revision now, revision after a `migrate`), and change nothing. Raises SchemaError as `migrate` does."""
    config = _config(migrations)
    before = revision(database)
    _require_known(database, config, before)
    _direction(config, before, to)
    return before, {"head": newest(migrations), "base": None}.get(to, to)


@contextmanager
def _tables_may_be_rebuilt(database: Database, connection: Connection) -> Iterator[None]:
    """Let SQLite drop a table that rows refer to and put a changed one in its place: it cannot change one as it stands."""
    if not database.is_sqlite:
        yield
        return
    # Inside of a transaction the pragma does nothing; nothing has begun one yet.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _require_keys_to_hold(database: Database, connection: Connection) -> None:
    """Raise SchemaError if a row refers to one that is not there: what SQLite was not to look at while tables were rebuilt."""
    if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()) is not None:
        raise SchemaError(f"the schema was not changed: a row of {broken[0]} would refer to a row of {broken[2]} that is not there")


def revision(database: Database) -> str | None:
    """Return the revision that the database is at, None if it is empty."""
    with database.connecting() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(migrations: Path) -> str | None:
    """Return the revision that this code needs."""
    return ScriptDirectory.from_config(_config(migrations)).get_current_head()


def require_current(database: Database, migrations: Path) -> None:
    """Raise SchemaError unless the database has the schema that this code needs."""
    have, need = revision(database), newest(migrations)
    _require_known(database, _config(migrations), have)
    if have != need:
        raise SchemaError(f"the database is at {have or 'nothing'}, this version needs {need}. Run:  ./perennial migrate")


def ready(database: Database, migrations: Path) -> None:
    """Give an empty database the schema; raise SchemaError for one that has another."""
    if revision(database) is None:
        migrate(database, migrations)
    require_current(database, migrations)


def integrity(database: Database) -> str:
    """Return what is broken in the database's own files, empty if nothing is; Postgres looks after that itself."""
    if not database.is_sqlite:
        return ""
    with database.connecting() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return "" if said == "ok" else f"SQLite says: {said}"


def differences(database: Database) -> list[object]:
    """Return what differs between the database and the tables of the code; empty when they agree."""
    with database.connecting() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let one process at a time change the schema; who comes second waits, and finds it done."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        with database.lock("schema") as got:
            if got:
                yield
                return
        if time.monotonic() > until:
            raise SchemaError(f"another process has been changing the schema for {LONGEST_WAIT_SECONDS} seconds. Wait for it, or end it")
        time.sleep(0.2)


def _require_known(database: Database, config: Config, have: str | None) -> None:
    """Raise SchemaError for a database that a newer version made, or something else than Perennial."""
    if have is not None and have not in _revisions(config):
        raise SchemaError(f"the database is at {have}, which this version does not know: it was made by a newer one. "
                          "Install that, or restore a backup")
    with database.connecting() as connection:
        strange = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
    if have is None and strange:
        named = ", ".join(strange[:3]) + (" …" if len(strange) > 3 else "")
        raise SchemaError(f"the database has tables that no migration of Perennial made ({named}). "
                          "Name an empty one:  PERENNIAL_DATABASE=postgresql://host/name")


def _direction(config: Config, before: str | None, to: str) -> Callable[[Config, str], None]:
    known = _revisions(config)
    if to not in ("head", "base", *known):
        raise SchemaError(f"there is no revision {to!r}; allowed: base, {', '.join(known)}, head")
    return command.downgrade if to == "base" or (to in known and before is not None and before > to) else command.upgrade


def _revisions(config: Config) -> list[str]:
    return sorted(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())

"""The migrations make the tables of the code on both databases, go down and up again, and refuse what another version made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from bot import paths
from bot.errors import DatabaseError, SchemaError
from db import reviews, schema
from db.base import Base
from db.session import Database

VERSION_TABLE = {"alembic_version"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table: SQLite, then Postgres."""
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").url(f"m{abs(hash(request.node.nodeid)) % 10**12}")
    one = Database(url)
    yield one
    one.close()


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def _constraints(database: Database) -> dict[str, set[str]]:
    """Return table → names of its keys, checks and indices: what `differences` does not compare."""
    found = inspect(database.engine)
    return {
        table: {str(one["name"]) for given in (found.get_check_constraints(table), found.get_unique_constraints(table),
                                               found.get_foreign_keys(table), found.get_indexes(table)) for one in given}
        for table in found.get_table_names() if table not in VERSION_TABLE}


def _stamp(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_the_migrations_make_the_tables_of_the_code(empty: Database) -> None:
    assert schema.migrate(empty, paths.migrations()) == (None, schema.newest(paths.migrations()))
    assert _tables(empty) == set(Base.metadata.tables) | VERSION_TABLE
    assert schema.differences(empty) == []


def test_the_migrations_make_the_same_keys_and_checks_as_the_code(empty: Database, database: Database) -> None:
    if empty.is_sqlite != database.is_sqlite:
        pytest.skip("one database at a time")
    schema.migrate(empty, paths.migrations())
    assert _constraints(empty) == _constraints(database)


def test_down_and_up_again_leaves_the_same(empty: Database) -> None:
    schema.migrate(empty, paths.migrations())
    before = _constraints(empty)
    schema.migrate(empty, paths.migrations(), to="base")
    assert _tables(empty) == VERSION_TABLE and schema.revision(empty) is None
    schema.migrate(empty, paths.migrations())
    assert _constraints(empty) == before
    assert schema.differences(empty) == []


def test_an_empty_database_is_made_ready_and_a_ready_one_stays(empty: Database, now) -> None:
    schema.ready(empty, paths.migrations())
    with empty.writing(by="system:test") as session:
        reviews.ensure(session, slug="kept", title="Kept", at=now)
    schema.ready(empty, paths.migrations())
    with empty.reading() as session:
        assert [row.slug for row in reviews.all_reviews(session)] == ["kept"]


def test_a_database_that_went_down_to_nothing_is_made_ready_again(empty: Database) -> None:
    schema.migrate(empty, paths.migrations())
    schema.migrate(empty, paths.migrations(), to="base")
    schema.ready(empty, paths.migrations())
    assert schema.differences(empty) == []


def test_a_newer_schema_is_refused_with_what_to_do(empty: Database) -> None:
    schema.migrate(empty, paths.migrations())
    _stamp(empty, "9999")
    with pytest.raises(SchemaError, match="newer"):
        schema.ready(empty, paths.migrations())
    with pytest.raises(SchemaError, match="newer"):
        schema.migrate(empty, paths.migrations())


def test_an_older_schema_is_refused_with_the_command_that_mends_it(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.migrate(empty, paths.migrations())
    monkeypatch.setattr(schema, "newest", lambda _: "0099")
    with pytest.raises(SchemaError, match=r"\./perennial migrate"):
        schema.ready(empty, paths.migrations())


def test_a_database_of_something_else_is_refused_and_left_alone(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id integer)"))
    for act in (schema.ready, schema.migrate):
        with pytest.raises(SchemaError, match="accounts"):
            act(empty, paths.migrations())
    assert _tables(empty) == {"accounts"}


@pytest.mark.parametrize("to", ["no-such-revision", "0099"])
def test_a_revision_that_does_not_exist_is_refused_with_those_there_are(sqlite: Database, tmp_path: Path, to: str) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(SchemaError, match="0001"):
        schema.migrate(empty, paths.migrations(), to=to)
    assert _tables(empty) == set()
    empty.close()


def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "letter.sqlite").write_text("Dear all, this is a letter and no database. " * 100)
    database = Database(f"sqlite:///{tmp_path / 'letter.sqlite'}")
    with pytest.raises(DatabaseError, match=r"letter\.sqlite"):
        schema.ready(database, paths.migrations())


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = Database("postgresql://ada:hunter2@127.0.0.1:1/review")
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1") as raised:
        schema.ready(database, paths.migrations())
    assert "hunter2" not in str(raised.value)


def test_the_migrations_are_numbered_one_after_the_other_without_branches() -> None:
    names = sorted(path.name for path in (paths.migrations() / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]


def test_a_migration_that_breaks_in_the_middle_leaves_nothing(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    made, create_table = [], Operations.create_table

    def breaks_at_the_tenth(self, name, *columns, **more):
        made.append(name)
        if len(made) == 10:
            raise ZeroDivisionError
        return create_table(self, name, *columns, **more)

    monkeypatch.setattr(Operations, "create_table", breaks_at_the_tenth)
    with pytest.raises(ZeroDivisionError):
        schema.migrate(empty, paths.migrations())
    monkeypatch.undo()
    assert _tables(empty) <= VERSION_TABLE
    schema.ready(empty, paths.migrations())
    assert schema.differences(empty) == []


def test_three_that_come_at_once_to_an_empty_database_make_it_ready_once(empty: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = empty.url.render_as_string(hide_password=False)

    def come(_: int) -> None:
        own = Database(url)
        schema.ready(own, paths.migrations())
        own.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(come, range(3)))
    assert schema.differences(empty) == []


def test_a_kill_in_the_middle_of_the_migrations_leaves_an_empty_database_that_is_made_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    # Killed at the last migration, as it would name itself: all before it were run.
    killed = f"""
import os, signal
from sqlalchemy import event
from bot import paths
from db import schema
from db.session import Database
database = Database({url!r})
@event.listens_for(database.engine, "before_cursor_execute")
def _(connection, cursor, statement, *rest):
    if "SET version_num=" in statement and repr(schema.newest(paths.migrations())) in statement:
        os.kill(os.getpid(), signal.SIGKILL)
schema.migrate(database, paths.migrations())
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", killed], env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    database = Database(url)
    assert schema.revision(database) is None
    schema.ready(database, paths.migrations())
    assert schema.differences(database) == []
    database.close()

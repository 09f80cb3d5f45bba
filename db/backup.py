"""Take every row out of a database and put it into another, SQLite or Postgres: one snapshot out, one transaction in.

Rows travel as JSON lines with the types of Python, so that a backup of one kind of database can be restored into the other. The sum
of a table is over its rows in the order of their keys, with numbers and keys of JSON values written in one way.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.orm import Session

import db.tables  # noqa: F401  makes every table known
from bot.errors import ConflictError, InvalidInputError
from db import schema
from db.base import Base, Utc
from db.canonical import canonical
from db.session import Database

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and the SHA-256 over all of them."""

    rows: int
    sha256: str


class Summing:
    """The sum of a table, row by row."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, hashlib.sha256()

    def add(self, values: list[Any]) -> None:
        """Take in a row."""
        self.rows += 1
        self._sum.update(canonical(values) + b"\n")

    @property
    def result(self) -> TableSum:
        """The sum so far."""
        return TableSum(self.rows, self._sum.hexdigest())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows of a database as they were at one moment, whatever is written meanwhile."""

    session: Session

    @property
    def tables(self) -> list[str]:
        """Names of the tables, each behind those that it refers to."""
        return [table.name for table in Base.metadata.sorted_tables]

    def columns(self, name: str) -> list[str]:
        """Names of the columns of a table."""
        return [column.name for column in Base.metadata.tables[name].columns]

    def rows(self, name: str) -> Iterator[list[Any]]:
        """Give the rows of a table as plain values, in the order of their keys."""
        table = Base.metadata.tables[name]
        query = select(table).order_by(*table.primary_key.columns)
        pack = [_packing(column.type) for column in table.columns]
        for row in self.session.connection().execution_options(stream_results=True, yield_per=AT_ONCE).execute(query):
            yield [None if value is None else to_plain(value) for value, to_plain in zip(row, pack, strict=True)]


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Give all rows as they are now; writers go on meanwhile."""
    with database.reading() as session:
        yield Snapshot(session)


def sums(database: Database) -> dict[str, TableSum]:
    """Return table → its sum."""
    found = {}
    with snapshot(database) as one:
        for name in one.tables:
            adding = Summing()
            for values in one.rows(name):
                adding.add(values)
            found[name] = adding.result
    return found


@dataclass(frozen=True, slots=True)
class Loading:
    """An empty database that is being filled, in one transaction."""

    session: Session
    metadata: MetaData
    strict_again: list[str]

    def load(self, name: str, columns: list[str], rows: Iterable[list[Any]]) -> TableSum:
        """Put rows into a table and return their sum. Raises InvalidInputError for a table or column that the schema does not have."""
        table = self.metadata.tables.get(name)
        if table is None or set(columns) - set(table.columns.keys()):
            raise InvalidInputError(f"the backup has a table {name} ({', '.join(columns)}) that its own schema does not have; it is damaged")
        adding, unpack = Summing(), [_unpacking(_type(table, column)) for column in columns]
        waiting = iter(rows)
        while part := list(islice(waiting, AT_ONCE)):
            for values in part:
                adding.add(values)
            self.session.execute(insert(table), [
                {column: None if value is None else from_plain(value)
                 for column, value, from_plain in zip(columns, values, unpack, strict=True)} for values in part])
        return adding.result

    def done(self) -> None:
        """Make the database strict again, and let it number new rows behind those that are here. What is written next is new."""
        for statement in self.strict_again:
            self.session.execute(text(statement))
        if self.session.connection().dialect.name == "postgresql":
            _count_on(self.session, self.metadata)


@contextmanager
def loading(database: Database, migrations: Path, *, revision: str, by: str) -> Iterator[Loading]:
    """Bring an empty database to a revision and give what fills it: `load` for each table, then `done`. All of it or nothing is kept.

    Raises ConflictError if the database is not empty, SchemaError for a revision that this version does not know.
    """
    _require_empty(database)
    schema.migrate(database, migrations, to=revision)
    metadata = _tables_there(database)
    with database.writing(by=by) as session:
        yield Loading(session, metadata, _set_foreign_keys_aside(session))


def _require_empty(database: Database) -> None:
    with database.connecting() as connection:
        there = set(inspect(connection).get_table_names()) & set(Base.metadata.tables)
        full = sorted(name for name in there if connection.execute(select(text("1")).select_from(text(f'"{name}"')).limit(1)).first())
    if full:
        raise ConflictError(f"this database is not empty (there are rows in {', '.join(full[:3])}). Restore into a new one: set "
                            "PERENNIAL_HOME to an empty folder, or PERENNIAL_DATABASE to an empty database")


def _tables_there(database: Database) -> MetaData:
    """Return the tables as they are at the database's own revision, with our types for the columns that the code knows."""
    found = MetaData()
    with database.connecting() as connection:
        found.reflect(connection, only=lambda name, _: name != "alembic_version")
    for table in found.tables.values():
        for column in table.columns:
            column.type = _type(table, column.name)
    return found


def _type(table: Table, column: str) -> Any:
    known = Base.metadata.tables.get(table.name)
    return known.columns[column].type if known is not None and column in known.columns else table.columns[column].type


def _set_foreign_keys_aside(session: Session) -> list[str]:
    """Let rows refer to rows that come later; return what makes the database strict again."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        return []
    strict = []
    for table in inspect(connection).get_table_names():
        for key in inspect(connection).get_foreign_keys(table):
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{key["name"]}" DEFERRABLE INITIALLY DEFERRED')
            strict.append(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{key["name"]}" NOT DEFERRABLE')
    return ["SET CONSTRAINTS ALL IMMEDIATE", *strict]


def _count_on(session: Session, metadata: MetaData) -> None:
    """Let Postgres number new rows behind those that are here."""
    for table in metadata.tables.values():
        if [column.name for column in table.primary_key] == ["id"]:
            highest = session.scalar(select(func.max(table.columns["id"])))
            if highest is not None:
                session.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)"),
                                {"name": f'"{table.name}"', "highest": highest})


def _packing(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, Utc):
        return datetime.isoformat
    if isinstance(kind, LargeBinary):
        return lambda value: base64.b64encode(value).decode()
    return lambda value: value


def _unpacking(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, Utc):
        return datetime.fromisoformat
    if isinstance(kind, LargeBinary):
        return base64.b64decode
    return lambda value: value

"""Open the database and its short transactions. What is read and written: the other files of this folder."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from bot.errors import ConflictError, DatabaseError
from db.base import Base

BUSY_SECONDS = 30
FREE_SPACE = "Free some space (see it with:  df -h), then run the same again: nothing is half done"
_open = threading.local()


class Database:
    """A database of Perennial: SQLite by default, Postgres by its address (`postgresql://…`)."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise DatabaseError(f"{self.url.get_backend_name()} is not supported; allowed: sqlite:///path, postgresql://host/name")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._rehearses = False
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)

    @property
    def engine(self) -> Engine:
        """The engine, for migrations and backup alone."""
        return self._engine

    @contextmanager
    def connecting(self) -> Iterator[Connection]:
        """Give a bare connection, for migrations and backup alone. Raises DatabaseError with the address that was tried."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise DatabaseError(f"{self.url.render_as_string(hide_password=True)}: {_first_line(error)}. {_mend(error)}") from error

    def rehearse(self) -> None:
        """From here on do every write as if, with all of the database's own checks, and keep nothing of it: for dry runs of one transaction."""
        self._rehearses = True

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that can only read; the database itself enforces it."""
        with self._session(readonly=True) as session:
            yield session

    @contextmanager
    def writing(self, *, by: str) -> Iterator[Session]:
        """Give a session whose changes are committed together at the end, on behalf of `by`. Nothing waits inside."""
        if not by:
            raise ValueError("a write names who it is for")
        with self._session(readonly=False) as session:
            session.info["by"] = by
            yield session

    @contextmanager
    def _session(self, *, readonly: bool) -> Iterator[Session]:
        if getattr(_open, "transaction", False):
            raise RuntimeError("a transaction is open already in this thread; end it before another one begins")
        _open.transaction = True
        try:
            engine = self._engine.execution_options(perennial_readonly=readonly)
            with Session(engine, expire_on_commit=False) as session:
                if not readonly:
                    with session.begin() as transaction:
                        yield session
                        if self._rehearses:
                            session.flush()
                            session.expunge_all()
                            transaction.rollback()
                else:
                    yield session
                    # What was read stays readable: ending the transaction would expire it.
                    session.expunge_all()
        except IntegrityError as error:
            raise ConflictError(f"The same was stored meanwhile ({_first_line(error)}). Load it again.") from error
        except SQLAlchemyError as error:
            full = f" {FREE_SPACE}" if _is_full(error) else ""
            raise DatabaseError(f"The database did not do it: {_first_line(error)}.{full}") from error
        finally:
            _open.transaction = False

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Yield whether this process got the lock called `name`; it is free again when the block, or the process, ends."""
        if self.is_sqlite:
            with _file_lock(Path(f"{self.url.database}.{name}.lock")) as got:
                yield got
        else:
            with _advisory_lock(self._engine, name) as got:
                yield got

    def create_all(self) -> None:
        """Make all tables at once, without migrations: for tests."""
        import db.tables  # noqa: F401  makes every table known

        Base.metadata.create_all(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def is_transaction_open() -> bool:
    """Return whether this thread is inside a transaction: nothing may wait for network, mail, model or person then."""
    return getattr(_open, "transaction", False)


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise DatabaseError("SQLite needs a file: sqlite:///path/to/perennial.sqlite")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # It holds addresses: nobody else on this machine reads it. SQLite gives its other files the same permissions.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("perennial_readonly", False)
        connection.exec_driver_sql(f"PRAGMA query_only={1 if readonly else 0}")
        # A deferred BEGIN that writes later fails with "database is locked" under load; this one waits its turn.
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite's own waiting does not cover this: two that open a new file together would find it locked."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.01)


def _postgres_engine(url: str) -> Engine:
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("perennial_readonly", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lock(engine: Engine, name: str) -> Iterator[bool]:
    key = zlib.crc32(f"perennial:{name}".encode())
    # A connection of its own, outside the pool: the lock lives as long as the connection does.
    own = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        connection = own.connect()
        got = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar())
    except SQLAlchemyError as error:
        raise DatabaseError(f"The database did not do it: {_first_line(error)}.") from error
    with connection:
        try:
            yield got
        finally:
            if got:
                _unlock(connection, key)


def _unlock(connection: Connection, key: int) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
    except OperationalError:
        return  # the connection is gone, and the lock with it


def _mend(error: SQLAlchemyError) -> str:
    return FREE_SPACE if _is_full(error) else "Set PERENNIAL_DATABASE to a database that can be opened"


def _is_full(error: SQLAlchemyError) -> bool:
    said = _first_line(error).casefold()
    return "disk is full" in said or "no space left" in said


def _first_line(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__



"""Fixtures that every kind of test uses: databases of both kinds, a clock, a team. Those of one slice: tests/fixtures_*.py."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.session import Database
from tests.fixtures_demo import played, played_on_sqlite  # noqa: F401  fixtures
from tests.parts import Postgres, start_postgres
from tests.quiet_sources import QuietSources

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Forget the settings of whoever runs the tests. No test asks the world: what it does not play itself answers that it has nothing."""
    with pytest.MonkeyPatch.context() as patch, QuietSources() as quiet:
        for name in list(os.environ):
            if name.startswith("PERENNIAL_") and name not in ("PERENNIAL_REQUIRE", "PERENNIAL_PYTHON"):
                patch.delenv(name)
        for name, address in quiet.settings.items():
            patch.setenv(name, address)
        yield


@pytest.fixture
def now() -> datetime:
    """A Monday morning."""
    return NOW


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres server for this run of the tests."""
    with tempfile.TemporaryDirectory(prefix="perennial-postgres-") as folder:
        server = start_postgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def _empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with all tables and nothing in them, to be copied: making the tables takes ten times as long."""
    path = tmp_path_factory.mktemp("empty") / "test.sqlite"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _empty_on_postgres(postgres: Postgres) -> str:
    """The name of a database on Postgres with all tables and nothing in them, to be copied."""
    _make_tables(postgres.url("empty"))
    return "empty"


@pytest.fixture
def sqlite(tmp_path: Path, _empty_file: Path) -> Iterator[Database]:
    """An SQLite database with all tables."""
    database = _copy(_empty_file, tmp_path)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with all tables: SQLite, then Postgres."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    model, server = request.getfixturevalue("_empty_on_postgres"), request.getfixturevalue("postgres")
    url = server.url(f"t{abs(hash(request.node.nodeid)) % 10**12}", model)
    one = Database(url)
    yield one
    one.close()
    server.drop(url)


def _make_tables(url: str) -> None:
    database = Database(url)
    database.create_all()
    # SQLite puts its files together when the last connection closes; Postgres copies only what nobody is connected to.
    database.close()


def _copy(model: Path, folder: Path) -> Database:
    path = folder / "test.sqlite"
    shutil.copy(model, path)
    return Database(f"sqlite:///{path}")

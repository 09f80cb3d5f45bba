"""Fixtures that every kind of test uses: databases of both kinds, a clock, a team. Those of one slice: tests/fixtures_*.py."""

from __future__ import annotations

import os
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


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite database with all tables."""
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables: SQLite, then Postgres."""
    if request.param == "sqlite":
        one = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    else:
        one = Database(request.getfixturevalue("postgres").url(f"t{abs(hash(request.node.nodeid)) % 10**12}"))
    one.create_all()
    yield one
    one.close()

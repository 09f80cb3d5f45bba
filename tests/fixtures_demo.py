"""A demonstration that came to its end, on each database: played once for all the tests that look at it. Not a test itself."""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot import app as root
from bot import settings
from bot.app import App
from bot.demo.clock import DemoClock
from bot.demo.run import MONTHS
from bot.web import create
from tests.asgi import Browser

ROOT = Path(__file__).resolve().parents[1]
# Names a folder with a demonstration that was played before: benchmarks/protections.py looks at the same one again and again.
PLAYED = "PLAYED_DEMONSTRATION"


@dataclass
class Played:
    """A demonstration that came to its end."""

    home: Path
    stdout: str
    stderr: str
    figures: dict
    app: App
    web: Browser

    def mails(self) -> list[EmailMessage]:
        """Every mail that went out."""
        found = sorted((self.home / "mailboxes").rglob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]  # type: ignore[misc]


@contextmanager
def play(home: Path, url: str = "") -> Iterator[Played]:
    """Run the demonstration as a stranger does, and give what it left; links are opened as on its first day."""
    stdout, stderr = _copied(Path(before), home) if (before := os.environ.get(PLAYED)) and not url else _run(home, url)
    app = root.build(settings.load(home=home, database=url, demo=True), clock=DemoClock(MONTHS[0]))
    web = Browser(create(app), host="127.0.0.1", client="127.0.0.1")
    yield Played(home, stdout, stderr, json.loads(stdout.splitlines()[-1]), app, web)
    app.database.close()


def _run(home: Path, url: str) -> tuple[str, str]:
    command = [sys.executable, "-P", "-m", "bot", "demo", "--folder", str(home), *(["--database", url] if url else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, done.stderr


def _copied(before: Path, home: Path) -> tuple[str, str]:
    shutil.copytree(before / "home", home)
    return (before / "stdout").read_text(encoding="utf-8"), (before / "stderr").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def played_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The demonstration on SQLite."""
    with play(tmp_path_factory.mktemp("demo") / "with a space") as one:
        yield one


@pytest.fixture(scope="session", params=[
    pytest.param("sqlite", marks=pytest.mark.xdist_group("demo")),
    pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The demonstration, on SQLite and on Postgres."""
    if request.param == "sqlite":
        yield request.getfixturevalue("played_on_sqlite")
        return
    with play(tmp_path_factory.mktemp("demo") / "with a space", request.getfixturevalue("postgres").url("demo")) as one:
        yield one

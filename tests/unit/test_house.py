"""The tree keeps the shape that the design draws."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _law() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one for one in contracts if one["name"].startswith("The house"))["layers"]
    return {re.sub(r"[() ]", "", name) for layer in layers for name in layer.split("|")}


def test_every_child_of_bot_has_its_place_in_the_import_law() -> None:
    children = {f"bot.{path.stem}" for path in (ROOT / "bot").iterdir()
                if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name not in ("__init__.py", "__pycache__")}
    assert children <= _law(), f"without a place in the law: {sorted(children - _law())}"


def test_the_top_level_folders_that_were_asked_for_are_there() -> None:
    for name in ("bot", "classifiers", "db", "templates", "migrations", "tests", "deploy"):
        assert (ROOT / name).is_dir(), name


def test_every_python_file_says_what_it_is() -> None:
    silent = [path for folder in ("bot", "classifiers", "db") for path in (ROOT / folder).rglob("*.py")
              if path.read_text().strip() and not path.read_text().startswith('"""')]
    assert silent == []


def test_no_lock_file_names_an_address() -> None:
    for path in ROOT.glob("requirements*.txt"):
        assert "://" not in path.read_text(), path.name


def test_decision_records_are_short_and_numbered_once() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)
    assert all(len(path.read_text().splitlines()) <= 40 for path in records), "an ADR has at most 40 lines"


@pytest.mark.xdist_group("together")
def test_tests_of_one_group_stay_on_one_worker_so_that_no_demonstration_is_played_twice(request: pytest.FixtureRequest) -> None:
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@together")


def test_the_promises_of_reliability_name_tests_that_exist() -> None:
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    there = set(re.findall(r"^def (test_\w+)", "\n".join(files.values()), re.MULTILINE))
    named = set(re.findall(r"`(?:tests/\w+/)?(test_\w+(?:\.py)?)`", written))
    assert len(named) > 20 and named <= there | set(files), named - there - set(files)


def test_every_point_of_the_table_names_tests_that_exist() -> None:
    written = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) [^|]*\|([^|]*)\|([^|]*)\|$", written, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 58))
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = set(re.findall(r"^def (test_\w+)", "\n".join(files), re.MULTILINE))
    for number, held_by, note in rows:
        named = re.findall(r"`(test_\w+)`", held_by)
        assert set(named) <= there, f"point {number}: {set(named) - there}"
        assert named or "ruff" in held_by or note.strip(), f"point {number} names neither a test nor a reason"

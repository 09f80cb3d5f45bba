"""Does each test of docs/security.md fail when the protection that it holds is taken out? A copy of the tree is changed, never this one.

    ./perennial bench protections [--point 12 …]

One protection after the other is taken out of a copy (_removals.py says how), and the tests that hold it are run there: each must fail.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks._removals import REMOVALS, Removal

ROOT = Path(__file__).resolve().parents[1]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "data", "__pycache__", ".pytest_cache", ".ruff_cache", "_build")

NOT_OURS = ("_pytest.assertion.rewrite", "alembic.config", "css_inline", "fastapi", "jinja2", "lxml.html", "numpy",
            "psycopg", "pydantic_settings", "requests", "scipy.stats", "sklearn.linear_model", "sqlalchemy.orm", "structlog", "uvicorn")


def main(argv: list[str]) -> int:
    """Take each protection out, run its tests, and print which of them did not notice; 1 if any did not."""
    asked = argparse.ArgumentParser(prog="perennial bench protections", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--point", type=int, action="append", default=[], help="these points of docs/security.md alone")
    given = asked.parse_args(argv)
    chosen = [one for one in REMOVALS if not given.point or one.point in given.point]
    unnoticed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="perennial-protections-") as folder:
        tree = Path(folder) / "main"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED, symlinks=True)
        _link_what_lies_beside(Path(folder))
        if any("fixtures_demo" in Path(path).read_text(encoding="utf-8") or "Target" in Path(path).read_text(encoding="utf-8")
               for one in chosen for name in one.tests for path in _files_with(tree, name)):
            _play_the_demonstration(Path(folder) / "played")
        _import_what_is_slow()
        for one in chosen:
            blind = tried(tree, one)
            unnoticed += blind
            print(f"{one.point:2} {one.file}: {', '.join(one.tests) or 'ruff ' + one.ruff}: "
                  f"{'NOT NOTICED by ' + ', '.join(blind) if blind else 'noticed'}", flush=True)
    names = {name for one in chosen for name in one.tests or (one.ruff,)}
    print(json.dumps({"points": len({one.point for one in chosen}), "removals": len(chosen), "tests": len(names), "unnoticed": unnoticed}))
    return 1 if unnoticed else 0


def tried(tree: Path, one: Removal) -> list[str]:
    """Take a protection out of a tree, return the names of the checks that do not fail, and put it back."""
    path = tree / one.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(without(whole, one), encoding="utf-8")
    try:
        if one.ruff:
            found = _run(tree, "-m", "ruff", "check", "--no-cache", "--select", one.ruff, str(path))
            return [] if found.returncode == 1 and one.ruff in found.stdout else [one.ruff]
        return sorted(set(one.tests) - _failing(tree, one.tests))
    finally:
        path.write_text(whole, encoding="utf-8")


def without(text: str, one: Removal) -> str:
    """Return a file's text without a protection. Raises ValueError if its words are not in it."""
    if one.words not in text:
        raise ValueError(f"point {one.point}: {one.file} does not hold {one.words!r} any more; mend benchmarks/_removals.py")
    return text.replace(one.words, one.without, 1)


def _failing(tree: Path, names: Sequence[str]) -> set[str]:
    """Return which of these tests fail, by an assertion or a fault of their own; one that is not run at all has not noticed anything."""
    written = tree.parent / "said"
    child = os.fork()
    if child == 0:
        try:
            _test(tree, names, written)
        except BaseException:
            traceback.print_exc()
        finally:
            # Not up to whoever called: what is cleared away there is still needed.
            os._exit(0)
    os.waitpid(child, 0)
    found = re.findall(r"^(?:FAILED|ERROR) \S+::(test_\w+)", written.read_text(encoding="utf-8"), re.MULTILINE)
    return set(found) & set(names)


def _test(tree: Path, names: Sequence[str], written: Path) -> None:
    with written.open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = sys.path[0] = str(tree)
    files = sorted({path for name in names for path in _files_with(tree, name)})
    # What was imported before the fork is not ours, and has no assertions of interest.
    pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no", "-rfE", "-W", "ignore::pytest.PytestAssertRewriteWarning",
                 "-m", "not postgres", "-k", " or ".join(names), *files])
    sys.stdout.flush()


def _files_with(tree: Path, name: str) -> Sequence[str]:
    files = (tree / "tests").rglob("test_*.py")
    return [str(path) for path in files if re.search(rf"^def {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)]


def _play_the_demonstration(folder: Path) -> None:
    """Play it once, with all protections there, for every test that looks at one that came to its end (tests/fixtures_demo.py)."""
    command = [sys.executable, "-P", "-m", "bot", "demo", "--folder", str(folder / "home")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=True)
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr").write_text(done.stderr, encoding="utf-8")
    os.environ["PLAYED_DEMONSTRATION"] = str(folder)


def _run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=600, check=False)


def _import_what_is_slow() -> None:
    """Import what is not ours once: each protection is tried in a process of its own, which is forked from this one."""
    for name in NOT_OURS:
        importlib.import_module(name)


def _link_what_lies_beside(folder: Path) -> None:
    """Let the tests find the shared material, where there is any."""
    beside = ROOT.parent / "shared"
    if beside.exists():
        (folder / "shared").symlink_to(beside.resolve())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

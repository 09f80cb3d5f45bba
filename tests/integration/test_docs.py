"""The guides are a site without a broken link, and the reference is what the code says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["data-dictionary.md", "api.md", "commands.md"])
def test_the_reference_is_what_the_code_says(reference: ModuleType, name: str) -> None:
    there = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert there == reference.pages()[name], "write it again: .venv/bin/python -P docs/make_reference.py"


def test_the_site_builds_without_a_warning_and_every_page_is_in_it(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "sphinx", "-W", "-n", "-q", "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    written = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")}
    assert {name for name in written if not (tmp_path / "site" / f"{name}.html").exists()} == set()


def test_every_link_of_every_text_leads_to_a_file() -> None:
    broken = []
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "deploy").glob("*.md")):
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if not target.startswith(("http", "mailto:", "#")) and not (path.parent / target.split("#")[0]).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken

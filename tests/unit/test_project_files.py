"""What a healthy project keeps beside its code: licence, citation, changes, the bill of materials, the release archive, mutants on demand."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import mutants

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_names_what_citation_file_format_asks_for_and_the_version_and_licence_that_there_are() -> None:
    cited = yaml.safe_load(_read("CITATION.cff"))
    assert {"cff-version", "title", "message", "authors", "license", "version"} <= set(cited)
    assert (str(cited["version"]), cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert all({"name"} <= set(one) or {"family-names", "given-names"} <= set(one) for one in cited["authors"])


def test_code_is_mit_bulletins_are_cc_by_and_shipped_data_have_source_and_licence_beside_them() -> None:
    assert _read("LICENSE").startswith("MIT License") and PROJECT["license"] == "MIT"
    assert "Code: MIT. Bulletins: CC BY 4.0." in _read("README.md")
    for protocol in (ROOT / "reviews").rglob("protocol.toml"):
        assert tomllib.loads(protocol.read_text(encoding="utf-8"))["publishing"]["licence"] == "CC BY 4.0", protocol
    told = {row[0]: row[1:] for row in re.findall(r"^\| `([^`]+)` \|([^|]+)\|([^|]+)\|([^|]+)\|$", _read("reviews/DATA.md"), re.MULTILINE)}
    shipped = {str(path.relative_to(ROOT / "reviews")) for path in (ROOT / "reviews").rglob("*.csv")}
    assert set(told) == shipped and all(cell.strip() for row in told.values() for cell in row)


def test_the_changes_name_this_version_and_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", _read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased" and any(one.startswith(PROJECT["version"]) for one in headings)


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"])
def test_what_others_look_for_first_is_there(name: str) -> None:
    assert len(_read(name).split()) > 20


def test_hooks_before_a_commit_use_tools_of_this_tree_alone() -> None:
    hooks = [hook for one in yaml.safe_load(_read(".pre-commit-config.yaml"))["repos"] for hook in one["hooks"]]
    assert {"ruff", "import-law", "house", "reference"} == {hook["id"] for hook in hooks}
    for hook in hooks:
        assert hook["language"] == "system" and hook["entry"].startswith(".venv/bin/python -P ")
        for word in re.findall(r"(?:tests|docs)/\S+\.py", hook["entry"]):
            assert (ROOT / word).is_file(), word


def test_the_readme_lists_the_tasks_with_commands_that_exist() -> None:
    tasks = re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", _read("README.md").partition("## Tasks")[2].partition("\n## ")[0], re.MULTILINE)
    assert len(tasks) >= 8
    for task in tasks:
        for path in re.findall(r"(?:docs|deploy|tests)/[\w/.-]+", task):
            assert (ROOT / path).exists(), task
        for name in re.findall(r"perennial bench (\w+)", task):
            assert (ROOT / "benchmarks" / f"{name}.py").is_file(), task


def _bill(*lock: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-P", str(ROOT / "deploy" / "sbom.py"), *lock], capture_output=True, check=True)
    assert done.stdout == subprocess.run([sys.executable, "-P", str(ROOT / "deploy" / "sbom.py"), *lock], capture_output=True, check=True).stdout
    return json.loads(done.stdout)


def test_the_bill_of_materials_names_every_package_of_the_lock_with_its_hashes_and_who_needs_it() -> None:
    bill, lock = _bill(), _read("requirements.txt")
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", lock, re.MULTILINE))
    assert {(one["name"], one["version"]) for one in bill["components"]} == pinned and len(pinned) > 40
    assert sum(len(one["hashes"]) for one in bill["components"]) == lock.count("--hash=sha256:")
    known = {one["bom-ref"] for one in bill["components"]}
    needs = {one["ref"]: set(one["dependsOn"]) for one in bill["dependencies"]}
    assert set().union(*needs.values()) == known, "a package that nobody needs"
    fastapi, starlette = (next(ref for ref in known if ref.startswith(f"pkg:pypi/{name}@")) for name in ("fastapi", "starlette"))
    assert starlette in needs[fastapi] and fastapi in needs[bill["metadata"]["component"]["bom-ref"]]


def test_the_bill_refuses_a_lock_without_hashes_and_one_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-P", str(ROOT / "deploy" / "sbom.py"), "nothing.txt"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "there is no lock" in done.stderr and "requirements.txt" in done.stderr
    unpinned = tmp_path / "requirements.txt"
    unpinned.write_text("fastapi==1.0\n")
    done = subprocess.run([sys.executable, "-P", str(ROOT / "deploy" / "sbom.py"), str(unpinned)], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "without a hash in the lock: fastapi" in done.stderr


def _git(*words: str, cwd: Path) -> str:
    return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words], cwd=cwd, capture_output=True, text=True,
                          check=True).stdout


def test_a_release_is_the_same_bytes_from_another_clone_on_another_day(tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this tree is no clone; a release is made of a commit")
    first = tmp_path / "first"
    first.mkdir()
    for name in ("deploy", "requirements.txt", "pyproject.toml", "perennial", "README.md"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, first / name)
    _git("init", "-q", cwd=first)
    _git("add", "-A", cwd=first)
    _git("commit", "-qm", "A release", cwd=first)
    _git("clone", "-q", str(first), str(tmp_path / "a second"), cwd=tmp_path)
    name, made = f"perennial-{PROJECT['version']}", []
    for clone, mask in ((first, "022"), (tmp_path / "a second", "077")):
        out = tmp_path / f"out {mask}"
        command = ["sh", "-c", f'umask {mask}; "$1/deploy/release" "$2"', "sh", str(clone), str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()})
    assert made[0] == made[1] and set(made[0]) == {f"{name}.tar.gz", f"{name}.cdx.json", "SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out 022", check=True)


def test_mutants_change_one_place_each_and_stand_in_place_of_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "small.py"
    module.write_text('"""Words."""\n\n\ndef larger(a: int, b: int = 0) -> bool:\n    return a > b and not a == 7\n')
    found = mutants.mutants_of(module)
    assert {one.change for one in found} == {"a > b and (not a == 7)  →  a > b or not a == 7", "a > b  →  a >= b",
                                             "not a == 7  →  not not a == 7", "a == 7  →  a != 7", "7  →  8", "0  →  1"}
    assert len({one.source for one in found}) == len(found)
    # The process of a mutant gets these words in place of the module's own; what becomes of each is seen by  ./perennial bench mutants.
    changed = next(one for one in found if one.change == "a > b  →  a >= b")
    monkeypatch.setattr(sys, "meta_path", [mutants._Loader("a_small_module", changed.source), *sys.meta_path])
    module_of_it = importlib.import_module("a_small_module")
    monkeypatch.delitem(sys.modules, "a_small_module")
    assert module_of_it.larger(2, 2) and not module_of_it.larger(7, 2)

"""The two commands of the README work from anywhere, through a symlink, with a space in the path, and twice at the same time."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("launcher")


def _run(command: list[str], **more) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment | more.pop("env", {}), **more)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as a stranger gets it: what git knows, in a folder with a space in its name, without a .venv."""
    target = tmp_path_factory.mktemp("a folder with spaces") / "peren nial"
    names = _run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def test_a_first_start_installs_once_even_when_two_come_at_the_same_time(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text("raise SystemExit('the wrong bot was imported')")
    link = tmp_path / "perennial-link"
    link.symlink_to(clone / "perennial")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    both = [subprocess.Popen([str(link), "--help"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
    outputs = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], outputs
    assert all("living systematic review" in out for out, _ in outputs)
    assert sum("installing" in err for _, err in outputs) == 1
    assert (clone / ".venv" / "stamp-run").exists()


def test_help_comes_under_half_a_second_once_installed(clone: Path) -> None:
    _run([str(clone / "perennial"), "--help"])
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        assert _run([str(clone / "perennial"), "--help"]).returncode == 0
        times.append(time.perf_counter() - begun)
    # Said of a machine that does nothing else; tests run beside others. The measured figure: `./perennial bench start`.
    assert min(times) < 1.0


def test_what_was_compiled_is_kept_also_where_python_is_told_not_to(clone: Path) -> None:
    for kept in clone.rglob("__pycache__"):
        shutil.rmtree(kept)
    _run([str(clone / "perennial"), "--help"], env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert list((clone / "bot" / "cli" / "__pycache__").glob("*.pyc")) and list((clone / ".venv").rglob("typer/__pycache__/*.pyc"))


def test_an_interrupted_installation_is_made_again(clone: Path) -> None:
    _run([str(clone / "perennial"), "--help"])
    (clone / ".venv" / "stamp-run").write_text("another lock\n")
    result = _run([str(clone / "perennial"), "--help"])
    assert result.returncode == 0 and "installing" in result.stderr


def test_without_python_the_launcher_names_the_line_that_mends_it(tmp_path: Path) -> None:
    copy = tmp_path / "perennial"
    shutil.copy2(ROOT / "perennial", copy)
    for name in ("requirements.txt", "requirements-install.txt"):
        shutil.copy2(ROOT / name, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "readlink", "dirname", "cat", "sha256sum", "cut", "env", "rm", "mv"):
        (tools / name).symlink_to(str(shutil.which(name)))
    result = _run([str(copy), "--help"], env={"PATH": str(tools)})
    assert result.returncode == 1 and "sudo apt-get install python3 python3-venv" in result.stderr


def test_without_a_network_the_launcher_names_the_line_that_mends_it(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "perennial", tmp_path / "perennial")
    for name in ("requirements.txt", "requirements-install.txt"):
        shutil.copy2(ROOT / name, tmp_path / name)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_INDEX_URL": "http://127.0.0.1:9/", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/",
               "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "",
               "UV_HTTP_RETRIES": "0"}
    result = _run([str(tmp_path / "perennial"), "--help"], env=nowhere)
    assert result.returncode == 1 and "is there a network?" in result.stderr
    assert not (tmp_path / ".venv" / "stamp-run").exists()

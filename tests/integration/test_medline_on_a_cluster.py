"""`medline score --scheduler`: a Dask cluster of two workers on this machine gives the same, and a killed worker costs no file."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import InvalidInputError
from bot.steps.medline.collect import collect
from bot.steps.medline.score import score_folder
from tests.integration.test_medline_is_scored import MODELS, article, write
from tests.parts import missing

FILES = 8


@dataclass
class Cluster:
    """A scheduler and two workers, each a process of its own."""

    address: str
    workers: list[subprocess.Popen[bytes]]


def start(name: str, *arguments: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen([sys.executable, "-P", "-m", f"distributed.cli.{name}", *arguments], cwd=folder, env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    if importlib.util.find_spec("distributed") is None:
        missing("dask", ".venv/bin/pip install --require-hashes -r requirements-dask.txt")
    known = tmp_path / "scheduler.json"
    running = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(known), folder=tmp_path)]
    running += [start("dask_worker", "--scheduler-file", str(known), "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
                      "--local-directory", str(tmp_path / f"worker-{number}"), folder=tmp_path) for number in (1, 2)]
    try:
        yield Cluster(address_in(known), running[1:])
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(10)


def address_in(known: Path) -> str:
    for _ in range(300):
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(known.read_text())["address"])
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start within 30 s")


def test_a_cluster_gives_what_this_machine_gives_and_a_killed_worker_costs_its_file_alone(cluster: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    for number in range(FILES):
        # A file takes a part of a second: the worker dies in the middle of one.
        titles = [f"{'Peer support' if row % 7 else 'Bridges'} {row} " + "words of it " * 40 for row in range(2_000)]
        write(folder, f"n{number}", [article(number * 2_000 + row + 1, title) for row, title in enumerate(titles)])
    killed = []

    def kill(done: int, _of: int) -> None:
        if done == 1:
            killed.append(cluster.workers[0].pid)
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    account, far = score_folder(folder=folder, out=tmp_path / "far", models=MODELS, workers=1, scheduler=cluster.address, progress=kill)
    assert killed and cluster.workers[0].wait(10) == -signal.SIGKILL
    assert (account.scored, account.records, account.failed) == (FILES, FILES * 2_000, [])
    _, here = score_folder(folder=folder, out=tmp_path / "here", models=MODELS, workers=2)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = collect(scored=far, names=["cold", "warm"], out=tmp_path / "a", keep=5_000)
    two = collect(scored=here, names=["cold", "warm"], out=tmp_path / "b", keep=5_000)
    assert [path.read_bytes() for path in one.values()] == [path.read_bytes() for path in two.values()]
    # Nothing half written is left over but of the worker that died, and that is no file of scores.
    assert len(list((tmp_path / "far").rglob("*.npz"))) == FILES + 1
    again, _ = score_folder(folder=folder, out=tmp_path / "far", models=MODELS, workers=1, scheduler=cluster.address)
    assert (again.scored, again.known) == (0, FILES)


def test_a_cluster_that_is_not_there_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("distributed") is None:
        missing("dask", ".venv/bin/pip install --require-hashes -r requirements-dask.txt")
    monkeypatch.setattr("bot.steps.medline.score.PATIENCE", "1s")
    write(tmp_path / "files", "a", [article(1, "Peer support")])
    for address in ("tcp://127.0.0.1:9", "not an address"):
        with pytest.raises(InvalidInputError, match="no Dask scheduler answers at"):
            score_folder(folder=tmp_path / "files", out=tmp_path / "out", models=MODELS, workers=1, scheduler=address)

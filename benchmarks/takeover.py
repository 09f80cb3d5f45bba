"""How long until another worker leads, after the one that led was killed (SIGKILL): two processes on one database.

    ./perennial bench takeover [--rounds 10] [--database postgresql://…]     without --database: SQLite in a new folder
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from bot import paths
from db.schema import ready
from db.session import Database

ROOT = Path(__file__).resolve().parents[1]
LEADS = "this worker leads"
MOST_SECONDS = 60


def main(argv: list[str]) -> int:
    """Print the median and the longest time."""
    arguments = argparse.ArgumentParser(prog="perennial bench takeover", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--database", default="")
    given = arguments.parse_args(argv)
    with tempfile.TemporaryDirectory() as home:
        url = given.database or f"sqlite:///{home}/perennial.sqlite"
        database = Database(url)
        ready(database, paths.migrations())
        database.close()
        seconds = measure(Path(home), url, given.rounds)
    found = {"rounds": given.rounds, "database": url.partition(":")[0], "median_s": round(statistics.median(seconds), 3),
             "longest_s": round(max(seconds), 3)}
    print(f"{found['database']}: another worker leads after {found['median_s']} s (median of {given.rounds}), {found['longest_s']} s at most")
    print(json.dumps(found))
    return 0


def measure(home: Path, url: str, rounds: int) -> list[float]:
    """Kill the leader `rounds` times; return how many seconds each time passed until the other one led."""
    leader, seconds = _start(home, url), []
    _until_leading(leader)
    for _ in range(rounds):
        other = _start(home, url)
        _until(other, "works for")
        time.sleep(random.uniform(1, 2))  # it stands by, and has tried in vain
        os.kill(leader.pid, signal.SIGKILL)
        killed = time.monotonic()
        _until_leading(other)
        seconds.append(time.monotonic() - killed)
        leader.wait()
        leader = other
    leader.kill()
    leader.wait()
    return seconds


def _start(home: Path, url: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PERENNIAL_HOME": str(home), "PERENNIAL_DATABASE": url, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-P", "-m", "bot", "work"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                            env=environment)


def _until_leading(process: subprocess.Popen[str]) -> None:
    _until(process, LEADS)


def _until(process: subprocess.Popen[str], words: str) -> None:
    """Read the log of a process up to these words. Raises RuntimeError if it ends, or says nothing like it in a minute."""
    log: IO[str] | None = process.stderr
    assert log is not None
    last = time.monotonic() + MOST_SECONDS
    said = []
    for line in log:
        said.append(line)
        if words in line:
            return
        if time.monotonic() > last:
            break
    raise RuntimeError(f"no {words!r} from the worker: {''.join(said)[-2000:]}")

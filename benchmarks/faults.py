"""A month that is killed with SIGKILL again and again, against one that was never killed: what was lost, doubled, left unsure; are they equal.

    ./perennial bench faults [--kills 200] [--readers 1000] [--database postgresql://…/calm --database postgresql://…/killed]

The month: tests/faults/month.py (search, deduplication, votes, extraction, pooling, bulletin, mails). It is killed at moments drawn by
chance, whatever it does then; a new process takes it up each time. A kill at each place that commits: tests/faults/test_killed_anywhere.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.faults.tables import differences, without_keys

ROOT = Path(__file__).resolve().parents[1]
# A reader who asked for it gets the mail of the sign-up again after a crash: it says the same and does nothing by itself.
MAY_COME_TWICE = {"confirm_subscription"}


def main(argv: list[str]) -> int:
    """Play both months and compare them; 1 if anything was lost, doubled or is not equal."""
    asked = argparse.ArgumentParser(prog="perennial bench faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--readers", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--longest", type=float, default=0.5, help="seconds that a process has at most before it is killed")
    asked.add_argument("--database", action="append", default=[], help="two addresses; default: SQLite in a new folder")
    given = asked.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="perennial-faults-") as folder:
        months = _play(Path(folder), given)
    found: dict[str, Any] = account(months["calm"], months["killed"]) | {"seconds": round(time.monotonic() - began, 1)}
    for line in found.pop("differences"):
        print(line)
    print(json.dumps(found))
    return 0 if found["equal"] and not found["lost"] and not found["duplicate"] else 1


def _play(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "tests.faults.killing", "--folder", str(folder), "--moments", str(given.kills), "--readers",
               str(given.readers), "--seed", str(given.seed), "--longest", str(given.longest)]
    command += [option for url in given.database for option in ("--database", url)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"a month did not come to its end:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def account(calm: dict[str, Any], killed: dict[str, Any]) -> dict[str, Any]:
    """Return what the killed month lost, doubled and left unsure, in rows of tables and in mails, against the calm one."""
    unlike = differences(without_keys(calm["tables"]), without_keys(killed["tables"]))
    templates = {row["key"]: row["template"] for row in killed["tables"]["outbox"]}
    doubled = [name for name in killed["twice"] if templates.get(name.split("-again-")[0]) not in MAY_COME_TWICE]
    arrived = killed["mails"] - len(killed["twice"])
    return {"kills": len(killed["kills"]), "mails": arrived,
            "lost": sum(line.startswith("  only in the first") for line in unlike) + max(0, len(templates) - arrived),
            "duplicate": sum(line.startswith("  only in the second") for line in unlike) + len(doubled),
            "unsure": len(killed["unsure"]), "equal": not unlike,
            "differences": [*unlike[:40], *(f"  came twice: {templates.get(name.split('-again-')[0])} {name}" for name in doubled)]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

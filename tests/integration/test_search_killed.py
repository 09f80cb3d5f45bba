"""A search that is killed by the system at random moments. The large one: ./perennial bench fetch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_search_that_is_killed_again_and_again_has_every_hit_once_in_the_end() -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "benchmarks", "fetch", "--hits", "1500", "--kills", "4", "--every", "10"], check=False,
                          capture_output=True, text=True, timeout=240, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["stored"], found["missing"], found["twice"]) == (1500, 0, 0)
    # One request at most was in the air each time.
    assert found["kills"] >= 2 and found["made_twice"] <= found["kills"] and found["failed_by_plan"] >= 3

"""How fast the program starts, once installed: `./perennial --help`, the best of several, as a stranger's shell sees it."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

LAUNCHER = Path(__file__).resolve().parents[1] / "perennial"


def main(argv: list[str]) -> int:
    """Print the times and end with one JSON object: best and median, in seconds."""
    parser = argparse.ArgumentParser(prog="perennial bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args(argv).rounds
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([str(LAUNCHER), "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    print(json.dumps({"help_best_s": round(min(times), 3), "help_median_s": round(statistics.median(times), 3), "rounds": rounds}))
    return 0

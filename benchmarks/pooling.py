"""How fast pooling is: REML, Knapp-Hartung, prediction and Q-profile intervals; large sets; many sets; import; beside its peers.

Peers (PyMARE, statsmodels, R's metafor) are measured on the same data where they are installed: `.venv-bench` beside the tree, made
from requirements-bench.txt, or `--peers PYTHON`; `Rscript` on the path.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bot.methods.synthesis.many import pool_many
from bot.methods.synthesis.pooling import pool

HERE = Path(__file__).resolve().parent
R_PROGRAM = """
suppressMessages(library(metafor)); d <- jsonlite::fromJSON(commandArgs(TRUE)[1])
f <- function() { r <- rma(d$yi, d$vi, test="adhoc"); predict(r); confint(r); NULL }
invisible(f()); t <- replicate(100, system.time(for (i in 1:5) f())["elapsed"] / 5); cat(1000 * median(t))
"""


def main(argv: list[str]) -> int:
    """Print what was measured and end with one JSON object; the best of several rounds, for machines are shared."""
    parser = argparse.ArgumentParser(prog="perennial bench pooling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the best median counts")
    parser.add_argument("--peers", type=Path, default=HERE.parent / ".venv-bench" / "bin" / "python")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    options = parser.parse_args(argv)
    yi, vi = simulated(1, 30)
    result: dict[str, Any] = {
        "reml_hksj_pi_qp_ms": best(lambda: pool(yi=yi[0], vi=vi[0]), repeats=200, rounds=options.rounds),
        "k3000_ms": best(_large(), repeats=10, rounds=options.rounds),
        "many_10000_s": best(_many(), repeats=1, rounds=options.rounds) / 1000.0,
        "import_s": min(imported() for _ in range(options.rounds)),
        "k": 30,
        "rounds": options.rounds,
        "peers_ms": {} if options.alone else peers(options.peers, yi[0], vi[0]),
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    print(json.dumps(result))
    return 0


def simulated(rows: int, k: int) -> tuple[Any, Any]:
    """Return effects and variances as in trials of 15 to 200 people, tau2 = 0.05, shape (rows, k)."""
    random = np.random.default_rng(20260225)
    vi = random.uniform(0.02, 0.3, (rows, k))
    return random.normal(0.3, np.sqrt(vi + 0.05)), vi


def best(function: Callable[[], object], *, repeats: int, rounds: int) -> float:
    """Return the smallest median over rounds, in milliseconds."""
    function()
    medians = []
    for _ in range(rounds):
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        medians.append(statistics.median(times))
    return round(1000.0 * min(medians), 4)


def imported() -> float:
    """Return the seconds that a new Python takes to import pooling, NumPy included."""
    code = "import time; t = time.perf_counter(); import bot.methods.synthesis.pooling; print(time.perf_counter() - t)"
    return round(float(subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True, text=True).stdout), 4)


def peers(python: Path, yi: Any, vi: Any) -> dict[str, float | str]:
    """Return the median milliseconds of each peer that is installed, and a sentence for each that is not."""
    data = json.dumps({"yi": yi.tolist(), "vi": vi.tolist()})
    found: dict[str, float | str] = {}
    if python.exists():
        run = subprocess.run([str(python), str(HERE / "_pooling_peers.py"), data], capture_output=True, text=True)
        found |= json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 else {"python": run.stderr[-300:]}
    else:
        found["python"] = "not measured: make .venv-bench from requirements-bench.txt, or give --peers"
    if shutil.which("Rscript"):
        run = subprocess.run(["Rscript", "-e", R_PROGRAM, data], capture_output=True, text=True)
        found["metafor"] = float(run.stdout) if run.returncode == 0 else run.stderr[-300:]
    else:
        found["metafor"] = "not measured: Rscript is not on the path"
    return found


def _large() -> Callable[[], object]:
    yi, vi = simulated(1, 3000)
    return lambda: pool(yi=yi[0], vi=vi[0])


def _many() -> Callable[[], object]:
    yi, vi = simulated(10_000, 30)
    return lambda: pool_many(yi=yi, vi=vi)

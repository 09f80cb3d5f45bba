"""How often intervals hold what they promise: standardised differences simulated from raw data, pooled in bulk, counted.

k = 3, 5, 10, 30 trials; tau2 = 0, 0.05, 0.2; small (10 to 40 per arm) and large (50 to 250 per arm) trials; true mean 0.3.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

import numpy as np

from bot.methods.synthesis.many import pool_many
from bot.methods.synthesis.options import Interval, Prediction
from bot.methods.synthesis.two_groups import corrected_smd

MEAN = 0.3
SIZES = {"small": (10, 40), "large": (50, 250)}


def main(argv: list[str]) -> int:
    """Print a table and end with one JSON object: coverage in per cent with its Monte-Carlo standard error, by cell."""
    parser = argparse.ArgumentParser(prog="perennial bench coverage", description=__doc__)
    parser.add_argument("--repeats", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20260225)
    options = parser.parse_args(argv)
    random, start, cells = np.random.default_rng(options.seed), time.perf_counter(), []
    print(
        "| trials | τ² | size | Wald | Knapp-Hartung | Knapp-Hartung max 1 | prediction t(k-1) | prediction t(k-2) | prediction normal |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        for tau2 in (0.0, 0.05, 0.2):
            for k in (3, 5, 10, 30):
                cell = simulated(random, k=k, tau2=tau2, size=size, repeats=options.repeats)
                cells.append(cell)
                print(row(cell))
    print(
        json.dumps(
            {"repeats": options.repeats, "seed": options.seed, "cells": cells, "seconds": round(time.perf_counter() - start, 1)}
        )
    )
    return 0


def simulated(random: np.random.Generator, *, k: int, tau2: float, size: str, repeats: int) -> dict[str, Any]:
    """Return the coverage of every interval in one cell."""
    low, high = SIZES[size]
    n = random.integers(low, high + 1, size=(repeats, k)).astype(float)
    true = MEAN + math.sqrt(tau2) * random.standard_normal((repeats, k))
    new = MEAN + math.sqrt(tau2) * random.standard_normal(repeats)
    difference = true + np.sqrt(2.0 / n) * random.standard_normal((repeats, k))
    d = difference / np.sqrt(random.chisquare(2.0 * n - 2.0) / (2.0 * n - 2.0))
    yi, vi = corrected_smd(d, n, n)
    cell: dict[str, Any] = {"k": k, "tau2": tau2, "size": size}
    for interval in (Interval.WALD, Interval.KNAPP_HARTUNG, Interval.KNAPP_HARTUNG_MAX1):
        found = pool_many(yi=yi, vi=vi, interval=interval)
        cell[interval.value] = share((found.ci_low <= MEAN) & (found.ci_high >= MEAN))
    for prediction in Prediction:
        interval = Interval.WALD if prediction is Prediction.NORMAL else Interval.KNAPP_HARTUNG_MAX1
        found = pool_many(yi=yi, vi=vi, interval=interval, prediction=prediction)
        cell[f"prediction {prediction.value}"] = share((found.pi_low <= new) & (found.pi_high >= new))
    return cell


def share(hits: Any) -> list[float]:
    """Return a share in per cent and its Monte-Carlo standard error."""
    p = float(np.mean(hits))
    return [round(100.0 * p, 2), round(100.0 * math.sqrt(p * (1.0 - p) / hits.size), 2)]


def row(cell: dict[str, Any]) -> str:
    """Return a cell as a row of a Markdown table."""
    values = [f"{value[0]:.1f} ± {value[1]:.1f}" for value in cell.values() if isinstance(value, list)]
    return f"| {cell['k']} | {cell['tau2']:g} | {cell['size']} | {' | '.join(values)} |"

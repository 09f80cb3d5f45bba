"""How often a review whose truth stands still announces that its conclusion changed, by simulation of five years of monthly bulletins.

Trials come in by chance (a Poisson process); after each the review is pooled anew (REML, Knapp-Hartung), its size is said as in a bulletin,
with the protocol's margin and without, and its certainty is what the interval suggests for imprecision: there an announcement is mostly true
news (more trials, more certainty), so those that lower it are counted apart. Truths: inside a band (a mean of
-0.37), on the smallest important difference (-0.24, the hardest place) and none at all (0).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

import numpy as np

from bot.methods.synthesis.many import Many, pool_many
from bot.methods.synthesis.two_groups import corrected_smd

MID, MODERATE, LARGE = 0.24, 0.5, 0.8
MARGIN, YEARS = 0.25, 5
TRUTHS = {"inside a band": -0.37, "on the smallest important difference": -0.24, "no effect": 0.0}
AT_FIRST = (3, 8, 20)


def main(argv: list[str]) -> int:
    """Print a table and end with one JSON object: announcements per outcome in five years, with their Monte-Carlo standard error."""
    parser = argparse.ArgumentParser(prog="perennial bench changes", description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=3.0, help="new trials a year")
    parser.add_argument("--tau2", type=float, default=0.04)
    parser.add_argument("--seed", type=int, default=20260225)
    options = parser.parse_args(argv)
    random, start, cells = np.random.default_rng(options.seed), time.perf_counter(), []
    print("| truth | trials at first | size, with margin | size, without | certainty by the interval | of these lowered | size or certainty |")
    print("|---|---|---|---|---|---|---|")
    for truth, mean in TRUTHS.items():
        for first in AT_FIRST:
            cell = {"truth": truth, "mean": mean, "first": first} | simulated(random, mean, first, options)
            cells.append(cell)
            shown = [cell[name] for name in ("size", "size_without_margin", "certainty", "certainty_lowered", "either")]
            print(f"| {truth} | {first} | {' | '.join(f'{value:.2f} ± {error:.2f}' for value, error in shown)} |")
    print(json.dumps({"repeats": options.repeats, "years": YEARS, "rate": options.rate, "tau2": options.tau2, "margin": MARGIN,
                      "most_by_size": max(cell["size"][0] for cell in cells), "most": max(cell["either"][0] for cell in cells),
                      "cells": cells, "seconds": round(time.perf_counter() - start, 1)}))
    return 0


def simulated(random: np.random.Generator, mean: float, first: int, options: argparse.Namespace) -> dict[str, list[float]]:
    """Return announcements in five years: mean and standard error."""
    arrived = random.poisson(options.rate * YEARS, options.repeats)
    yi, vi = trials(random, mean, options.tau2, (options.repeats, first + int(arrived.max())))
    looks = [pool_many(yi=yi[:, :k], vi=vi[:, :k]) for k in range(first, yi.shape[1] + 1)]
    seen = np.arange(1, len(looks))[:, None] <= arrived[None, :]
    with_margin, without = sizes(looks, MARGIN * MID), sizes(looks, 0.0)
    certainty = np.stack([imprecision(one) for one in looks])
    moved = {"size": with_margin[1:] != with_margin[:-1], "size_without_margin": without[1:] != without[:-1],
             "certainty": certainty[1:] != certainty[:-1], "certainty_lowered": certainty[1:] > certainty[:-1]}
    moved["either"] = moved["size"] | moved["certainty"]
    return {name: summary((changed & seen).sum(axis=0)) for name, changed in moved.items()}


def trials(random: np.random.Generator, mean: float, tau2: float, shape: tuple[int, int]) -> tuple[Any, Any]:
    """Return effects and variances of trials with 30 to 150 people in each arm."""
    n = random.integers(30, 151, size=shape).astype(float)
    true = mean + math.sqrt(tau2) * random.standard_normal(shape)
    d = (true + np.sqrt(2.0 / n) * random.standard_normal(shape)) / np.sqrt(random.chisquare(2.0 * n - 2.0) / (2.0 * n - 2.0))
    return corrected_smd(d, n, n)


def sizes(looks: list[Many], margin: float) -> Any:
    """Return the signed size band (-3 to 3) that is said at each look: the last one, unless it is left by the margin.

    The same rule as bot/methods/certainty/sizes.py, for all repeats at once; a test holds the two together.
    """
    edges = np.array([-LARGE, -MODERATE, -MID, MID, MODERATE, LARGE])
    said = [np.searchsorted(edges, looks[0].estimate) - 3]
    for look in looks[1:]:
        before = said[-1]
        low = np.concatenate([[-np.inf], edges])[before + 3] - margin
        high = np.concatenate([edges, [np.inf]])[before + 3] + margin
        stays = (low <= look.estimate) & (look.estimate <= high)
        said.append(np.where(stays, before, np.searchsorted(edges, look.estimate) - 3))
    return np.stack(said)


def imprecision(look: Many) -> Any:
    """Return how many of the two smallest important differences the interval crosses: the levels that are suggested."""
    return sum(((look.ci_low < cut) & (cut < look.ci_high)).astype(int) for cut in (-MID, MID))


def summary(counts: Any) -> list[float]:
    """Return the mean and its Monte-Carlo standard error."""
    return [round(float(counts.mean()), 3), round(float(counts.std() / math.sqrt(counts.size)), 3)]

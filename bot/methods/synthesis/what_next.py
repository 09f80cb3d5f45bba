"""What the next trial could change: the chance that it moves the estimate across a threshold, and the size that would settle it.

From the predictive distribution of the studies so far. Whether a sequential bound is crossed: sequential.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.domain.effects import Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.many import Many, pool_many
from bot.methods.synthesis.options import Interval, Tau2
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.problem import Array

TRUE_EFFECTS, ERRORS, DRAWS = 201, 9, 2000
SMALLEST, LARGEST, MOST_TRIALS = 10, 1_000_000, 128
VarianceOfSize = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class NextTrial:
    """What one more trial of a size would do. crosses: probability that the estimate changes sides of the threshold; settles: that
    the interval then lies wholly on one side. expected_width: of the interval."""

    size: int
    crosses: float
    settles: float
    expected_width: float


@dataclass(frozen=True, slots=True)
class WhatNext:
    """What to plan. size: of the one trial that settles it with `power`, None if no single trial can, or if it is settled already.

    one_at_most: the probability that even an unlimited trial settles it. trials: how many of `each` would, None if not needed or more
    than are tried. sentence: for people.
    """

    threshold: float
    power: float
    settled: bool
    size: int | None
    one_at_most: float
    each: int
    trials: int | None
    sentence: str


def variance_of_smd(effect: float) -> VarianceOfSize:
    """Return how the variance of a standardised difference depends on the total size of a trial of two equal arms."""
    return lambda size: 4.0 / size + effect**2 / (2.0 * size)


def variance_like(vi: ArrayLike, sizes: ArrayLike) -> VarianceOfSize:
    """Return a variance that falls with size as it typically did so far (median of vi times size): for any measure."""
    unit = float(np.median(np.asarray(vi, dtype=float) * np.asarray(sizes, dtype=float)))
    return lambda size: unit / size


def next_trial(
    *, yi: ArrayLike, vi: ArrayLike, size: int, variance_of: VarianceOfSize, threshold: float = 0.0, method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1, level: float = 0.95,
) -> NextTrial:  # fmt: skip
    """Return what a trial of `size` participants in all would do to the estimate, tau2 and interval estimated anew.

    Its true effect is predicted by t with k - 1 degrees of freedom, its result around that by the normal. Raises SynthesisError for
    fewer than two studies.
    """
    now = _now(yi, vi, method, interval, level)
    nodes, weights = _predicted(now, variance_of(size))
    later = _with(yi, vi, nodes[:, None], variance_of(size), method, interval, level)
    crosses = (later.estimate > threshold) != (now.estimate > threshold)
    settles = (later.ci_low > threshold) | (later.ci_high < threshold)
    return NextTrial(size, float(weights @ crosses), float(weights @ settles), float(weights @ (later.ci_high - later.ci_low)))


def what_next(
    *, yi: ArrayLike, vi: ArrayLike, variance_of: VarianceOfSize, seed: int, threshold: float = 0.0, power: float = 0.8, each: int = 200,
    method: str = Tau2.REML, interval: Interval = Interval.KNAPP_HARTUNG_MAX1, level: float = 0.95,
) -> WhatNext:  # fmt: skip
    """Return the size of the one trial, or the number of trials of size `each`, after which the interval lies on one side.

    seed: of the simulation of several trials. The size is found to 1 %. Raises SynthesisError for fewer than two studies.
    """
    now = _now(yi, vi, method, interval, level)

    def settles(size: float) -> float:
        chosen = {"threshold": threshold, "method": method, "interval": interval, "level": level}
        return next_trial(yi=yi, vi=vi, size=round(size), variance_of=variance_of, **chosen).settles

    if now.ci_low > threshold or now.ci_high < threshold:
        return WhatNext(threshold, power, True, None, 1.0, each, None, "The interval lies on one side of the threshold already.")
    at_most = settles(LARGEST)
    if at_most >= power:
        size = _smallest(settles, power)
        return WhatNext(
            threshold, power, False, size, at_most, each, None, f"One trial of about {size} participants would settle it."
        )
    trials = _how_many(now, yi, vi, variance_of(each), threshold, power, seed)
    several = f"about {trials} trials of {each} would" if trials else f"more than {MOST_TRIALS} trials of {each} would be needed"
    sentence = f"No single trial can settle it: the studies differ too much. With probability {power:g}, {several}."
    return WhatNext(threshold, power, False, None, at_most, each, trials, sentence)


def _now(yi: ArrayLike, vi: ArrayLike, method: str, interval: Interval, level: float) -> Estimate:
    now = pool(yi=yi, vi=vi, method=method, interval=interval, level=level)
    if not now.pooled:
        raise SynthesisError(
            "One study says nothing about how studies differ; what the next one would change needs at least two."
        )
    return now


def _predicted(now: Estimate, variance: float) -> tuple[Array, Array]:
    """Return results of the next trial and their probabilities: equal shares of the true effect times Gauss-Hermite for the error."""
    shares = (np.arange(TRUE_EFFECTS) + 0.5) / TRUE_EFFECTS
    true = now.estimate + special().stdtrit(now.k - 1.0, shares) * math.sqrt((now.tau2 or 0.0) + now.se**2)
    points, weights = np.polynomial.hermite_e.hermegauss(ERRORS)
    nodes = true[:, None] + math.sqrt(variance) * points
    mass = np.broadcast_to(weights / weights.sum() / TRUE_EFFECTS, nodes.shape)
    return nodes.ravel(), mass.ravel()


def _with(yi: ArrayLike, vi: ArrayLike, new: Array, variance: float, method: str, interval: Interval, level: float) -> Many:
    """Return the meta-analyses with each row of new results, shape (m, trials), added."""
    effects, variances = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    rows, added = new.shape
    y = np.hstack([np.broadcast_to(effects, (rows, effects.size)), new])
    v = np.hstack([np.broadcast_to(variances, (rows, effects.size)), np.full((rows, added), variance)])
    return pool_many(yi=y, vi=v, method=method, interval=interval, level=level)


def _smallest(settles: Callable[[float], float], power: float) -> int:
    low, high = float(SMALLEST), float(SMALLEST)
    while high < LARGEST and settles(high) < power:
        low, high = high, high * 2.0
    while high - low > max(1.0, 0.01 * high):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if settles(middle) >= power else (middle, high)
    return math.ceil(high)


def _how_many(
    now: Estimate, yi: ArrayLike, vi: ArrayLike, variance: float, threshold: float, power: float, seed: int
) -> int | None:
    random = np.random.default_rng(seed)
    means = now.estimate + now.se * random.standard_t(now.k - 1, DRAWS)
    spread = math.sqrt((now.tau2 or 0.0) + variance)
    results = means[:, None] + spread * random.standard_normal((DRAWS, MOST_TRIALS))

    def enough(trials: int) -> bool:
        later = _with(yi, vi, results[:, :trials], variance, now.method, Interval(now.interval), now.level)
        return float(np.mean((later.ci_low > threshold) | (later.ci_high < threshold))) >= power

    high = 1
    while not enough(high):
        if high >= MOST_TRIALS:
            return None
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high

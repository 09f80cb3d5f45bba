"""Trim and fill: how many studies would make the funnel symmetric, and the estimate with them. For comparison only, never in a bulletin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import estimators
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.options import Tau2
from bot.methods.synthesis.problem import Array, Problem, mean_problem


class Missing(StrEnum):
    """Estimators of the number of missing studies."""

    L0 = "L0"
    R0 = "R0"


class Side(StrEnum):
    """Where studies are missing. AUTO: where a regression of effects on standard errors says."""

    AUTO = "auto"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class TrimFill:
    """What trim and fill gives. missing: how many studies, with se_missing (None where its formula fails); p: that none is (R0 only).

    filled_yi, filled_vi: the studies added.
    """

    side: str
    missing: int
    se_missing: float | None
    p: float | None
    test: Test
    tau2: float
    q: float
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]


def trim_and_fill(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    estimator: Missing = Missing.L0,
    side: Side = Side.AUTO,
    method: str = Tau2.REML,
    level: float = 0.95,
) -> TrimFill:
    """Return the estimate after trimming and filling (Duval & Tweedie 2000), tested by the normal.

    Raises SynthesisError with fewer than 3 studies.
    """
    effects, variances, _ = checked(yi, vi, None)
    if effects.size < 3:
        raise SynthesisError(f"Trim and fill needs at least 3 studies; there are {effects.size}.")
    chosen = _side(effects, variances, method) if Side(side) is Side.AUTO else Side(side)
    sign = -1.0 if chosen is Side.RIGHT else 1.0
    order = np.argsort(sign * effects, kind="stable")
    y, v = sign * effects[order], variances[order]
    missing, se, centre = _missing(y, v, Missing(estimator), method)
    filled_y = sign * (2.0 * centre - y[y.size - missing :])
    filled_v = v[y.size - missing :]
    problem = mean_problem(np.concatenate([effects, filled_y]), np.concatenate([variances, filled_v]))
    tau2 = estimators.by_name(method).tau2(problem)
    w = 1.0 / (problem.vi + tau2)
    test = tested(float(w @ problem.yi) / float(w.sum()), 1.0 / math.sqrt(float(w.sum())), df=None, level=level)
    p = 0.5 ** (missing + 1) if Missing(estimator) is Missing.R0 else None
    return TrimFill(chosen.value, missing, se, p, test, tau2, problem.q, tuple(filled_y.tolist()), tuple(filled_v.tolist()))


def _side(effects: Array, variances: Array, method: str) -> Side:
    if float(np.ptp(variances)) <= 1e-12 * float(variances.max()):
        raise SynthesisError("All studies have the same variance; no side can be told from them. Give the side.")
    problem = Problem(effects, variances, np.column_stack([np.ones(effects.size), np.sqrt(variances)]))
    tau2 = estimators.by_name(method).tau2(problem)
    return Side.RIGHT if problem.weighting(tau2).coefficients(effects)[1] < 0.0 else Side.LEFT


def _missing(y: Array, v: Array, estimator: Missing, method: str) -> tuple[int, float | None, float]:
    """Return how many studies are missing on the left of the sorted effects, its standard error, and the trimmed centre."""
    se: float | None = None
    missing, before, centre = 0, -1, 0.0
    for _ in range(100):
        if missing == before:
            break
        before = missing
        centre = _centre(y[: y.size - missing], v[: y.size - missing], method)
        value, se = _count(y - centre, estimator)
        missing = min(max(0, round(value)), y.size - 1)
    return missing, se, centre


def _centre(y: Array, v: Array, method: str) -> float:
    tau2 = estimators.by_name(method).tau2(mean_problem(y, v)) if y.size > 1 else 0.0
    w = 1.0 / (v + tau2)
    return float(w @ y) / float(w.sum())


def _count(centred: Array, estimator: Missing) -> tuple[float, float | None]:
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    if estimator is Missing.R0:
        left = ranks[centred < 0.0]
        value = k - (float(left.max()) if left.size else 0.0) - 1.0
        return value, math.sqrt(2.0 * max(0.0, value) + 2.0)
    rank_sum = float(ranks[centred > 0.0].sum())
    value = (4.0 * rank_sum - k * (k + 1)) / (2.0 * k - 1.0)
    spread = k * (k + 1) * (2 * k + 1) + 10 * value**3 + 27 * value**2 + 17 * value
    spread += -18 * k * value**2 - 18 * k * value + 6 * k**2 * value
    # The formula's variance is negative for some negative counts: then there is none.
    return value, 4.0 * math.sqrt(spread / 24.0) / (2.0 * k - 1.0) if spread >= 0.0 else None

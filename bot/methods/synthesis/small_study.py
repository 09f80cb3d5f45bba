"""Do small studies show other effects than large ones? Regression and rank tests, and when they may be used. Selection: selection.py.

A test raises a suspicion; by itself it never lowers certainty. Trim and fill: trim_and_fill.py; fail-safe numbers: fail_safe.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis.checks import checked, checked_design
from bot.methods.synthesis.distributions import two_sided_p, two_sided_quantile
from bot.methods.synthesis.options import Interval, Tau2
from bot.methods.synthesis.problem import Array, Problem, Weighting
from bot.methods.synthesis.regression import fitted

ENOUGH = 10


class Predictor(StrEnum):
    """What stands for the size of a study in a regression test."""

    SE = "sei"
    VARIANCE = "vi"
    N = "ni"
    INVERSE_N = "ninv"
    ROOT_N = "sqrtni"
    ROOT_INVERSE_N = "sqrtninv"


class Weights(StrEnum):
    """The model of a regression test: meta-regression, or least squares weighted by 1 / vi with a free dispersion (Egger 1997)."""

    META_REGRESSION = "rma"
    DISPERSION = "lm"


@dataclass(frozen=True, slots=True)
class RegressionTest:
    """A regression test for asymmetry. df: None for normal. limit: the effect expected of an infinitely large study, None where the
    predictor does not vanish for it."""

    statistic: float
    df: float | None
    p: float
    slope: float
    limit: float | None
    limit_low: float | None
    limit_high: float | None


@dataclass(frozen=True, slots=True)
class RankTest:
    """Begg and Mazumdar's rank correlation: Kendall's tau and its two-sided p."""

    tau: float
    p: float


def regression_test(
    *, yi: ArrayLike, vi: ArrayLike, ni: ArrayLike | None = None, predictor: Predictor = Predictor.SE,
    weights: Weights = Weights.META_REGRESSION, method: str = Tau2.REML, level: float = 0.95,
) -> RegressionTest:  # fmt: skip
    """Return the regression of effects on what stands for the size of studies (Egger et al. 1997; Sterne & Egger 2005).

    ni: total sizes, shape (k,), needed by the predictors that use them. Raises SynthesisError with fewer than 3 studies or if all
    studies are of one size. Whether there are enough to believe it: `is_enough`.
    """
    effects, variances, _ = checked(yi, vi, None)
    column = _size(Predictor(predictor), effects, variances, ni)
    problem = checked_design(effects, variances, np.column_stack([np.ones_like(column), column]), ("intercept", str(predictor)))
    with_limit = predictor not in (Predictor.N, Predictor.ROOT_N)
    if Weights(weights) is Weights.DISPERSION:
        return _with_dispersion(problem, level, with_limit=with_limit)
    model = fitted(problem, names=("intercept", str(predictor)), method=str(method), interval=Interval.WALD, level=level)
    limit, slope = model.tests
    return RegressionTest(
        slope.statistic, None, slope.p, slope.estimate,
        *((limit.estimate, limit.low, limit.high) if with_limit else (None, None, None)),
    )  # fmt: skip


def smd_test(*, yi: ArrayLike, vi: ArrayLike, n_e: ArrayLike, n_c: ArrayLike, method: str = Tau2.REML) -> RegressionTest:
    """Return the regression test for standardised differences, on √(1/n_e + 1/n_c) in place of the SE.

    g and its SE are correlated by construction, so the classic test is too often positive (Pustejovsky & Rodgers 2019).
    """
    effects, variances, _ = checked(yi, vi, None)
    column = smd_size(n_e, n_c)
    problem = checked_design(effects, variances, np.column_stack([np.ones_like(column), column]), ("intercept", "root of 1/n"))
    model = fitted(problem, names=("intercept", "size"), method=str(method), interval=Interval.KNAPP_HARTUNG, level=0.95)
    limit, slope = model.tests
    return RegressionTest(slope.statistic, slope.df, slope.p, slope.estimate, limit.estimate, limit.low, limit.high)


def smd_size(n_e: ArrayLike, n_c: ArrayLike) -> Array:
    """Return √(1/n_e + 1/n_c), the vertical axis of a funnel of standardised differences, shape (k,)."""
    return np.sqrt(1.0 / np.asarray(n_e, dtype=float) + 1.0 / np.asarray(n_c, dtype=float))


def is_enough(k: int) -> bool:
    """Return whether there are at least ten studies; with fewer no test for asymmetry is reported (Cochrane Handbook 13.3.5)."""
    return k >= ENOUGH


def rank_test(*, yi: ArrayLike, vi: ArrayLike, exact: str = "where possible") -> RankTest:
    """Return Begg and Mazumdar's rank correlation of standardised effects with variances (1994).

    exact: `where possible` (the exact distribution unless there are ties) or `never` (the normal approximation).
    """
    effects, variances, names = checked(yi, vi, None)
    if effects.size < 2:
        raise SynthesisError("A rank test needs at least two studies.")
    w = 1.0 / variances
    mean = float(w @ effects) / float(w.sum())
    rest = variances - 1.0 / float(w.sum())
    if not (rest > 0.0).all():
        raise SynthesisError(f"A rank test has no digits left: {names[int(np.argmin(rest))]} has all of the weight. Is its variance right?")
    standardised = (effects - mean) / np.sqrt(rest)
    return _kendall(standardised, variances, allow_exact=exact == "where possible")


def _size(predictor: Predictor, effects: Array, variances: Array, ni: ArrayLike | None) -> Array:
    if predictor is Predictor.SE:
        return np.sqrt(variances)
    if predictor is Predictor.VARIANCE:
        return variances
    if ni is None:
        raise SynthesisError(f"The predictor {predictor.value} needs the sizes of the studies; give ni, or use `sei`.")
    n = np.asarray(ni, dtype=float)
    if n.shape != effects.shape or not (n > 0.0).all():
        raise SynthesisError(f"ni has the shape {n.shape} for {effects.size} effects; give one size above 0 for each.")
    return {
        Predictor.N: n,
        Predictor.INVERSE_N: 1.0 / n,
        Predictor.ROOT_N: np.sqrt(n),
        Predictor.ROOT_INVERSE_N: 1.0 / np.sqrt(n),
    }[predictor]


def _with_dispersion(problem: Problem, level: float, *, with_limit: bool) -> RegressionTest:
    weighting = Weighting(1.0 / problem.vi, problem.x)
    residuals = weighting.residuals(problem.yi)
    dispersion = float(weighting.w @ (residuals * residuals)) / problem.q_df
    limit, slope = (float(b) for b in weighting.coefficients(problem.yi))
    limit_se, slope_se = np.sqrt(dispersion * np.diag(weighting.inverse))
    if float(slope_se) == 0.0:
        raise SynthesisError("The effects lie on a line without any residual; there is nothing to test them against.")
    statistic, df = slope / float(slope_se), float(problem.q_df)
    margin = two_sided_quantile(level, df) * float(limit_se)
    ends = (limit, limit - margin, limit + margin) if with_limit else (None, None, None)
    return RegressionTest(statistic, df, two_sided_p(statistic, df), slope, *ends)


def _kendall(x: Array, y: Array, *, allow_exact: bool) -> RankTest:
    n = x.size
    signs_x, signs_y = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
    score = float(np.sum(signs_x * signs_y)) / 2.0
    pairs = n * (n - 1) / 2.0
    ties_x, ties_y = _ties(x), _ties(y)
    unequal = math.sqrt((pairs - np.sum(ties_x * (ties_x - 1)) / 2.0) * (pairs - np.sum(ties_y * (ties_y - 1)) / 2.0))
    if unequal == 0.0:
        return RankTest(0.0, 1.0)
    if allow_exact and ties_x.max() == 1 and ties_y.max() == 1:
        return RankTest(score / unequal, _exact_p(n, round((score + pairs) / 2.0)))
    return RankTest(score / unequal, two_sided_p(score / math.sqrt(_variance_of_score(n, ties_x, ties_y)), None))


def _ties(values: Array) -> Array:
    return np.unique(values, return_counts=True)[1].astype(float)


def _variance_of_score(n: int, ties_x: Array, ties_y: Array) -> float:
    """Return the variance of Kendall's score with ties (Kendall 1970, chapter 4)."""

    def sums(t: Array) -> tuple[float, float, float]:
        return float(np.sum(t * (t - 1) * (2 * t + 5))), float(np.sum(t * (t - 1) * (t - 2))), float(np.sum(t * (t - 1)))

    (a1, b1, c1), (a2, b2, c2) = sums(ties_x), sums(ties_y)
    main = (n * (n - 1) * (2 * n + 5) - a1 - a2) / 18.0
    third = b1 * b2 / (9.0 * n * (n - 1) * (n - 2)) if n > 2 else 0.0
    return main + third + c1 * c2 / (2.0 * n * (n - 1))


def _exact_p(n: int, concordant: int) -> float:
    """Return the two-sided p of the number of concordant pairs among n untied values, from the distribution of inversions."""
    counts = np.ones(1)
    for size in range(2, n + 1):
        # Dividing by size at each step keeps these as probabilities.
        counts = np.convolve(counts, np.full(size, 1.0 / size))
    low, high = float(counts[: concordant + 1].sum()), float(counts[concordant:].sum())
    return min(1.0, 2.0 * min(low, high))

"""Meta-regression and subgroups: how effects vary with what is known of the studies. A mean alone, with its prediction: pooling.py.

Knapp-Hartung is offered for every test here; with few studies it should be used (Knapp & Hartung 2003; Viechtbauer et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.domain.effects import Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis import estimators, heterogeneity, intervals
from bot.methods.synthesis.checks import checked, checked_design
from bot.methods.synthesis.distributions import check_level, chi_squared_p, f_p, two_sided_quantile
from bot.methods.synthesis.options import Interval, Tau2
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.problem import Array, Problem, mean_problem


@dataclass(frozen=True, slots=True)
class Moderation:
    """The test that all coefficients but the intercept are 0. df2: None for chi-squared, else statistic is F."""

    statistic: float
    df1: int
    df2: float | None
    p: float


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The fit of an (RE)ML model: log-likelihood, deviance, and Akaike's and Schwarz's criteria."""

    log_likelihood: float
    deviance: float
    aic: float
    bic: float
    aicc: float


@dataclass(frozen=True, slots=True)
class Regression:
    """A fitted model. tests: one per name. covariance: of the coefficients, shape (p, p), scaled as the tests are.

    i2, h2: of what the moderators leave, from tau2 (common effect: from Q). r2: per cent of the variance between studies that they
    take away, None for a mean. q: of the residuals. likelihood: None unless ML or REML.
    """

    names: tuple[str, ...]
    k: int
    method: str
    interval: str
    level: float
    tau2: float
    se_tau2: float | None
    i2: float
    h2: float
    i2_q: float
    r2: float | None
    q: float
    q_df: int
    q_p: float
    tests: tuple[intervals.Test, ...]
    covariance: Array
    moderation: Moderation | None
    likelihood: Likelihood | None


def regress(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: ArrayLike,
    names: Sequence[str],
    labels: Sequence[str] | None = None,
    method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    level: float = 0.95,
) -> Regression:
    """Return the regression of effects on moderators, shape (k, p), whose first column is the intercept where one is wanted.

    Raises SynthesisError if the moderators cannot be told apart, are missing somewhere, or leave no degree of freedom.
    """
    effects, variances, _ = checked(yi, vi, labels)
    problem = checked_design(effects, variances, moderators, names)
    return fitted(problem, names=tuple(names), method=str(method), interval=Interval(interval), level=check_level(level))


def fitted(problem: Problem, *, names: tuple[str, ...], method: str, interval: Interval, level: float) -> Regression:
    """Return the model of a problem that has been checked already."""
    estimator = estimators.by_name(method)
    tau2 = estimator.tau2(problem)
    weighting = problem.weighting(tau2)
    scale = intervals.scale_of(problem, weighting, interval)
    covariance = scale * weighting.inverse
    df = intervals.degrees_of(problem, interval)
    errors = np.sqrt(np.diag(covariance))
    estimates = weighting.coefficients(problem.yi)
    tests = tuple(
        intervals.tested(float(b), float(se), df=df, level=level, scale=scale) for b, se in zip(estimates, errors, strict=True)
    )
    common = method == Tau2.COMMON
    return Regression(
        names=names, k=problem.k, method=method, interval=interval.value, level=level, tau2=tau2,
        se_tau2=None if common else estimator.se_tau2(problem, tau2),
        i2=heterogeneity.i2_from_q(problem) if common else heterogeneity.i2_from_tau2(problem, tau2),
        h2=problem.q / problem.q_df if common else heterogeneity.h2_from_tau2(problem, tau2),
        i2_q=heterogeneity.i2_from_q(problem), r2=_explained(problem, tau2, method),
        q=problem.q, q_df=problem.q_df, q_p=chi_squared_p(problem.q, problem.q_df), tests=tests, covariance=covariance,
        moderation=_moderation(problem, estimates, covariance, df), likelihood=likelihood_of(problem, tau2, method),
    )  # fmt: skip


def predicted(regression: Regression, rows: ArrayLike) -> dict[str, Array]:
    """Return estimate, se, ci_low, ci_high, pi_low and pi_high of the mean effect at rows, shape (m, p), of moderators."""
    x = np.atleast_2d(np.asarray(rows, dtype=float))
    estimate = x @ np.array([test.estimate for test in regression.tests])
    variance = np.einsum("ij,jk,ik->i", x, regression.covariance, x)
    quantile = two_sided_quantile(regression.level, regression.tests[0].df)
    narrow, wide = quantile * np.sqrt(variance), quantile * np.sqrt(variance + regression.tau2)
    return {
        "estimate": estimate,
        "se": np.sqrt(variance),
        "ci_low": estimate - narrow,
        "ci_high": estimate + narrow,
        "pi_low": estimate - wide,
        "pi_high": estimate + wide,
    }


def likelihood_of(problem: Problem, tau2: float, method: str) -> Likelihood | None:
    """Return the fit of an ML or REML model, None for the other estimators."""
    if method not in (Tau2.ML, Tau2.REML):
        return None
    restricted = method == Tau2.REML
    value = problem.log_likelihood(tau2, restricted=restricted)
    parameters = problem.p + 1
    n = problem.q_df if restricted else problem.k
    saturated = 0.0 if restricted else -0.5 * (problem.k * math.log(2.0 * math.pi) + float(np.log(problem.vi).sum()))
    corrected = max(n, parameters + 2)
    bic = -2.0 * value + parameters * math.log(n) if n else -math.inf
    return Likelihood(
        value, -2.0 * (value - saturated), -2.0 * value + 2.0 * parameters, bic,
        -2.0 * value + 2.0 * parameters * corrected / (corrected - parameters - 1),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subgroups:
    """Estimates within groups and the test between them. groups: in the order of first appearance, each pooled on its own tau2."""

    groups: dict[str, Estimate]
    q_between: float
    df: int
    p: float


def subgroups(
    *, yi: ArrayLike, vi: ArrayLike, groups: Sequence[str], labels: Sequence[str] | None = None,
    method: str = Tau2.REML, interval: Interval = Interval.KNAPP_HARTUNG_MAX1, level: float = 0.95,
) -> Subgroups:  # fmt: skip
    """Return an estimate for each group and Q between them (Borenstein et al. 2009, chapter 19; separate tau2 in each group).

    Raises SynthesisError if there is only one group. A group of one study is that study.
    """
    effects, variances, names = checked(yi, vi, labels)
    found = list(dict.fromkeys(groups))
    if len(groups) != effects.size or len(found) < 2:
        raise SynthesisError(
            f"{len(found)} group(s) for {effects.size} effects; name one group for each effect, at least two in all."
        )
    pooled = {}
    for group in found:
        chosen = np.array([name == group for name in groups])
        inside = [name for name, keep in zip(names, chosen, strict=True) if keep]
        pooled[group] = pool(
            yi=effects[chosen], vi=variances[chosen], labels=inside, method=method, interval=interval, level=level
        )
    means = np.array([estimate.estimate for estimate in pooled.values()])
    errors = np.array([estimate.se for estimate in pooled.values()])
    between = mean_problem(means, errors**2)
    return Subgroups(pooled, between.q, between.q_df, chi_squared_p(between.q, between.q_df))


def _moderation(problem: Problem, estimates: Array, covariance: Array, df: float | None) -> Moderation | None:
    has_intercept = bool((problem.x[:, 0] == 1.0).all())
    tested = slice(1, None) if has_intercept else slice(None)
    b, v = estimates[tested], covariance[tested, tested]
    if b.size == 0:
        return None
    wald = float(b @ np.linalg.solve(v, b))
    if df is None:
        return Moderation(wald, b.size, None, chi_squared_p(wald, b.size))
    return Moderation(wald / b.size, b.size, df, f_p(wald / b.size, b.size, df))


def _explained(problem: Problem, tau2: float, method: str) -> float | None:
    """Return R² as Raudenbush 2009 defines it; for a common effect the adjusted R² of the weighted regression."""
    if problem.is_mean:
        return None
    plain = mean_problem(problem.yi, problem.vi)
    if method == Tau2.COMMON:
        return 100.0 * max(0.0, 1.0 - (problem.q / problem.q_df) / (plain.q / plain.q_df)) if plain.q > 0.0 else 0.0
    total = estimators.by_name(method).tau2(plain)
    return 100.0 * max(0.0, (total - tau2) / total) if total > 0.0 else None

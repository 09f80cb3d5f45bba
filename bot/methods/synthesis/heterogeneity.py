"""How far studies differ: I², H², and intervals for tau2 by inverting Q or the likelihood. tau2 itself: estimators/."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.methods.synthesis.distributions import chi_squared_quantile, two_sided_quantile
from bot.methods.synthesis.problem import Problem
from bot.methods.synthesis.roots import bracketed, tau2_where_q_is


@dataclass(frozen=True, slots=True)
class Range:
    """An interval for tau2 and what follows from it: tau, I² in per cent, H²."""

    tau2: tuple[float, float]
    tau: tuple[float, float]
    i2: tuple[float, float]
    h2: tuple[float, float]


def i2_from_tau2(problem: Problem, tau2: float) -> float:
    """Return tau2 in per cent of the total variance, with Higgins and Thompson's typical sampling variance."""
    return 100.0 * tau2 / (tau2 + problem.typical_variance)


def h2_from_tau2(problem: Problem, tau2: float) -> float:
    """Return the total variance over the typical sampling variance."""
    return tau2 / problem.typical_variance + 1.0


def i2_from_q(problem: Problem) -> float:
    """Return Higgins' I² = (Q - df) / Q in per cent, 0 if that is negative."""
    q = problem.q
    return 100.0 * max(0.0, (q - problem.q_df) / q) if q > 0.0 else 0.0


def q_profile(problem: Problem, *, level: float) -> tuple[float, float]:
    """Return the Q-profile interval for tau2 (Viechtbauer 2007): the tau2 at which the generalised Q equals quantiles of chi-squared."""
    tail = (1.0 - level) / 2.0
    low = tau2_where_q_is(problem, chi_squared_quantile(tail, problem.q_df))
    high = tau2_where_q_is(problem, chi_squared_quantile(1.0 - tail, problem.q_df))
    return low, high


def profile_likelihood(problem: Problem, *, tau2: float, restricted: bool, level: float) -> tuple[float, float]:
    """Return the profile-likelihood interval for tau2 around its (RE)ML estimate (Hardy & Thompson 1996).

    Its ends are where the log-likelihood is lower than at the estimate by half the quantile of chi-squared with one degree of freedom.
    """
    drop = 0.5 * chi_squared_quantile(1.0 - level, 1.0)
    floor = problem.log_likelihood(tau2, restricted=restricted) - drop

    def above(value: float) -> float:
        return problem.log_likelihood(value, restricted=restricted) - floor

    low = 0.0 if tau2 == 0.0 or above(0.0) >= 0.0 else bracketed(above, 0.0, tau2)
    return low, bracketed(above, tau2, _where_negative(above, max(tau2, problem.typical_variance)))


def range_of(problem: Problem, low: float, high: float) -> Range:
    """Return the interval for tau2 as one for tau, I² and H² too."""
    return Range(
        (low, high),
        (math.sqrt(low), math.sqrt(high)),
        (i2_from_tau2(problem, low), i2_from_tau2(problem, high)),
        (h2_from_tau2(problem, low), h2_from_tau2(problem, high)),
    )


def _where_negative(function: Callable[[float], float], start: float) -> float:
    value = start
    for _ in range(1000):
        value *= 2.0
        if function(value) < 0.0:
            return value
    return value


def i2_interval_from_q(q: float, df: int, *, level: float) -> tuple[float, float]:
    """Return the test-based interval of I² from Q and its degrees of freedom; (nan, nan) for df = 1 with Q at most 2."""
    k = df + 1
    if q > k:
        error = 0.5 * (math.log(q) - math.log(df)) / (math.sqrt(2.0 * q) - math.sqrt(2.0 * k - 3.0))
    elif k > 2:
        error = math.sqrt(1.0 / (2.0 * (k - 2)) * (1.0 - 1.0 / (3.0 * (k - 2) ** 2)))
    else:
        return math.nan, math.nan
    centre, margin = 0.5 * math.log(max(q / df, 1.0)), two_sided_quantile(level, None) * error
    low, high = (max(math.exp(end), 1.0) for end in (centre - margin, centre + margin))
    return 100.0 * (1.0 - 1.0 / low**2), 100.0 * (1.0 - 1.0 / high**2)

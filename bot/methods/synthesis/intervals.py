"""Tests and confidence intervals for coefficients. Which is the default and why: docs/adr/0301-defaults-of-the-lead-estimate.md."""

from __future__ import annotations

from dataclasses import dataclass

from bot.methods.synthesis.distributions import two_sided_p, two_sided_quantile
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.problem import Problem, Weighting


@dataclass(frozen=True, slots=True)
class Test:
    """A coefficient with its test and interval. df: None for the normal. scale: the factor on the variance (1 but for Knapp-Hartung)."""

    estimate: float
    se: float
    statistic: float
    df: float | None
    p: float
    low: float
    high: float
    scale: float


def scale_of(problem: Problem, weighting: Weighting, interval: Interval) -> float:
    """Return the factor on the variance of the coefficients.

    1 for Wald and t; for Knapp-Hartung the weighted mean square of the residuals, at least 1 with `max1`
    (Knapp & Hartung 2003; Röver, Knapp & Friede 2015).
    """
    if interval in (Interval.WALD, Interval.T):
        return 1.0
    residuals = weighting.residuals(problem.yi)
    factor = float(weighting.w @ (residuals * residuals)) / problem.q_df
    return max(1.0, factor) if interval is Interval.KNAPP_HARTUNG_MAX1 else factor


def degrees_of(problem: Problem, interval: Interval) -> float | None:
    """Return the degrees of freedom of the test, None for the normal."""
    return None if interval is Interval.WALD else float(problem.q_df)


def tested(estimate: float, se: float, *, df: float | None, level: float, scale: float = 1.0) -> Test:
    """Return the test and interval of an estimate with its standard error; with se = 0 the interval is the estimate itself."""
    margin = two_sided_quantile(level, df) * se
    if se > 0.0:
        statistic = estimate / se
    else:
        statistic = float("inf") if estimate > 0 else float("-inf") if estimate < 0 else 0.0
    return Test(estimate, se, statistic, df, two_sided_p(statistic, df), estimate - margin, estimate + margin, scale)

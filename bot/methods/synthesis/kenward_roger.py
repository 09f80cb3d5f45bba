"""Kenward and Roger's test for the random-effects mean. The default is Knapp and Hartung's: intervals.py."""

from __future__ import annotations

import math

from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.problem import Problem


def kenward_roger(problem: Problem, *, tau2: float, level: float) -> Test:
    """Return the mean with its inflated standard error and approximate degrees of freedom, at a REML tau2.

    Source: Kenward & Roger 1997; Partlett & Riley 2017; expected information.
    """
    w = 1.0 / (problem.vi + tau2)
    s1, s2 = float(w.sum()), float(w @ w)
    mean = float(w @ problem.yi) / s1
    information = 0.5 * problem.moments(tau2).trace_pp
    uneven = float(w @ (w - s2 / s1) ** 2)
    inflated = 1.0 / s1 + 2.0 * uneven / (information * s1 * s1)
    df = 2.0 * information / (inflated * s2) ** 2
    return tested(mean, math.sqrt(inflated), df=df, level=level)

"""Hedges' estimator: the variance of the effects minus the mean sampling variance, without weights."""

from __future__ import annotations

import math

import numpy as np

from bot.methods.synthesis.problem import Problem, Weighting

NAME = "HE"
LABEL = "Hedges"
SOURCE = "Hedges & Olkin 1985"


def tau2(problem: Problem) -> float:
    """Return (y'My - tr(MV)) / (k - p) with M the unweighted residual maker, 0 if that is negative."""
    unweighted = Weighting(np.ones(problem.k), problem.x)
    residuals = unweighted.residuals(problem.yi)
    return max(0.0, (float(residuals @ residuals) - unweighted.trace(problem.vi)) / problem.q_df)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of 2 tr(MSMS) / (k - p)^2 with S = V + tau2 I."""
    unweighted = Weighting(np.ones(problem.k), problem.x)
    total = problem.vi + tau2
    return math.sqrt(2.0 * unweighted.trace2(total, total)) / problem.q_df

"""Hunter and Schmidt's estimator with Q scaled by k / (k - p). The form without: hunter_schmidt.py."""

from __future__ import annotations

from bot.methods.synthesis.estimators import hunter_schmidt
from bot.methods.synthesis.problem import Problem

NAME = "HSk"
LABEL = "Hunter-Schmidt, small-sample corrected"
SOURCE = "Brannick, Potter, Benitez & Morris 2019"


def tau2(problem: Problem) -> float:
    """Return (Q · k / (k - p) - k) / tr(W), 0 if that is negative."""
    moments = problem.at_zero
    return max(0.0, (moments.q1 * problem.k / problem.q_df - problem.k) / moments.trace_w)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the standard error of the uncorrected estimator times k / (k - p)."""
    return hunter_schmidt.se_tau2(problem, tau2) * problem.k / problem.q_df

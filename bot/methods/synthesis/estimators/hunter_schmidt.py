"""Hunter and Schmidt's estimator, biased downwards; its small-sample form: hunter_schmidt_small_sample.py."""

from __future__ import annotations

import math

from bot.methods.synthesis.problem import Problem

NAME = "HS"
LABEL = "Hunter-Schmidt"
SOURCE = "Hunter & Schmidt 1990; Viechtbauer 2005"


def tau2(problem: Problem) -> float:
    """Return (Q - k) / tr(W), 0 if that is negative."""
    moments = problem.at_zero
    return max(0.0, (moments.q1 - problem.k) / moments.trace_w)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of 2 tr(PSPS) / tr(W)^2 with S = V + tau2 I."""
    moments = problem.at_zero
    return math.sqrt(2.0 * problem.q_df + 4.0 * tau2 * moments.trace_p + 2.0 * tau2**2 * moments.trace_pp) / moments.trace_w

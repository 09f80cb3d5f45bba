"""The empirical Bayes estimator (Morris). Its equation has Paule and Mandel's root; the asymptotic standard error is its own."""

from __future__ import annotations

import math

from bot.methods.synthesis.problem import Problem
from bot.methods.synthesis.roots import tau2_where_q_is

NAME = "EB"
LABEL = "empirical Bayes"
SOURCE = "Morris 1983; Berkey, Hoaglin, Mosteller & Colditz 1995"


def tau2(problem: Problem) -> float:
    """Return the root of y'Py = k - p, 0 if Q is at most k - p."""
    return tau2_where_q_is(problem, float(problem.q_df))


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return k · sqrt(2 / (k - p)) / tr(W)."""
    return problem.k * math.sqrt(2.0 / problem.q_df) / problem.moments(tau2).trace_w

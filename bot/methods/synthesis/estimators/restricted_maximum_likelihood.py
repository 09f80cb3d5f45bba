"""Restricted maximum likelihood, the default. Without the restriction: maximum_likelihood.py."""

from __future__ import annotations

import math

from bot.methods.synthesis.maxima import highest_tau2
from bot.methods.synthesis.problem import Moments, Problem

NAME = "REML"
LABEL = "restricted maximum likelihood"
SOURCE = "Viechtbauer 2005"


def tau2(problem: Problem) -> float:
    """Return the tau2 >= 0 of the highest restricted likelihood: the best root of y'PPy = tr(P), or 0."""
    return highest_tau2(problem, score=_score, restricted=True)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of the inverse information 2 / tr(PP)."""
    return math.sqrt(2.0 / problem.moments(tau2).trace_pp)


def _score(moments: Moments) -> tuple[float, float]:
    return moments.q2 - moments.trace_p, moments.trace_pp - 2.0 * moments.q3

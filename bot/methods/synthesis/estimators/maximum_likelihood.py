"""Maximum likelihood. Biased downwards; its restricted form is the default: restricted_maximum_likelihood.py."""

from __future__ import annotations

import math

from bot.methods.synthesis.maxima import highest_tau2
from bot.methods.synthesis.problem import Moments, Problem

NAME = "ML"
LABEL = "maximum likelihood"
SOURCE = "Hardy & Thompson 1996"


def tau2(problem: Problem) -> float:
    """Return the tau2 >= 0 of the highest likelihood: the best root of y'PPy = tr(W), or 0."""
    return highest_tau2(problem, score=_score, restricted=False)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of the inverse information 2 / tr(WW)."""
    w = 1.0 / (problem.vi + tau2)
    return math.sqrt(2.0 / float(w @ w))


def _score(moments: Moments) -> tuple[float, float]:
    return moments.q2 - moments.trace_w, moments.trace_ww - 2.0 * moments.q3

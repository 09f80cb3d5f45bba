"""Paule and Mandel's estimator: the tau2 at which the generalised Q equals its expectation."""

from __future__ import annotations

from bot.methods.synthesis.estimators import empirical_bayes
from bot.methods.synthesis.problem import Problem
from bot.methods.synthesis.roots import tau2_where_q_is

NAME = "PM"
LABEL = "Paule-Mandel"
SOURCE = "Paule & Mandel 1982; DerSimonian & Kacker 2007"


def tau2(problem: Problem) -> float:
    """Return the root of y'Py = k - p, 0 if Q is at most k - p."""
    return tau2_where_q_is(problem, float(problem.q_df))


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the asymptotic standard error, the one of the empirical Bayes estimator whose root this is."""
    return empirical_bayes.se_tau2(problem, tau2)

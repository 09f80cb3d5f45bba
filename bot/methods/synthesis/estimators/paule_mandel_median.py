"""The median-unbiased form of Paule and Mandel's estimator: the tau2 at which the generalised Q equals its median."""

from __future__ import annotations

from bot.methods.synthesis.distributions import chi_squared_quantile
from bot.methods.synthesis.estimators import paule_mandel
from bot.methods.synthesis.problem import Problem
from bot.methods.synthesis.roots import tau2_where_q_is

NAME = "PMM"
LABEL = "Paule-Mandel, median-unbiased"
SOURCE = "Viechtbauer 2021"


def tau2(problem: Problem) -> float:
    """Return the root of y'Py = the median of chi-squared with k - p degrees of freedom, 0 if Q is below it."""
    return tau2_where_q_is(problem, chi_squared_quantile(0.5, problem.q_df))


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the standard error that Paule and Mandel's estimator has at this tau2."""
    return paule_mandel.se_tau2(problem, tau2)

"""Sidik and Jonkman's estimator: one step from the raw variance of the effects. Never 0 unless all effects are equal."""

from __future__ import annotations

import math

from bot.methods.synthesis.problem import Problem

NAME = "SJ"
LABEL = "Sidik-Jonkman"
SOURCE = "Sidik & Jonkman 2005"


def tau2(problem: Problem) -> float:
    """Return tau0² · y'Py / (k - p), with P at tau0² = Σ(y - ȳ)² / k; 0 if all effects are equal."""
    start = _start(problem)
    return start * problem.moments(start).q1 / problem.q_df if start > 0.0 else 0.0


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of tau0⁴ · 2 tr(PSPS) / (k - p)^2 with S = V + tau2 I."""
    start = _start(problem)
    total = problem.vi + tau2
    return start * math.sqrt(2.0 * problem.weighting(start).trace2(total, total)) / problem.q_df


def _start(problem: Problem) -> float:
    return float(problem.yi.var())

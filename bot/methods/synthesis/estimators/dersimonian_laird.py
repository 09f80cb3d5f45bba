"""DerSimonian and Laird's moment estimator with weights 1 / vi."""

from __future__ import annotations

import math

from bot.methods.synthesis.problem import Problem

NAME = "DL"
LABEL = "DerSimonian-Laird"
SOURCE = "DerSimonian & Laird 1986"


def tau2(problem: Problem) -> float:
    """Return (Q - (k - p)) / tr(P), 0 if that is negative."""
    moments = problem.at_zero
    return max(0.0, (moments.q1 - problem.q_df) / moments.trace_p)


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return the square root of the moment variance 2 tr(P S P S) / tr(P)^2 with S = V + tau2 I, where PVP = P."""
    moments = problem.at_zero
    return math.sqrt(2.0 * problem.q_df + 4.0 * tau2 * moments.trace_p + 2.0 * tau2**2 * moments.trace_pp) / moments.trace_p

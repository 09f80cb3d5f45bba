"""Weighted sums of squared normals, and the intervals for tau2 that need them. With weights 1/(vi + tau2): heterogeneity.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bot.methods.synthesis.problem import Array, Problem
from bot.methods.synthesis.roots import bracketed

NODES = 28


def weighted_chi_squared_p(weights: Array, value: float) -> float:
    """Return the upper tail at value of Σ weights · chi-squared(1), weights >= 0, to about 1e-11.

    The Laplace transform of its distribution, Π(1 + 2 λ s)^(-1/2) / s, has all its singularities at s <= 0, so that Talbot's contour
    inverts it with a few dozen nodes (Abate & Valkó 2004).
    """
    positive = weights[weights > 1e-14 * max(float(weights.max()), 0.0)]
    if positive.size == 0 or value <= 0.0:
        return 0.0 if value > 0.0 else 1.0
    angles = np.arange(1, NODES) * math.pi / NODES
    cotangents = 1.0 / np.tan(angles)
    nodes = np.concatenate(([0.4 * NODES + 0j], 0.4 * math.pi * np.arange(1, NODES) * (cotangents + 1j)))
    slopes = np.concatenate(([0.5 + 0j], 1.0 + 1j * angles * (1.0 + cotangents**2) - 1j * cotangents))
    s = nodes / value
    transform = np.exp(-0.5 * np.log1p(2.0 * np.outer(s, positive)).sum(axis=1)) / s
    return float(1.0 - 0.4 / value * np.sum((np.exp(nodes) * slopes * transform).real))


def generalised_q_interval(problem: Problem, *, level: float, power: float = 1.0) -> tuple[float, float]:
    """Return the interval for tau2 by inverting the Q with weights 1 / vi^power.

    power: 1 for the companion of DerSimonian and Laird's estimate, 1/2 for Jackson's weights, better where tau2 is not small.

    Source: Jackson 2013; Biggerstaff & Jackson 2008.
    """
    tail = (1.0 - level) / 2.0
    w = problem.vi**-power
    form = _form(w, problem.x)
    q = float(problem.yi @ form @ problem.yi)

    def above(tau2: float) -> float:
        root = np.sqrt(problem.vi + tau2)
        return weighted_chi_squared_p(np.linalg.eigvalsh(root[:, None] * form * root), q)

    return _root(lambda tau2: above(tau2) - tail, problem), _root(lambda tau2: above(tau2) - (1.0 - tail), problem)


def _form(w: Array, x: Array) -> Array:
    wx = w[:, None] * x
    return np.diag(w) - wx @ np.linalg.solve(x.T @ wx, wx.T)


def _root(function: Callable[[float], float], problem: Problem) -> float:
    if function(0.0) >= 0.0:
        return 0.0
    high = problem.typical_variance
    while function(high) < 0.0:
        high *= 2.0
    return bracketed(function, 0.0, high, relative=1e-12)

"""The tau2 of the highest likelihood: every maximum is bracketed on a grid and refined, so that the global one is found.

The scores: estimators/maximum_likelihood.py and restricted_maximum_likelihood.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bot.methods.synthesis.problem import Array, Moments, Problem

Score = Callable[[Moments], tuple[float, float]]
GRID = 32
STEPS = np.linspace(0.0, 1.0, GRID)


def highest_tau2(problem: Problem, *, score: Score, restricted: bool) -> float:
    """Return the tau2 >= 0 with the highest (restricted) likelihood.

    score: from the moments, twice the derivative of the log-likelihood, and the derivative of that. A maximum is where it falls
    through 0 on the grid, or 0 itself where it is not positive there. Where there are several, the likelihoods decide.
    """
    grid = _grid(problem)
    values = _scores(problem, score, grid, restricted)
    falls = np.flatnonzero((values[:-1] > 0.0) & (values[1:] <= 0.0))
    candidates = [_refined(problem, score, float(grid[i]), float(grid[i + 1])) for i in falls]
    if values[0] <= 0.0:
        candidates.append(0.0)
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda tau2: problem.log_likelihood(tau2, restricted=restricted))


def _grid(problem: Problem) -> Array:
    # Above the upper end the score is negative: y'PPy < RSS / tau2^2 there, and the traces fall like 1 / tau2.
    spread = float(np.ptp(problem.yi))
    smallest, largest = float(problem.vi.min()), float(problem.vi.max())
    top = 4.0 * (problem.k * spread * spread + largest)
    bottom = min(1e-3 * smallest, 1e-6 * top)
    return np.concatenate(([0.0], bottom * (top / bottom) ** STEPS))


def _scores(problem: Problem, score: Score, grid: Array, restricted: bool) -> Array:
    if not problem.is_mean:
        return np.array([score(problem.moments(float(tau2)))[0] for tau2 in grid])
    w = 1.0 / (problem.vi + grid[:, None])
    s1 = w.sum(axis=1)
    u = w * (problem.yi - ((w @ problem.yi) / s1)[:, None])
    trace = s1 - np.einsum("ij,ij->i", w, w) / s1 if restricted else s1
    return np.einsum("ij,ij->i", u, u) - trace


def _refined(problem: Problem, score: Score, low: float, high: float) -> float:
    """Return the root of the score between low and high: Newton's steps, kept inside a shrinking bracket."""
    tau2 = 0.5 * (low + high) if low == 0.0 else (low * high) ** 0.5
    for _ in range(100):
        value, slope = score(problem.moments(tau2))
        if value > 0.0:
            low = tau2
        else:
            high = tau2
        following = tau2 - value / slope if slope < 0.0 else high
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - tau2) <= 1e-15 * tau2 or high - low <= 4e-16 * high:
            return following
        tau2 = following
    return tau2

"""A selection model with a step function: studies with larger one-sided p are seen with other probability. Tests: small_study.py.

With one step at 0.025 this is the three-parameter selection model (mean, tau2, and one relative probability).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import estimators
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import chi_squared_p, special
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.options import Tau2
from bot.methods.synthesis.problem import Array, mean_problem

LEAST, MOST = 1e-8, 1e4


class Favours(StrEnum):
    """Which sign of an effect makes a study easier to publish."""

    GREATER = "greater"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Selection:
    """The fitted model. probabilities: of being seen, by interval of p, relative to the first (1). ratio: the test that all are 1."""

    test: Test
    tau2: float
    se_tau2: float | None
    steps: tuple[float, ...]
    probabilities: tuple[float, ...]
    se_probabilities: tuple[float | None, ...]
    log_likelihood: float
    ratio: float
    ratio_df: int
    ratio_p: float
    converged: bool


def selection_model(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    favours: Favours,
    steps: Sequence[float] = (0.025,),
    method: str = Tau2.ML,
    level: float = 0.95,
) -> Selection:
    """Return the step-function selection model by maximum likelihood; method: ML, or EE for a common effect.

    steps: rising one-sided p-values at which the probability to be seen changes. Raises SynthesisError if an interval of p holds no
    study, for its probability could not be told. Source: Hedges 1992; Vevea & Hedges 1995; McShane, Böckenholt & Hansen 2016.
    """
    effects, variances, _ = checked(yi, vi, None)
    if method not in (Tau2.ML, Tau2.COMMON):
        raise SynthesisError(f"A selection model is fitted by ML or as a common effect (EE), not by {method}.")
    sign = -1.0 if Favours(favours) is Favours.LESS else 1.0
    model = _Model(sign * effects, variances, tuple(steps), free_tau2=method == Tau2.ML)
    plain = mean_problem(effects, variances)
    tau2 = estimators.by_name(method).tau2(plain)
    mean = float(plain.weighting(tau2).coefficients(effects)[0])
    found, value = _fit(model, sign * mean, tau2)
    errors = _errors(model, found)
    own = plain.log_likelihood(tau2, restricted=False)
    ratio = max(0.0, 2.0 * (value - own))
    test = tested(sign * float(found[0]), errors[0] or math.nan, df=None, level=level)
    return Selection(
        test, float(found[1]), errors[1], tuple(steps), (1.0, *found[2:].tolist()), (None, *errors[2:]), value,
        ratio, len(steps), chi_squared_p(ratio, len(steps)), bool(np.isfinite(value)),
    )  # fmt: skip


class _Model:
    """The likelihood in (mean, tau2, probabilities but the first), with positive effects the easier to publish."""

    def __init__(self, y: Array, v: Array, steps: tuple[float, ...], *, free_tau2: bool) -> None:
        if not steps or list(steps) != sorted(set(steps)) or steps[0] <= 0.0 or steps[-1] >= 1.0:
            raise SynthesisError(f"Steps {steps} must rise strictly between 0 and 1.")
        self.y, self.v, self.free_tau2, self.count = y, v, free_tau2, len(steps)
        p = special().ndtr(-y / np.sqrt(v))
        self.interval = np.searchsorted(np.asarray(steps), p, side="left")
        empty = [j for j in range(len(steps) + 1) if not (self.interval == j).any()]
        if empty:
            raise SynthesisError(f"No study has a one-sided p in interval {empty[0] + 1} of {len(steps) + 1}; use fewer steps.")
        # Limits of y between intervals of p, shape (steps, k), from the largest y down.
        self.limits = -special().ndtri(np.asarray(steps))[:, None] * np.sqrt(v)

    def value_and_slope(self, theta: Array) -> tuple[float, Array]:
        """Return the log-likelihood and its gradient."""
        mean, tau2, delta = float(theta[0]), float(theta[1]), np.concatenate(([1.0], theta[2:]))
        total = self.v + tau2
        s = np.sqrt(total)
        b = (self.limits - mean) / s
        below = np.vstack([np.ones_like(self.y), special().ndtr(b), np.zeros_like(self.y)])
        shares = below[:-1] - below[1:]
        density = np.vstack([np.zeros_like(self.y), np.exp(-0.5 * b * b) / math.sqrt(2.0 * math.pi), np.zeros_like(self.y)])
        tilted = density.copy()
        tilted[1:-1] *= b
        seen = delta @ shares
        residual = self.y - mean
        fit = np.log(delta[self.interval]) - 0.5 * np.log(2.0 * math.pi * total) - 0.5 * residual**2 / total - np.log(seen)
        slope = np.empty(theta.size)
        slope[0] = np.sum(residual / total + (delta @ (density[:-1] - density[1:])) / (s * seen))
        slope[1] = np.sum(0.5 * (residual**2 / total - 1.0) / total + (delta @ (tilted[:-1] - tilted[1:])) / (2.0 * total * seen))
        for j in range(1, self.count + 1):
            slope[1 + j] = np.sum(self.interval == j) / delta[j] - np.sum(shares[j] / seen)
        return float(fit.sum()), slope

    def free(self, theta: Array) -> list[int]:
        """Return the parameters that may move: tau2 not where it is held, or at 0 with a falling likelihood."""
        holds = not self.free_tau2 or (theta[1] <= 0.0 and self.value_and_slope(theta)[1][1] <= 0.0)
        return [i for i in range(theta.size) if i != 1 or not holds]


def _fit(model: _Model, mean: float, tau2: float) -> tuple[Array, float]:
    best, value = np.zeros(0), -math.inf
    for share, delta in ((1.0, 1.0), (1.0, 0.3), (0.3, 0.1), (2.0, 3.0)):
        start = np.concatenate(([mean * min(share, 1.0), tau2 * share if model.free_tau2 else 0.0], np.full(model.count, delta)))
        if model.free_tau2 and start[1] == 0.0:
            start[1] = 0.1 * float(model.v.mean())
        found, reached = _climb(model, start)
        if reached > value + 1e-10:
            best, value = found, reached
    return best, value


def _climb(model: _Model, theta: Array) -> tuple[Array, float]:
    value, slope = model.value_and_slope(theta)
    for _ in range(300):
        free = model.free(theta)
        curvature = _curvature(model, theta)[np.ix_(free, free)]
        values, vectors = np.linalg.eigh(-curvature)
        # Where the likelihood is not concave, its curvature is turned: the step still climbs.
        steady = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-300))
        step = vectors @ ((vectors.T @ slope[free]) / steady)
        proposed, reached, grade = _stepped(model, theta, free, step, value)
        moved = float(np.max(np.abs(proposed - theta) / (np.abs(theta) + 1e-6)))
        gained, theta, value, slope = reached - value, proposed, reached, grade
        if moved < 1e-9 or (gained == 0.0 and moved < 1e-6):
            break
    return theta, value


def _stepped(model: _Model, theta: Array, free: list[int], step: Array, value: float) -> tuple[Array, float, Array]:
    for halving in range(50):
        proposed = theta.copy()
        proposed[free] += step * 0.5**halving
        proposed[1] = max(proposed[1], 0.0)
        proposed[2:] = np.clip(proposed[2:], np.maximum(0.2 * theta[2:], LEAST), np.minimum(5.0 * theta[2:], MOST))
        reached, grade = model.value_and_slope(proposed)
        if np.isfinite(reached) and reached >= value:
            return proposed, reached, grade
    return theta, value, model.value_and_slope(theta)[1]


def _curvature(model: _Model, theta: Array) -> Array:
    """Return the second derivatives, by fourth-order differences of the gradient (forward for tau2 at 0)."""
    n = theta.size
    found = np.zeros((n, n))
    for i in range(n):
        scale = float(model.v.mean()) if i == 1 else 1.0
        h = 1e-4 * max(abs(float(theta[i])), 1e-2 * scale)
        if (i == 1 and theta[1] < 2.0 * h) or (i > 1 and theta[i] < 2.5 * h):
            h = max(theta[i] * 0.25, 1e-9) if i > 1 else h
            points = ((0, -1.5), (1, 2.0), (2, -0.5)) if i == 1 else ((-1, -0.5), (1, 0.5))
        else:
            points = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
        for offset, factor in points:
            moved = theta.copy()
            moved[i] += offset * h
            found[i] += factor * model.value_and_slope(moved)[1] / h
    return 0.5 * (found + found.T)


def _errors(model: _Model, theta: Array) -> list[float | None]:
    """Return standard errors from the inverse information, None for tau2 where it is held or at 0."""
    free = [i for i in range(theta.size) if i != 1 or (model.free_tau2 and theta[1] > 1e-5 * float(model.v.mean()))]
    covariance = np.linalg.pinv(-_curvature(model, theta)[np.ix_(free, free)])
    errors: list[float | None] = [None] * theta.size
    for position, i in enumerate(free):
        variance = float(covariance[position, position])
        errors[i] = math.sqrt(variance) if variance > 0.0 else None
    return errors

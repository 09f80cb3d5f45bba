"""Henmi and Copas' interval: the common-effect estimate, with an interval that allows for heterogeneity and for selection.

For comparison with the lead interval, which is Knapp and Hartung's: intervals.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import check_level, special
from bot.methods.synthesis.estimators import by_name
from bot.methods.synthesis.options import Tau2
from bot.methods.synthesis.problem import Array, mean_problem
from bot.methods.synthesis.roots import bracketed


@dataclass(frozen=True, slots=True)
class HenmiCopas:
    """The estimate with weights 1 / vi, its standard error under random effects, and the interval."""

    estimate: float
    se: float
    low: float
    high: float
    tau2: float


def henmi_copas(*, yi: ArrayLike, vi: ArrayLike, level: float = 0.95) -> HenmiCopas:
    """Return Henmi and Copas' estimate and interval (2010), tau2 by DerSimonian and Laird. Raises SynthesisError for k < 2."""
    effects, variances, _ = checked(yi, vi, None)
    if effects.size < 2:
        raise SynthesisError("Henmi and Copas' interval needs at least two studies.")
    alpha = 1.0 - check_level(level)
    problem = mean_problem(effects, variances)
    tau2 = by_name(Tau2.DERSIMONIAN_LAIRD).tau2(problem)
    w = 1.0 / variances
    s1 = float(w.sum())
    mean = float(w @ effects) / s1
    moments = _Moments(w, tau2, effects.size)
    if not math.isfinite(moments.tail(1.0) + moments.tail(4.0)):
        raise SynthesisError(
            "Henmi and Copas' approximation fails here: the variances differ too much. Use Knapp and Hartung's interval."
        )
    limit = bracketed(lambda x: moments.tail(x) - alpha / 2.0, 1e-6, 60.0, relative=1e-13)
    margin = limit * moments.inflation / math.sqrt(s1)
    return HenmiCopas(mean, math.sqrt(moments.inflation / s1), mean - margin, mean + margin, tau2)


class _Moments:
    """Moments of Q given the standardised estimate, approximated by a gamma distribution."""

    def __init__(self, w: Array, tau2: float, k: int) -> None:
        self.k, self.tau2 = k, tau2
        self.w1 = float(w.sum())
        self.w2, self.w3, self.w4 = (float(np.sum(w**power)) / self.w1 for power in (2, 3, 4))
        self.inflation = 1.0 + tau2 * self.w2

    def mean_and_variance(self, r: Array) -> tuple[Array, Array]:
        """Return E(Q | r) and var(Q | r), r the standardised estimate."""
        t, vr, df = self.tau2, self.inflation, self.k - 1
        shifted = r**2 / vr - 1.0 / vr
        spread = self.w3 - self.w2**2
        mean = df + t * (self.w1 - self.w2) + t**2 * shifted * spread
        variance = 2.0 * df + 4.0 * t * (self.w1 - self.w2) + 2.0 * t**2 * (self.w1 * self.w2 - 2.0 * self.w3 + self.w2**2)
        variance = variance + 4.0 * t**2 * shifted * spread
        variance = variance + 4.0 * t**3 * shifted * (self.w4 - 2.0 * self.w2 * self.w3 + self.w2**3)
        return mean, variance + 2.0 * t**4 * (1.0 / vr**2 - 2.0 * r**2 / vr**2) * spread**2

    def tail(self, x: float) -> float:
        """Return the probability that the pivot exceeds x."""
        r, weights = _nodes(x)
        mean, variance = self.mean_and_variance(r)
        shape, scale = mean**2 / variance, variance / mean
        limit = (self.w1 / self.w2 - 1.0) * ((r / x) ** 2 - 1.0) + (self.k - 1)
        inside = special().gammainc(shape, np.maximum(limit, 0.0) / scale)
        return float(np.sum(weights * inside * np.exp(-0.5 * r**2)) / math.sqrt(2.0 * math.pi))


def _nodes(x: float) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(x, x + 12.0, 25)
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    return (middle[:, None] + half[:, None] * points).ravel(), (half[:, None] * weights).ravel()

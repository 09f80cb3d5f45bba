"""Fail-safe numbers: how many studies without an effect would be needed to undo a finding. For comparison only, never in a bulletin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import special


@dataclass(frozen=True, slots=True)
class FailSafe:
    """How many studies (rounded up, at least 0), the p and mean that they are to undo, and the target where there is one."""

    studies: int
    p: float | None
    mean: float | None
    target: float | None


def rosenthal(*, yi: ArrayLike, vi: ArrayLike, alpha: float = 0.05) -> FailSafe:
    """Return how many studies with z = 0 make the combined one-sided p equal alpha (Rosenthal 1979)."""
    effects, variances, _ = checked(yi, vi, None)
    total = abs(float(np.sum(effects / np.sqrt(variances))))
    quantile = float(special().ndtri(1.0 - alpha))
    p = 0.5 * math.erfc(total / math.sqrt(effects.size) / math.sqrt(2.0))
    return FailSafe(_up((total / quantile) ** 2 - effects.size), p, None, None)


def orwin(*, yi: ArrayLike, vi: ArrayLike, target: float | None = None) -> FailSafe:
    """Return how many studies of mean weight with effect 0 bring the weighted mean to target (Orwin 1983; None: to half of it)."""
    effects, variances, _ = checked(yi, vi, None)
    w = 1.0 / variances
    mean = float(w @ effects) / float(w.sum())
    aim = mean / 2.0 if target is None else target
    if mean == 0.0 or mean / aim <= 1.0:
        return FailSafe(0, None, mean, aim)
    return FailSafe(_up(effects.size * (mean - aim) / aim), None, mean, aim)


def rosenberg(*, yi: ArrayLike, vi: ArrayLike, alpha: float = 0.05) -> FailSafe:
    """Return how many studies of mean weight with effect 0 make the weighted mean's two-sided p equal alpha (Rosenberg 2005)."""
    effects, variances, _ = checked(yi, vi, None)
    w = 1.0 / variances
    mean = float(w @ effects) / float(w.sum())
    z = mean * math.sqrt(float(w.sum()))
    quantile = float(special().ndtri(1.0 - alpha / 2.0))
    number = effects.size * ((float(w @ effects) / quantile) ** 2 / float(w.sum()) - 1.0)
    return FailSafe(_up(number), math.erfc(abs(z) / math.sqrt(2.0)), mean, None)


def _up(number: float) -> int:
    # A number that is whole but for rounding error is not raised by one.
    return max(0, math.ceil(number - 1e-9))

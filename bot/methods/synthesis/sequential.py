"""Repeated looks at a living review: how much information is needed, and intervals that hold at every look. The bounds: spending.py.

A labelled second panel, off by default: Cochrane advises against sequential methods for a review's conclusions (Handbook 22.4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.influence import cumulative
from bot.methods.synthesis.options import Interval, Tau2
from bot.methods.synthesis.problem import Array
from bot.methods.synthesis.spending import Spending, bounds


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """A confidence sequence: intervals of which all hold at once with probability `level`, and e-values against no effect."""

    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    e_value: tuple[float, ...]
    level: float


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at a growing review. information: of the needed information, at each look. bound: None where nothing was spent.

    crossed: the first look at which |z| is beyond its bound, counted from 1, None if none is.
    """

    needed: float
    information: tuple[float, ...]
    z: tuple[float, ...]
    bound: tuple[float | None, ...]
    crossed: int | None


def needed_participants(*, difference: float, variance: float, alpha: float = 0.05, beta: float = 0.2) -> float:
    """Return the participants that one trial of two equal arms needs: 4 (z + z)² variance / difference²."""
    return 4.0 * _quantiles(alpha, beta) ** 2 * variance / difference**2


def needed_information(*, difference: float, alpha: float = 0.05, beta: float = 0.2) -> float:
    """Return the statistical information (1 / variance of the estimate) that tells a difference from 0."""
    return (_quantiles(alpha, beta) / difference) ** 2


def diversity(*, yi: ArrayLike, vi: ArrayLike, method: str = Tau2.REML) -> float:
    """Return D² = 1 - v(common effect) / v(random effects), by which the needed size is inflated (Wetterslev et al. 2009)."""
    _, variances, _ = checked(yi, vi, None)
    last = cumulative(yi=yi, vi=vi, order=range(variances.size), method=method, interval=Interval.WALD)[-1]
    return max(0.0, 1.0 - 1.0 / float(np.sum(1.0 / variances)) / last.se**2)


def adjusted(size: float, heterogeneity: float) -> float:
    """Return a needed size divided by 1 - D² (or I², as a share); raises SynthesisError if nothing is left."""
    if not 0.0 <= heterogeneity < 1.0:
        raise SynthesisError(f"Heterogeneity of {heterogeneity:g} leaves no information; it must be at least 0 and below 1.")
    return size / (1.0 - heterogeneity)


def looks(
    *, yi: ArrayLike, vi: ArrayLike, order: Sequence[int], difference: float, alpha: float = 0.05, beta: float = 0.2,
    spending: Spending = Spending.OBRIEN_FLEMING, method: str = Tau2.REML,
) -> Looks:  # fmt: skip
    """Return z at every look with its two-sided bound, on the information that `difference` needs, inflated by diversity.

    order: positions of the studies as they came in. Information is that of the random-effects estimate at each look; a look that
    adds none (tau2 rose) gets no bound.
    """
    rows = cumulative(yi=yi, vi=vi, order=order, method=method, interval=Interval.WALD)
    needed = needed_information(difference=difference, alpha=alpha, beta=beta)
    shares = [1.0 / row.se**2 / needed for row in rows]
    rising = [i for i, share in enumerate(shares) if share > max(shares[:i], default=0.0)]
    found = bounds([shares[i] for i in rising], alpha=alpha, sides=2, spending=spending)
    limits: list[float | None] = [None] * len(rows)
    for position, limit in zip(rising, found.upper, strict=True):
        limits[position] = limit if math.isfinite(limit) else None
    z = [row.statistic for row in rows]
    crossed = next((i + 1 for i, (value, limit) in enumerate(zip(z, limits, strict=True)) if limit and abs(value) > limit), None)
    return Looks(needed, tuple(shares), tuple(z), tuple(limits), crossed)


def always_valid(*, estimate: ArrayLike, se: ArrayLike, scale: float, level: float = 0.95) -> AlwaysValid:
    """Return the confidence sequence of estimates with standard errors, shape (looks,), by a normal mixture with SD `scale`.

    scale: in units of the effect, where effects are expected (tightest there; valid for any). It holds while estimates gain
    information independently, so for a fixed tau2. Source: Robbins 1970; Howard et al. 2021; ter Schure & Grünwald 2022.
    """
    means, information = np.asarray(estimate, dtype=float), 1.0 / np.asarray(se, dtype=float) ** 2
    half = mixture_half_width(information, scale=scale, alpha=1.0 - level)
    grown = 1.0 + information * scale**2
    e = np.exp(0.5 * (means * information * scale) ** 2 / grown) / np.sqrt(grown)
    low, high = np.maximum.accumulate(means - half), np.minimum.accumulate(means + half)
    return AlwaysValid(tuple(means.tolist()), tuple(low.tolist()), tuple(high.tolist()), tuple(e.tolist()), level)


def mixture_half_width(information: ArrayLike, *, scale: float, alpha: float) -> Array:
    """Return √((1 + I g)(log(1 + I g) - 2 log alpha)) / (I √g) with g = scale², the half width at information I."""
    amount = np.asarray(information, dtype=float)
    grown = 1.0 + amount * scale**2
    return np.sqrt(grown * (np.log(grown) - 2.0 * math.log(alpha))) / (amount * scale)


def simple_e_value(z: ArrayLike, information: ArrayLike, *, effect: float, alternative: str = "two-sided") -> Array:
    """Return the likelihood ratio of an effect against none (two-sided: the mean of both signs), given z and information.

    alternative: `two-sided`, `greater` or `less`. Source: ter Schure & Grünwald 2022.
    """
    value, amount = np.asarray(z, dtype=float), np.asarray(information, dtype=float)
    shift, loss = np.sqrt(amount) * abs(effect) * value, 0.5 * amount * effect**2
    if alternative == "two-sided":
        return np.exp(-loss) * np.cosh(shift)
    return np.exp((shift if alternative == "greater" else -shift) - loss)


def _quantiles(alpha: float, beta: float) -> float:
    return float(special().ndtri(1.0 - alpha / 2.0) + special().ndtri(1.0 - beta))

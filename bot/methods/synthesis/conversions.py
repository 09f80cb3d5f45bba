"""From what papers print to means, SDs, standard errors and effects. Arrays of finished effects: two_groups.py, tables.py.

Every function takes numbers or arrays. Which route is taken when, and what is asked of the authors instead: docs/guide/statistics.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.problem import Array

Pair = tuple[Array, Array]


def sd_from_se(se: ArrayLike, n: ArrayLike) -> Array:
    """Return SE · √n. Source: Cochrane Handbook 6.5.2.2."""
    return np.asarray(se, dtype=float) * np.sqrt(np.asarray(n, dtype=float))


def sd_from_interval(low: ArrayLike, high: ArrayLike, n: ArrayLike, *, level: float = 0.95, small: int = 60) -> Array:
    """Return the SD of a group from the interval of its mean: t with n - 1 degrees of freedom below `small`, else normal.

    Source: Cochrane Handbook 6.5.2.2 (3.92, 3.29 and 5.15 for 95, 90 and 99 %).
    """
    size = np.asarray(n, dtype=float)
    upper = (1.0 + level) / 2.0
    quantile = np.where(size < small, special().stdtrit(size - 1.0, upper), special().ndtri(upper))
    return np.sqrt(size) * (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / (2.0 * quantile)


def sd_from_mean_difference(low: ArrayLike, high: ArrayLike, n1: ArrayLike, n2: ArrayLike, *, level: float = 0.95) -> Array:
    """Return the SD within groups from the interval of a difference of means (t with n1 + n2 - 2 degrees of freedom)."""
    a, b = np.asarray(n1, dtype=float), np.asarray(n2, dtype=float)
    quantile = special().stdtrit(a + b - 2.0, (1.0 + level) / 2.0)
    return (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / (2.0 * quantile) / np.sqrt(1.0 / a + 1.0 / b)


def se_from_interval(low: ArrayLike, high: ArrayLike, *, level: float = 0.95) -> Array:
    """Return the SE from a normal interval; of a ratio: on logarithms."""
    quantile = special().ndtri((1.0 + level) / 2.0)
    return (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / (2.0 * quantile)


def log_ratio_from_interval(ratio: ArrayLike, low: ArrayLike, high: ArrayLike, *, level: float = 0.95) -> Pair:
    """Return the logarithm of a ratio and its variance, from the ratio and its interval."""
    return np.log(np.asarray(ratio, dtype=float)), se_from_interval(np.log(low), np.log(high), level=level) ** 2


def t_from_p(p: ArrayLike, df: ArrayLike) -> Array:
    """Return t from an exact two-sided p that carries the sign of the effect. A bound ("p < .05") is no exact p: do not enter it."""
    value = np.asarray(p, dtype=float)
    if ((value == 0.0) | (np.abs(value) > 1.0)).any():
        raise EffectSizeError("A p of 0 or beyond 1 gives no t. Enter the exact p with the sign of the effect, or means and SDs.")
    return np.sign(value) * special().stdtrit(np.asarray(df, dtype=float), 1.0 - np.abs(value) / 2.0)


def t_from_f(f: ArrayLike, sign: ArrayLike) -> Array:
    """Return t from F with one numerator degree of freedom; sign: of the effect."""
    return np.sign(np.asarray(sign, dtype=float)) * np.sqrt(np.asarray(f, dtype=float))


def d_from_t(t: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> Array:
    """Return the uncorrected standardised difference t · √(1/n1 + 1/n2)."""
    return np.asarray(t, dtype=float) * np.sqrt(1.0 / np.asarray(n1, dtype=float) + 1.0 / np.asarray(n2, dtype=float))


def d_from_adjusted_t(t: ArrayLike, n1: ArrayLike, n2: ArrayLike, r2: ArrayLike) -> Array:
    """Return the standardised difference from an ANCOVA's t, with r2 the share of variance that covariates explain (Borenstein 2009)."""
    return d_from_t(t, n1, n2) * np.sqrt(1.0 - np.asarray(r2, dtype=float))


def smd_from_log_odds_ratio(log_ratio: ArrayLike, variance: ArrayLike, *, distribution: str = "logistic") -> Pair:
    """Return a standardised difference and its variance: times √3/π (`logistic`, Chinn 2000) or over 1.65 (`normal`, Cox 1970)."""
    factor = np.sqrt(3.0) / np.pi if distribution == "logistic" else 1.0 / 1.65
    return np.asarray(log_ratio, dtype=float) * factor, np.asarray(variance, dtype=float) * factor**2


def log_odds_ratio_from_smd(smd: ArrayLike, variance: ArrayLike, *, distribution: str = "logistic") -> Pair:
    """Return a log odds ratio and its variance from a standardised difference: the way back of `smd_from_log_odds_ratio`."""
    factor = np.pi / np.sqrt(3.0) if distribution == "logistic" else 1.65
    return np.asarray(smd, dtype=float) * factor, np.asarray(variance, dtype=float) * factor**2


def sd_of_change(sd_before: ArrayLike, sd_after: ArrayLike, r: ArrayLike) -> Array:
    """Return the SD of a change from those before and after and their correlation. Source: Cochrane Handbook 6.5.2.8."""
    b, a, rho = (np.asarray(v, dtype=float) for v in (sd_before, sd_after, r))
    return np.sqrt(b**2 + a**2 - 2.0 * rho * b * a)


def correlation_from_changes(sd_before: ArrayLike, sd_after: ArrayLike, sd_change: ArrayLike) -> Array:
    """Return the correlation of before and after from the three SDs. Source: Cochrane Handbook 6.5.2.8."""
    b, a, c = (np.asarray(v, dtype=float) for v in (sd_before, sd_after, sd_change))
    return (b**2 + a**2 - c**2) / (2.0 * b * a)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm in numbers."""

    n: float
    mean: float
    sd: float


def combined(first: Arm, second: Arm) -> Arm:
    """Return two arms as one, with the spread between their means. Source: Cochrane Handbook 6.5.2.10."""
    n = first.n + second.n
    mean = (first.n * first.mean + second.n * second.mean) / n
    within = (first.n - 1.0) * first.sd**2 + (second.n - 1.0) * second.sd**2
    between = first.n * second.n / n * (first.mean - second.mean) ** 2
    return Arm(n, mean, float(np.sqrt((within + between) / (n - 1.0))))


def design_effect(cluster_size: ArrayLike, icc: ArrayLike) -> Array:
    """Return 1 + (M - 1) ICC, by which the size of a cluster-randomised arm is divided. Source: Cochrane Handbook 23.1."""
    return 1.0 + (np.asarray(cluster_size, dtype=float) - 1.0) * np.asarray(icc, dtype=float)

"""Effects of change within one group, by columns: before (1) minus after (2), with their correlation. Between groups: two_groups.py.

Do not mix standardised changes with standardised final values in one pool (Cochrane Handbook 10.5.2). To compare the changes of two
groups, `difference_of_changes` standardises by the spread before treatment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError
from bot.methods.synthesis.problem import Array
from bot.methods.synthesis.two_groups import correction

Pair = tuple[Array, Array]
MEASURES = ("MC", "SMCC", "SMCR", "SMCRH", "SMCRP", "SMCRPH", "ROMC", "VRC", "CVRC")


def change(
    name: str, m1: ArrayLike, m2: ArrayLike, sd1: ArrayLike, sd2: ArrayLike, n: ArrayLike, r: ArrayLike, *, variance: str = "LS"
) -> Pair:
    """Return the change called `name` and its variance; variance: LS, LS2 or UB (SMCC alone).

    MC: raw. SMCC: by the SD of the change. SMCR, SMCRH: by the SD before (H: unequal spreads). SMCRP, SMCRPH: by the mean spread.
    ROMC, VRC, CVRC: log ratios of means, SDs and coefficients of variation. Raises EffectSizeError for another name.
    Source: Becker 1988; Gibbons et al. 1993; Morris & DeShon 2002; Bonett 2008; Lajeunesse 2011; Cousineau 2020.
    """
    a, b, s, t, size, rho = (np.asarray(v, dtype=float) for v in (m1, m2, sd1, sd2, n, r))
    if name == "MC":
        return a - b, _change_variance(s, t, rho) / size
    if name == "SMCC":
        return _by_change(a - b, np.sqrt(_change_variance(s, t, rho)), size, variance)
    if name in ("SMCR", "SMCRH"):
        return _by_before(name, a - b, s, t, size, rho, variance)
    if name in ("SMCRP", "SMCRPH"):
        return _by_mean_spread(name, a - b, s, t, size, rho)
    if name in ("ROMC", "VRC", "CVRC"):
        return _ratio(name, a, b, s, t, size, rho)
    raise EffectSizeError(f"There is no change measure called {name!r}. There are: {', '.join(MEASURES)}.")


def difference_of_changes(
    *,
    before_e: ArrayLike, after_e: ArrayLike, sd_e: ArrayLike, n_e: ArrayLike,
    before_c: ArrayLike, after_c: ArrayLike, sd_c: ArrayLike, n_c: ArrayLike, r: ArrayLike,
) -> Pair:  # fmt: skip
    """Return the difference of the changes of two groups over their pooled SD before treatment, corrected, and its variance.

    sd_e, sd_c: before treatment. r: correlation of before and after. Source: Morris 2008 (d_ppc2).
    """
    b1, a1, s1, n1, b2, a2, s2, n2, rho = (
        np.asarray(v, dtype=float) for v in (before_e, after_e, sd_e, n_e, before_c, after_c, sd_c, n_c, r)
    )
    df, total = n1 + n2 - 2.0, n1 + n2
    spread = np.sqrt(((n1 - 1.0) * s1**2 + (n2 - 1.0) * s2**2) / df)
    j = correction(df)
    g = j * ((a1 - b1) - (a2 - b2)) / spread
    size = total / (n1 * n2)
    vi = 2.0 * j**2 * (1.0 - rho) * size * (df / (df - 2.0)) * (1.0 + g**2 / (2.0 * (1.0 - rho) * size)) - g**2
    return g, vi


def _change_variance(s: Array, t: Array, rho: Array) -> Array:
    return s**2 + t**2 - 2.0 * rho * s * t


def _by_change(difference: Array, spread: Array, n: Array, variance: str) -> Pair:
    df = n - 1.0
    j, d = correction(df), difference / spread
    g = j * d
    if variance == "LS2":
        return g, j**2 * (1.0 / n + d**2 / (2.0 * n))
    if variance == "UB":
        return g, 1.0 / n + (1.0 - (df - 2.0) / (df * j**2)) * g**2
    return g, 1.0 / n + g**2 / (2.0 * n)


def _by_before(name: str, difference: Array, s: Array, t: Array, n: Array, rho: Array, variance: str) -> Pair:
    j, d = correction(n - 1.0), difference / s
    g = j * d
    if name == "SMCRH":
        return g, _change_variance(s, t, rho) / (s**2 * (n - 1.0)) + g**2 / (2.0 * (n - 1.0))
    if variance == "LS2":
        return g, j**2 * (2.0 * (1.0 - rho) / n + d**2 / (2.0 * n))
    return g, 2.0 * (1.0 - rho) / n + g**2 / (2.0 * n)


def _by_mean_spread(name: str, difference: Array, s: Array, t: Array, n: Array, rho: Array) -> Pair:
    spread = np.sqrt((s**2 + t**2) / 2.0)
    df = 2.0 * (n - 1.0) / (1.0 + rho**2)
    g = correction(df) * difference / spread
    if name == "SMCRP":
        return g, 2.0 * (1.0 - rho) / n + g**2 * (1.0 + rho**2) / (4.0 * n)
    own = g**2 * (s**4 + t**4 + 2.0 * rho**2 * s**2 * t**2) / (8.0 * spread**4 * (n - 1.0))
    return g, _change_variance(s, t, rho) / (spread**2 * (n - 1.0)) + own


def _ratio(name: str, a: Array, b: Array, s: Array, t: Array, n: Array, rho: Array) -> Pair:
    means = s**2 / (n * a**2) + t**2 / (n * b**2) - 2.0 * rho * s * t / (a * b * n)
    spreads = (1.0 - rho**2) / (n - 1.0)
    if name == "ROMC":
        return np.log(a / b), means
    if name == "VRC":
        return np.log(s / t), spreads
    return np.log((s / a) / (t / b)), spreads + means

"""Effects of two independent groups with means, by columns: SMD, MD, ratio of means. One guarded study: effect_sizes.py.

Every argument is a number or an array (k,); group 1 minus group 2. Events: tables.py. Other designs: change_scores.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.problem import Array

Pair = tuple[Array, Array]


def correction(df: ArrayLike) -> Array:
    """Return Hedges' exact correction J = Γ(df / 2) / (√(df / 2) Γ((df - 1) / 2)). Source: Hedges 1981."""
    m = np.asarray(df, dtype=float)
    gammaln = special().gammaln
    with np.errstate(all="ignore"):
        j = np.exp(gammaln(m / 2.0) - 0.5 * np.log(m / 2.0) - gammaln((m - 1.0) / 2.0))
    return np.where(m > 1.0, j, np.nan)


def pooled_sd(sd1: ArrayLike, n1: ArrayLike, sd2: ArrayLike, n2: ArrayLike) -> Array:
    """Return the standard deviation within groups."""
    s1, a, s2, b = (np.asarray(v, dtype=float) for v in (sd1, n1, sd2, n2))
    return np.sqrt(((a - 1.0) * s1**2 + (b - 1.0) * s2**2) / (a + b - 2.0))


def smd(
    m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike, *, variance: str = "LS"
) -> Pair:
    """Return Hedges' g and its variance, by one of VARIANCES: see `corrected_smd`."""
    a, b = np.asarray(n1, dtype=float), np.asarray(n2, dtype=float)
    d = (np.asarray(m1, dtype=float) - np.asarray(m2, dtype=float)) / pooled_sd(sd1, n1, sd2, n2)
    return corrected_smd(d, a, b, variance=variance)


VARIANCES = ("LS", "LS2", "UB", "AV", "H0")


def corrected_smd(d: ArrayLike, n1: ArrayLike, n2: ArrayLike, *, variance: str = "LS") -> Pair:
    """Return g and its variance from the uncorrected d (from t: d = t √(1/n1 + 1/n2)).

    LS: 1/n1 + 1/n2 + g²/(2N). LS2: J² (1/n1 + 1/n2 + d²/(2N)). UB (unbiased): 1/n1 + 1/n2 + (1 - (df - 2) / (df J²)) g².
    AV: LS with the mean of g over studies, weighted by N. H0: the exact variance where there is no
    difference, J² df / (df - 2) (1/n1 + 1/n2). Raises EffectSizeError for another name.
    Source: Hedges 1981; Hedges & Olkin 1985; Borenstein 2009.
    """
    a, b, raw = np.asarray(n1, dtype=float), np.asarray(n2, dtype=float), np.asarray(d, dtype=float)
    df, total = a + b - 2.0, a + b
    j = correction(df)
    g = j * raw
    sizes = 1.0 / a + 1.0 / b
    if variance == "LS":
        return g, sizes + g**2 / (2.0 * total)
    if variance == "LS2":
        return g, j**2 * (sizes + raw**2 / (2.0 * total))
    if variance == "UB":
        return g, sizes + (1.0 - (df - 2.0) / (df * j**2)) * g**2
    if variance == "AV":
        return g, sizes + (np.sum(total * g) / np.sum(total)) ** 2 / (2.0 * total)
    if variance == "H0":
        return g, j**2 * df / (df - 2.0) * sizes
    raise EffectSizeError(
        f"There is no variance {variance!r} for a standardised mean difference. There are: {', '.join(VARIANCES)}."
    )


def uncorrected_smd(m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike) -> Pair:
    """Return Cohen's d, without the small-sample correction, and 1/n1 + 1/n2 + d²/(2N)."""
    a, b = np.asarray(n1, dtype=float), np.asarray(n2, dtype=float)
    d = (np.asarray(m1, dtype=float) - np.asarray(m2, dtype=float)) / pooled_sd(sd1, n1, sd2, n2)
    return d, 1.0 / a + 1.0 / b + d**2 / (2.0 * (a + b))


def smd_unequal(m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike) -> Pair:
    """Return the SMD by √((sd1² + sd2²) / 2), for groups of unequal spread, and its variance (Bonett 2008; metafor's SMDH)."""
    x1, s1, a, x2, s2, b = (np.asarray(v, dtype=float) for v in (m1, sd1, n1, m2, sd2, n2))
    average = (s1**2 + s2**2) / 2.0
    g = correction(a + b - 2.0) * (x1 - x2) / np.sqrt(average)
    spread = s1**4 / (a - 1.0) + s2**4 / (b - 1.0)
    return g, g**2 * spread / (8.0 * average**2) + (s1**2 / (a - 1.0) + s2**2 / (b - 1.0)) / average


def mean_difference(
    m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike, *, spread: str = "separate"
) -> Pair:
    """Return the difference of means and its variance; spread: `separate` (sd1²/n1 + sd2²/n2) or `pooled`."""
    x1, s1, a, x2, s2, b = (np.asarray(v, dtype=float) for v in (m1, sd1, n1, m2, sd2, n2))
    if spread == "pooled":
        return x1 - x2, pooled_sd(s1, a, s2, b) ** 2 * (1.0 / a + 1.0 / b)
    return x1 - x2, s1**2 / a + s2**2 / b


def ratio_of_means(
    m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike,
    *, corrected: bool, spread: str = "separate",
) -> Pair:  # fmt: skip
    """Return the log ratio of means and its variance; corrected: for bias (Lajeunesse 2015), metafor's default since 5.0."""
    x1, s1, a, x2, s2, b = (np.asarray(v, dtype=float) for v in (m1, sd1, n1, m2, sd2, n2))
    if spread == "pooled":
        s1 = s2 = pooled_sd(s1, a, s2, b)
    c1, c2 = s1**2 / (a * x1**2), s2**2 / (b * x2**2)
    shift = 0.5 * (c1 - c2) if corrected else 0.0
    return np.log(x1 / x2) + shift, c1 + c2


def variability_ratio(sd1: ArrayLike, n1: ArrayLike, sd2: ArrayLike, n2: ArrayLike) -> Pair:
    """Return the log ratio of standard deviations and its variance (Nakagawa et al. 2015)."""
    s1, a, s2, b = (np.asarray(v, dtype=float) for v in (sd1, n1, sd2, n2))
    h1, h2 = 1.0 / (2.0 * (a - 1.0)), 1.0 / (2.0 * (b - 1.0))
    return np.log(s1 / s2) + h1 - h2, h1 + h2


def variation_ratio(
    m1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, m2: ArrayLike, sd2: ArrayLike, n2: ArrayLike, *, corrected: bool
) -> Pair:
    """Return the log ratio of coefficients of variation and its variance; nan where a mean is not above 0.

    Source: Nakagawa et al. 2015; corrected: Senior et al. 2020.
    """
    x1, s1, a, x2, s2, b = (np.asarray(v, dtype=float) for v in (m1, sd1, n1, m2, sd2, n2))
    h1, h2 = 1.0 / (2.0 * (a - 1.0)), 1.0 / (2.0 * (b - 1.0))
    c1, c2 = s1**2 / (a * x1**2), s2**2 / (b * x2**2)
    shift = h1 - h2 + 0.5 * (c2 - c1) if corrected else 0.0
    with np.errstate(invalid="ignore"):
        return np.log(s1 / x1) - np.log(s2 / x2) + shift, np.where((x1 > 0.0) & (x2 > 0.0), h1 + h2 + c1 + c2, np.nan)

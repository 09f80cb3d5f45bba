"""Effects of one study from what papers print instead of means and SDs: t, F, p, a difference with its interval, change, crossover.

Between summaries of one arm: conversions.py, medians.py. From means, SDs and events: effect_sizes.py. Signs are experimental minus
comparator. adjusted_sizes: numbers that count where clusters were allocated (n over the design effect); the size of the effect keeps n.
"""

from __future__ import annotations

import math

from bot.domain.effects import Effect
from bot.errors import EffectSizeError
from bot.methods.synthesis import change_scores, conversions
from bot.methods.synthesis.two_groups import correction

Sizes = tuple[float, float]


def from_t(*, t: float, n_e: float, n_c: float, adjusted_sizes: Sizes | None = None, study: str = "", formula: str = "d-from-t") -> Effect:
    """Return g = J·t·√(1/n_e + 1/n_c), with v = 1/n_e + 1/n_c + g²/(2N). Source: Cochrane Handbook 6.5.2.3; Hedges 1981."""
    return _corrected(float(conversions.d_from_t(t, n_e, n_c)), (n_e, n_c), adjusted_sizes, 1.0, study, "t", formula)


def from_p(*, p: float, sign: float, n_e: float, n_c: float, adjusted_sizes: Sizes | None = None, study: str = "") -> Effect:
    """Return the effect whose two-sided t test has this exact p; sign: +1 or -1. Source: Cochrane Handbook 6.5.2.3."""
    t = float(conversions.t_from_p(math.copysign(p, sign), n_e + n_c - 2.0))
    return from_t(t=t, n_e=n_e, n_c=n_c, adjusted_sizes=adjusted_sizes, study=study, formula="t-from-p + d-from-t")


def from_ancova_t(*, t: float, r2: float, n_e: float, n_c: float, adjusted_sizes: Sizes | None = None, study: str = "") -> Effect:
    """Return g from an ANCOVA's t; its variance shrinks by 1 - r2, the share that covariates leave unexplained. Source: Borenstein 2009."""
    d = float(conversions.d_from_adjusted_t(t, n_e, n_c, r2))
    return _corrected(d, (n_e, n_c), adjusted_sizes, 1.0 - r2, study, "ancova_t", "d-from-ancova-t")


def from_adjusted_difference(*, difference: float, se: float, sd: float, n_e: float, n_c: float, adjusted_sizes: Sizes | None = None,
                             study: str = "") -> Effect:
    """Return an adjusted difference over the unadjusted SD, with v = (se/sd)² + g²/(2N). Source: Borenstein 2009, chapter 4."""
    d = difference / sd
    share = (se / sd) ** 2 / (1.0 / n_e + 1.0 / n_c)
    return _corrected(d, (n_e, n_c), adjusted_sizes, share, study, "adjusted", "d-from-adjusted-difference")


def from_changes(*, change_e: float, sd_e: float, n_e: float, change_c: float, sd_c: float, n_c: float, r: float,
                 adjusted_sizes: Sizes | None = None, study: str = "") -> Effect:
    """Return the difference of two changes over the pooled SD before treatment (d_ppc2). Source: Morris 2008."""
    sizes = adjusted_sizes or (n_e, n_c)
    g, v = change_scores.difference_of_changes(before_e=0.0, after_e=change_e, sd_e=sd_e, n_e=sizes[0], before_c=0.0, after_c=change_c,
                                               sd_c=sd_c, n_c=sizes[1], r=r)
    return Effect(study, float(g), _positive(float(v), study), "SMD", n_e, n_c, "change", "d-ppc2")


def from_crossover(*, mean_e: float, sd_e: float, mean_c: float, sd_c: float, n: float, r: float, study: str = "") -> Effect:
    """Return the paired difference over the mean spread of both conditions, r: their correlation. Source: Cousineau 2020; Handbook 23.2."""
    g, v = change_scores.change("SMCRP", mean_e, mean_c, sd_e, sd_c, n, r)
    return Effect(study, float(g), _positive(float(v), study), "SMD", n, n, "crossover", "smcrp")


def from_interval(*, estimate: float, low: float, high: float, level: float, measure: str, n_e: float, n_c: float,
                  adjusted_sizes: Sizes | None = None, study: str = "") -> Effect:
    """Return a reported effect with the variance that its normal interval has (ratios: all three on logarithms). Source: Handbook 6.3.1."""
    se = float(conversions.se_from_interval(low, high, level=level))
    return Effect(study, estimate, se**2 * _inflation((n_e, n_c), adjusted_sizes), measure, n_e, n_c, "interval", "se-from-interval")


def _corrected(d: float, sizes: Sizes, adjusted: Sizes | None, share: float, study: str, route: str, formula: str) -> Effect:
    g = float(correction(sum(sizes) - 2.0)) * d
    n_e, n_c = adjusted or sizes
    vi = share * (1.0 / n_e + 1.0 / n_c) + g**2 / (2.0 * (n_e + n_c))
    return Effect(study, g, _positive(vi, study), "SMD", sizes[0], sizes[1], route, formula)


def _inflation(sizes: Sizes, adjusted: Sizes | None) -> float:
    if adjusted is None:
        return 1.0
    return (1.0 / adjusted[0] + 1.0 / adjusted[1]) / (1.0 / sizes[0] + 1.0 / sizes[1])


def _positive(vi: float, study: str) -> float:
    if not (math.isfinite(vi) and vi > 0.0):
        raise EffectSizeError(f"{study or 'This study'}: these numbers give no variance above 0. Check n, the correlation and the interval.")
    return vi

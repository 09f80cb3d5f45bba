"""Pooling 2 x 2 tables without effects of their own: Mantel-Haenszel and Peto, for rare events. Effects of tables: tables.py.

a, b: events and non-events of group 1; c, d: of group 2; arrays (k,). No constant is added when pooling: studies without events in
one arm count as they are; without events in both they say nothing about a ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import tables
from bot.methods.synthesis.distributions import chi_squared_p
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.problem import Array


@dataclass(frozen=True, slots=True)
class TablesPooled:
    """A pooled effect of tables (ratios on the logarithm).

    k: all studies; q: from the effects of those that have one, around the estimate, q_df: one less than these are.

    association: the Cochran-Mantel-Haenszel test with continuity correction, homogeneity: Tarone's; both for odds ratios alone.
    """

    test: Test
    method: str
    measure: str
    k: int
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    association: tuple[float, float] | None = None
    homogeneity: tuple[float, float] | None = None


def mantel_haenszel(measure: str, a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike, *, level: float = 0.95) -> TablesPooled:
    """Return the Mantel-Haenszel estimate of `OR`, `RR` or `RD`.

    Variances: Robins, Breslow & Greenland 1986 (OR), Greenland & Robins 1985 (RR), Sato, Greenland & Robins 1989 (RD).
    Raises SynthesisError if no study says anything about the measure.
    """
    table = _checked(a, b, c, d)
    formulas = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}
    if measure not in formulas:
        raise SynthesisError(f"Mantel-Haenszel pools OR, RR and RD; {measure!r} is none of them.")
    estimate, variance = formulas[measure](*table)
    test = tested(estimate, math.sqrt(variance), df=None, level=level)
    extra = (_association(*table), _homogeneity(math.exp(estimate), *table)) if measure == "OR" else (None, None)
    return TablesPooled(test, "Mantel-Haenszel", measure, table[0].size, *_spread(measure, table, estimate), *extra)


def peto(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike, *, level: float = 0.95) -> TablesPooled:
    """Return Peto's one-step log odds ratio (Yusuf et al. 1985), for rare events, balanced arms and effects that are not large."""
    table = _checked(a, b, c, d)
    observed, variance = _observed(*table)
    total = float(variance.sum())
    if total <= 0.0:
        raise SynthesisError("No study has both events and non-events; Peto's method has nothing to pool.")
    test = tested(float(observed.sum()) / total, 1.0 / math.sqrt(total), df=None, level=level)
    says = variance > 0.0
    q = float(np.sum(observed[says] ** 2 / variance[says])) - float(observed.sum()) ** 2 / total
    return TablesPooled(test, "Peto", "OR", table[0].size, *_q_of(q, int(says.sum())))


def greenland_robins_variance(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> float:
    """Return the variance of the Mantel-Haenszel risk difference by Greenland & Robins 1985, which some packages use instead of Sato's."""
    a1, b1, c1, d1 = _checked(a, b, c, d)
    n1, n2 = a1 + b1, c1 + d1
    n = n1 + n2
    return float(np.sum((a1 * b1 * n2**3 + c1 * d1 * n1**3) / (n1 * n2 * n**2)) / np.sum(n1 * n2 / n) ** 2)


def _checked(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> tuple[Array, Array, Array, Array]:
    table = np.array([np.asarray(cell, dtype=float) for cell in (a, b, c, d)])
    if table.ndim != 2 or table.shape[1] == 0:
        raise SynthesisError("Tables come as four rows of equal length, at least one study long.")
    if not np.isfinite(table).all() or (table < 0.0).any():
        where = int(np.argwhere(~(np.isfinite(table) & (table >= 0.0)))[0][1]) + 1
        raise SynthesisError(f"Study {where}: a count is missing or below 0. Enter events and sizes of both arms again.")
    return table[0], table[1], table[2], table[3]


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float]:
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    rs, ss = float(r.sum()), float(s.sum())
    if rs == 0.0 or ss == 0.0:
        raise SynthesisError("One of the arms has no events in any study; no odds ratio can be told. Pool risk differences.")
    variance = (
        float(np.sum(p * r)) / (2 * rs**2) + float(np.sum(p * s + q * r)) / (2 * rs * ss) + float(np.sum(q * s)) / (2 * ss**2)
    )
    return math.log(rs / ss), variance


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float]:
    n1, n2 = a + b, c + d
    n = n1 + n2
    r, s = float(np.sum(a * n2 / n)), float(np.sum(c * n1 / n))
    if r == 0.0 or s == 0.0:
        raise SynthesisError("One of the arms has no events in any study; no risk ratio can be told. Pool risk differences.")
    return math.log(r / s), float(np.sum(n1 * n2 * (a + c) / n**2 - a * c / n)) / (r * s)


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float]:
    n1, n2 = a + b, c + d
    n = n1 + n2
    weight = float(np.sum(n1 * n2 / n))
    estimate = float(np.sum(a * (n2 / n) - c * (n1 / n))) / weight
    p = float(np.sum(c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + (n1 / n) * (n2 / n) * (n2 - n1) / 2.0))
    q = float(np.sum(a * (n2 - c) / n + c * (n1 - a) / n)) / 2.0
    return estimate, (estimate * p + q) / weight**2


def _observed(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """Return observed minus expected events of group 1 and the hypergeometric variance, per study."""
    n1, n2, events, others = a + b, c + d, a + c, b + d
    n = n1 + n2
    return a - n1 * events / n, n1 * n2 * events * others / (n**2 * (n - 1.0))


def _association(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float]:
    observed, variance = _observed(a, b, c, d)
    statistic = max(0.0, abs(float(observed.sum())) - 0.5) ** 2 / float(variance.sum())
    return statistic, chi_squared_p(statistic, 1)


def _homogeneity(ratio: float, a: Array, b: Array, c: Array, d: Array) -> tuple[float, float]:
    """Return Tarone's test that all odds ratios are equal (Breslow-Day with its correction), and its p."""
    keep = (a + c > 0.0) & (b + d > 0.0)
    a, b, c, d = a[keep], b[keep], c[keep], d[keep]
    n1, n2, events = a + b, c + d, a + c
    # The expected count at this odds ratio is the root of a quadratic that lies among the possible counts.
    square, linear, constant = 1.0 - ratio, n2 - events + ratio * (n1 + events), -ratio * n1 * events
    if abs(square) < 1e-12:
        expected = -constant / linear
    else:
        root = np.sqrt(linear**2 - 4.0 * square * constant)
        low, high = (-linear + root) / (2.0 * square), (-linear - root) / (2.0 * square)
        expected = np.where((low > 0.0) & (low <= np.minimum(n1, events)), low, high)
    cells = (expected, n1 - expected, events - expected, n2 - events + expected)
    with np.errstate(divide="ignore"):
        variance = 1.0 / np.sum([1.0 / cell for cell in cells], axis=0)
    statistic = float(np.sum((a - expected) ** 2 / variance)) - float(np.sum(a - expected)) ** 2 / float(variance.sum())
    return statistic, chi_squared_p(statistic, a.size - 1)


def _spread(measure: str, table: tuple[Array, Array, Array, Array], estimate: float) -> tuple[float, int, float, float, float]:
    yi, vi = tables.measure(measure, *table, both_empty=tables.BothEmpty.DROP)
    says = np.isfinite(yi) & np.isfinite(vi)
    w = 1.0 / vi[says]
    return _q_of(float(np.sum(w * (yi[says] - estimate) ** 2)), int(says.sum()))


def _q_of(q: float, k: int) -> tuple[float, int, float, float, float]:
    df = k - 1
    i2 = 100.0 * max(0.0, (q - df) / q) if q > 0.0 else 0.0
    return q, df, chi_squared_p(q, df), i2, q / df if df else 1.0

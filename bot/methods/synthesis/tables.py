"""Effects of 2 x 2 tables, by columns: risk ratio, odds ratio, risk difference, and their kin. One guarded study: effect_sizes.py.

a, b: events and non-events of group 1; c, d: of group 2; numbers or arrays (k,). Pooling rare events: rare_events.py.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.problem import Array

Pair = tuple[Array, Array]


class Zeros(StrEnum):
    """Which tables get the constant added to their cells."""

    NONE = "none"
    EMPTY = "only0"
    ALL_IF_ANY_EMPTY = "if0all"
    ALL = "all"


class BothEmpty(StrEnum):
    """What becomes of tables without events, or with events alone, in both groups."""

    KEEP = "keep"
    DROP = "drop"


def measure(
    name: str, a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike,
    *, add: float = 0.5, zeros: Zeros = Zeros.EMPTY, both_empty: BothEmpty = BothEmpty.KEEP,
) -> Pair:  # fmt: skip
    """Return effects and variances of the measure called `name` (RR, OR, RD, PETO, AS, PBIT, OR2DL, OR2DN, YUQ, YUY …).

    add: what the cells of a table get that `zeros` names. With BothEmpty.DROP tables that say nothing about a ratio become nan.
    Raises EffectSizeError that lists the measures if there is none of this name.
    """
    if name not in MEASURES:
        raise EffectSizeError(f"There is no measure called {name!r} for 2 x 2 tables. There are: {', '.join(sorted(MEASURES))}.")
    cells = np.broadcast_arrays(*(np.asarray(cell, dtype=float) for cell in (a, b, c, d)))
    table = np.stack(cells)
    if both_empty is BothEmpty.DROP:
        silent = ((table[0] == 0) & (table[2] == 0)) | ((table[1] == 0) & (table[3] == 0))
        table = np.where(silent, np.nan, table)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = MEASURES[name](*(table if name in UNFILLED else filled(table, add, zeros)))
    return yi, vi


def filled(table: Array, add: float, zeros: Zeros) -> Array:
    """Return tables, shape (4, k), with `add` in every cell of those that `zeros` names."""
    empty = (table == 0.0).any(axis=0)
    if zeros is Zeros.EMPTY:
        return table + add * empty
    every = zeros is Zeros.ALL or (zeros is Zeros.ALL_IF_ANY_EMPTY and bool(empty.any()))
    return table + add * every


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> Pair:
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d)


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> Pair:
    return np.log(a * d / (b * c)), 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> Pair:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _arcsine(a: Array, b: Array, c: Array, d: Array) -> Pair:
    n1, n2 = a + b, c + d
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1.0 / (4.0 * n1) + 1.0 / (4.0 * n2)


def _peto(a: Array, b: Array, c: Array, d: Array) -> Pair:
    n1, n2 = a + b, c + d
    total = n1 + n2
    variance = n1 * n2 * (a + c) * (b + d) / (total**2 * (total - 1.0))
    return (a - (a + c) * n1 / total) / variance, 1.0 / variance


def _probit(a: Array, b: Array, c: Array, d: Array) -> Pair:
    n1, n2 = a + b, c + d
    z1, z2 = special().ndtri(a / n1), special().ndtri(c / n2)
    v1 = 2.0 * np.pi * (a / n1) * (b / n1) * np.exp(z1**2) / n1
    v2 = 2.0 * np.pi * (c / n2) * (d / n2) * np.exp(z2**2) / n2
    return z1 - z2, v1 + v2


def _logistic_smd(*cells: Array) -> Pair:
    yi, vi = _odds_ratio(*cells)
    return yi * np.sqrt(3.0) / np.pi, vi * 3.0 / np.pi**2


def _normal_smd(*cells: Array) -> Pair:
    # Cox & Snell 1989: a normal variable cut in two has a log odds ratio of about 1.65 times its standardised difference.
    yi, vi = _odds_ratio(*cells)
    return yi / 1.65, vi / 1.65**2


def _yule_q(*cells: Array) -> Pair:
    log_ratio, variance = _odds_ratio(*cells)
    ratio = np.exp(log_ratio)
    yi = (ratio - 1.0) / (ratio + 1.0)
    return yi, 0.25 * (1.0 - yi**2) ** 2 * variance


def _yule_y(*cells: Array) -> Pair:
    log_ratio, variance = _odds_ratio(*cells)
    root = np.exp(0.5 * log_ratio)
    yi = (root - 1.0) / (root + 1.0)
    return yi, 0.0625 * (1.0 - yi**2) ** 2 * variance


MEASURES: dict[str, Callable[..., Pair]] = {
    "RR": _risk_ratio, "OR": _odds_ratio, "RD": _risk_difference, "PETO": _peto, "AS": _arcsine, "PBIT": _probit,
    "OR2DL": _logistic_smd, "OR2D": _logistic_smd, "OR2DN": _normal_smd, "YUQ": _yule_q, "YUY": _yule_y,
}  # fmt: skip

# The arcsine transformation is defined for empty cells.
UNFILLED = {"AS"}

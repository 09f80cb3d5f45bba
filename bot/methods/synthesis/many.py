"""Thousands of meta-analyses of equal size in one call: for simulations and for what_next.py. One at a time, with provenance: pooling.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError, SynthesisError
from bot.methods.synthesis import estimators
from bot.methods.synthesis.distributions import check_level, special, two_sided_quantile
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.prediction import degrees_of_prediction
from bot.methods.synthesis.problem import Array, mean_problem

ROWS, GRID = 2000, 14


@dataclass(frozen=True, slots=True)
class Many:
    """Results of m meta-analyses, shape (m,) each, in units of the effects; p: of the test that the mean is 0."""

    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    pi_low: Array
    pi_high: Array
    tau2: Array
    q: Array
    p: Array


def pool_many(
    *, yi: ArrayLike, vi: ArrayLike, method: str = Tau2.REML, interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    prediction: Prediction = Prediction.T_K_MINUS_1, level: float = 0.95,
) -> Many:  # fmt: skip
    """Return the estimates of m meta-analyses of k >= 2 studies; yi, vi: shape (m, k).

    method: EE, DL, PM or REML; any other estimator is called row by row. Raises EffectSizeError naming row and study if a number
    cannot be taken, SynthesisError if the shapes do not fit.
    """
    y, v = _checked(yi, vi)
    chosen, k = Interval(interval), y.shape[1]
    tau2 = np.concatenate([_tau2(y[i : i + ROWS], v[i : i + ROWS], str(method)) for i in range(0, y.shape[0], ROWS)])
    w = 1.0 / (v + tau2[:, None])
    total = w.sum(axis=1)
    mean = np.einsum("ij,ij->i", w, y) / total
    residuals = y - mean[:, None]
    variance = 1.0 / total
    if chosen in (Interval.KNAPP_HARTUNG, Interval.KNAPP_HARTUNG_MAX1):
        factor = np.einsum("ij,ij,ij->i", w, residuals, residuals) / (k - 1)
        variance = variance * (np.maximum(factor, 1.0) if chosen is Interval.KNAPP_HARTUNG_MAX1 else factor)
    se = np.sqrt(variance)
    df = None if chosen is Interval.WALD else float(k - 1)
    margin = two_sided_quantile(check_level(level), df) * se
    wide = two_sided_quantile(level, degrees_of_prediction(Prediction(prediction), k)) * np.sqrt(tau2 + variance)
    return Many(mean, se, mean - margin, mean + margin, mean - wide, mean + wide, tau2, _q(y, v), _p(mean, se, df))


def _checked(yi: ArrayLike, vi: ArrayLike) -> tuple[Array, Array]:
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.ndim != 2 or y.shape != v.shape or y.shape[0] == 0 or y.shape[1] < 2:
        raise SynthesisError(f"Effects have the shape {y.shape} and variances {v.shape}; both must be (m, k) with k at least 2.")
    wrong = ~(np.isfinite(y) & np.isfinite(v) & (v > 0.0))
    if wrong.any():
        row, study = np.argwhere(wrong)[0]
        raise EffectSizeError(
            f"Row {row + 1}, study {study + 1}: effect {y[row, study]}, variance {v[row, study]}; must be finite, variance > 0."
        )
    return y, v


def _tau2(y: Array, v: Array, method: str) -> Array:
    known: dict[str, Callable[[Array, Array], Array]] = {
        "EE": _none,
        "DL": _dersimonian_laird,
        "PM": _paule_mandel,
        "REML": _reml,
    }
    if method in known:
        return known[method](y, v)
    estimator = estimators.by_name(method)
    return np.array([estimator.tau2(mean_problem(effects, variances)) for effects, variances in zip(y, v, strict=True)])


def _none(y: Array, v: Array) -> Array:
    return np.zeros(y.shape[0])


def _dersimonian_laird(y: Array, v: Array) -> Array:
    w = 1.0 / v
    total = w.sum(axis=1)
    return np.maximum(0.0, (_q(y, v) - (y.shape[1] - 1)) / (total - np.einsum("ij,ij->i", w, w) / total))


def _paule_mandel(y: Array, v: Array) -> Array:
    """Newton's steps on 1 / Q, which is concave and rising in tau2: from 0 they stay left of the root."""
    df, tau2 = float(y.shape[1] - 1), np.zeros(y.shape[0])
    for _ in range(100):
        u, w = _projected(y, v, tau2)
        q1, q2 = np.einsum("ij,ij->i", u, u / w), np.einsum("ij,ij->i", u, u)
        step = np.where((q1 > df) & (q2 > 0.0), q1 * (q1 / df - 1.0) / np.where(q2 > 0.0, q2, 1.0), 0.0)
        tau2 = tau2 + step
        if (step <= 1e-13 * tau2).all():
            break
    return tau2


def _reml(y: Array, v: Array) -> Array:
    """Bracket the score's falls on a grid for every row, refine them together; rows with several maxima go to the estimator itself."""
    spread = np.ptp(y, axis=1)
    top = 4.0 * (y.shape[1] * spread**2 + v.max(axis=1))
    bottom = np.minimum(1e-3 * v.min(axis=1), 1e-6 * top)
    grid = np.vstack([np.zeros_like(top), *(bottom * (top / bottom) ** (i / (GRID - 1)) for i in range(GRID))])
    scores = np.array([_score(y, v, tau2)[0] for tau2 in grid])
    falls = (scores[:-1] > 0.0) & (scores[1:] <= 0.0)
    count = falls.sum(axis=0) + (scores[0] <= 0.0)
    first = falls.argmax(axis=0)
    rows = np.arange(y.shape[0])
    inside = falls.any(axis=0)
    low, high = np.where(inside, grid[first, rows], 0.0), np.where(inside, grid[first + 1, rows], 0.0)
    tau2 = _refined(y, v, low, high)
    estimator = estimators.by_name(Tau2.REML)
    for i in np.flatnonzero(count > 1):
        tau2[i] = estimator.tau2(mean_problem(y[i], v[i]))
    return tau2


def _refined(y: Array, v: Array, low: Array, high: Array) -> Array:
    tau2 = np.where(low > 0.0, np.sqrt(low * high), 0.5 * high)
    moving = np.flatnonzero(high > 0.0)
    for _ in range(80):
        if moving.size == 0:
            break
        value, slope = _score(y[moving], v[moving], tau2[moving])
        low[moving] = np.where(value > 0.0, tau2[moving], low[moving])
        high[moving] = np.where(value > 0.0, high[moving], tau2[moving])
        with np.errstate(divide="ignore", invalid="ignore"):
            following = tau2[moving] - value / slope
        kept = (following > low[moving]) & (following < high[moving]) & (slope < 0.0)
        following = np.where(kept, following, 0.5 * (low[moving] + high[moving]))
        change = np.abs(following - tau2[moving])
        tau2[moving] = following
        moving = moving[(change > 1e-12 * following) & (high[moving] - low[moving] > 1e-15 * high[moving])]
    return tau2


def _score(y: Array, v: Array, tau2: Array) -> tuple[Array, Array]:
    """Return y'PPy - tr(P) and its derivative tr(PP) - 2 y'PPPy, shape (m,)."""
    u, w = _projected(y, v, tau2)
    s1 = w.sum(axis=1)
    square = w * w
    s2, s3 = square.sum(axis=1), np.einsum("ij,ij->i", square, w)
    ratio = s2 / s1
    q3 = np.einsum("ij,ij,ij->i", u, u, w) - np.einsum("ij,ij->i", w, u) ** 2 / s1
    return np.einsum("ij,ij->i", u, u) - (s1 - ratio), s2 - 2.0 * s3 / s1 + ratio**2 - 2.0 * q3


def _projected(y: Array, v: Array, tau2: Array) -> tuple[Array, Array]:
    w = 1.0 / (v + tau2[:, None])
    mean = np.einsum("ij,ij->i", w, y) / w.sum(axis=1)
    return w * (y - mean[:, None]), w


def _q(y: Array, v: Array) -> Array:
    u, w = _projected(y, v, np.zeros(y.shape[0]))
    return np.einsum("ij,ij->i", u, u / w)


def _p(mean: Array, se: Array, df: float | None) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0.0, np.abs(mean) / se, np.where(mean == 0.0, 0.0, np.inf))
    return 2.0 * (special().ndtr(-z) if df is None else special().stdtr(df, -z))

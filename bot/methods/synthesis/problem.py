"""What every estimator works on: effects, variances, moderators, and the few moments of them that all formulas are made of.

With W = diag(1 / (vi + tau2)) and P = W - WX(X'WX)^-1X'W, an estimator needs y'Py, y'PPy, y'PPPy, tr(P) and tr(PP) and never the
k x k matrix itself. Estimators: bot/methods/synthesis/estimators. Checks of what comes in: bot/methods/synthesis/checks.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
DENSE = 300


class Moments(NamedTuple):
    """Moments at one tau2: q1 = y'Py, q2 = y'PPy, q3 = y'PPPy, tr(W), tr(WW), tr(P), tr(PP)."""

    q1: float
    q2: float
    q3: float
    trace_w: float
    trace_ww: float
    trace_p: float
    trace_pp: float


class Weighting:
    """The projection P for weights w (shape (k,)) and moderators x (shape (k, p)), without ever forming it."""

    def __init__(self, w: Array, x: Array) -> None:
        self.w, self.x = w, x
        self.wx = w[:, None] * x
        self.inverse = _inverse(self.wx.T @ x)

    def coefficients(self, y: Array) -> Array:
        """Return the weighted least squares coefficients, shape (p,)."""
        return self.inverse @ (self.wx.T @ y)

    def residuals(self, y: Array) -> Array:
        """Return y - Xb, shape (k,)."""
        return y - self.x @ self.coefficients(y)

    def trace(self, d: Array) -> float:
        """Return tr(PD) for D = diag(d)."""
        own = self.w - np.einsum("ij,jk,ik->i", self.wx, self.inverse, self.wx)
        # A study that fixes a coefficient by itself leaves nothing, but for rounding.
        return float(np.maximum(own, 0.0) @ d)

    def trace2(self, d: Array, e: Array) -> float:
        """Return tr(PDPE) for D = diag(d), E = diag(e)."""
        if self.w.size <= DENSE:
            # A sum of squares keeps digits that the difference of traces below loses.
            p = np.diag(self.w) - self.wx @ self.inverse @ self.wx.T
            return float(d @ (p * p) @ e)
        w, wx, inverse = self.w, self.wx, self.inverse
        cross = wx.T @ ((w * d * e)[:, None] * wx)
        left, right = inverse @ (wx.T @ (d[:, None] * wx)), inverse @ (wx.T @ (e[:, None] * wx))
        return float((w * w) @ (d * e) - 2.0 * np.sum(inverse * cross) + np.sum(left * right.T))


@dataclass(frozen=True, eq=False)
class Problem:
    """Effects yi and variances vi, shape (k,), and moderators x, shape (k, p) with the intercept where one is wanted."""

    yi: Array
    vi: Array
    x: Array

    @property
    def k(self) -> int:
        """Return the number of effects."""
        return self.yi.shape[0]

    @property
    def p(self) -> int:
        """Return the number of coefficients."""
        return self.x.shape[1]

    @cached_property
    def is_mean(self) -> bool:
        """Return whether the model is a mean alone."""
        return self.p == 1 and bool((self.x == 1.0).all())

    @cached_property
    def fixed(self) -> Weighting:
        """Return the weighting by 1 / vi."""
        return Weighting(1.0 / self.vi, self.x)

    @cached_property
    def q(self) -> float:
        """Return Cochran's Q, of the residuals where there are moderators."""
        return self.at_zero.q1

    @cached_property
    def at_zero(self) -> Moments:
        """Return the moments at tau2 = 0."""
        return self.moments(0.0)

    @cached_property
    def others(self) -> Array:
        """Return 1 for every study but the most precise one, which is 0."""
        mask = np.ones(self.k)
        mask[int(self.vi.argmin())] = 0.0
        return mask

    @property
    def q_df(self) -> int:
        """Return the degrees of freedom of Q."""
        return self.k - self.p

    @cached_property
    def typical_variance(self) -> float:
        """Return (k - p) / tr(P), Higgins and Thompson's typical sampling variance."""
        return self.q_df / self.at_zero.trace_p if self.q_df else math.nan

    def weighting(self, tau2: float) -> Weighting:
        """Return the weighting by 1 / (vi + tau2)."""
        return self.fixed if tau2 == 0.0 else Weighting(1.0 / (self.vi + tau2), self.x)

    def moments(self, tau2: float) -> Moments:
        """Return the moments at tau2."""
        w = 1.0 / (self.vi + tau2)
        if self.is_mean:
            return _moments_of_mean(self.yi, w, self.others)
        weighting = Weighting(w, self.x)
        u = w * weighting.residuals(self.yi)
        wu = w * u
        projected = self.x.T @ wu
        ones = np.ones(self.k)
        q3 = float(u @ wu - projected @ weighting.inverse @ projected)
        q1, q2 = float(np.sum(u * u / w)), float(u @ u)
        return Moments(q1, q2, q3, float(w.sum()), float(w @ w), weighting.trace(ones), weighting.trace2(ones, ones))

    def q_and_slope(self, tau2: float) -> tuple[float, float]:
        """Return y'Py and y'PPy, by which the former falls with tau2."""
        if not self.is_mean:
            moments = self.moments(tau2)
            return moments.q1, moments.q2
        w = 1.0 / (self.vi + tau2)
        r = self.yi - float(w @ self.yi) / float(w.sum())
        u = w * r
        return float(u @ r), float(u @ u)

    def log_likelihood(self, tau2: float, *, restricted: bool) -> float:
        """Return the (restricted) log-likelihood at tau2, with the constants that metafor prints."""
        w = 1.0 / (self.vi + tau2)
        weighting = Weighting(w, self.x)
        residuals = weighting.residuals(self.yi)
        value = -0.5 * (float(w @ (residuals * residuals)) - float(np.log(w).sum()))
        if not restricted:
            return value - 0.5 * self.k * math.log(2.0 * math.pi)
        own = float(np.linalg.slogdet(self.x.T @ self.x)[1] - np.linalg.slogdet(weighting.wx.T @ self.x)[1])
        return value + 0.5 * own - 0.5 * self.q_df * math.log(2.0 * math.pi)


def mean_problem(yi: Array, vi: Array) -> Problem:
    """Return the problem of a mean alone."""
    return Problem(yi, vi, np.ones((yi.shape[0], 1)))


def _inverse(cross: Array) -> Array:
    if cross.shape == (1, 1):
        return 1.0 / cross
    # Columns may differ by orders of magnitude (years beside shares): scale before inverting.
    scale = 1.0 / np.sqrt(np.diag(cross))
    return scale[:, None] * np.linalg.inv(scale[:, None] * cross * scale) * scale


def _moments_of_mean(y: Array, w: Array, others: Array) -> Moments:
    """Return the moments of a mean; others: 1 but for 0 at the most precise study.

    With one study far more precise than the rest, s1 - w and the like lose every digit for that study: there the rest is summed.
    """
    s1 = float(w.sum())
    r = y - float(w @ y) / s1
    u = w * r
    square = w * w
    s2 = float(square.sum())
    rest, rest2 = s1 - w, s2 - square
    most = int(others.argmin())
    rest[most], rest2[most] = w @ others, square @ others
    centred = u - float(w @ u) / s1
    return Moments(
        float(u @ r),
        float(u @ u),
        float(w @ (centred * centred)),
        s1,
        s2,
        float(w @ rest) / s1,
        float(square @ (rest * rest + rest2)) / (s1 * s1),
    )

"""(RE)ML for effects whose covariance is a known part plus variance components times known shapes. The models: dependence.py."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bot.errors import SynthesisError
from bot.methods.synthesis.distributions import chi_squared_quantile
from bot.methods.synthesis.problem import Array
from bot.methods.synthesis.roots import bracketed


@dataclass(frozen=True, slots=True)
class Components:
    """y, shape (k,); x, shape (k, p); sampling covariance, shape (k, k); shapes of the components, shape (k, k) each."""

    y: Array
    x: Array
    sampling: Array
    shapes: list[Array]


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted. variances: of the components; projection: P; working: the whole covariance of y."""

    components: Components
    variances: Array
    coefficients: Array
    covariance: Array
    working: Array
    weights: Array
    projection: Array
    log_likelihood: float


def fit_components(components: Components, method: str) -> Fit:
    """Return the (RE)ML fit. Raises SynthesisError for a method other than REML and ML.

    Fisher scoring from several starts, with steps halved until the likelihood rises and components kept at 0 or above.
    """
    if method not in ("REML", "ML"):
        raise SynthesisError(f"There is no fit called {method!r} for dependent effects. There are: REML, ML.")
    if not components.shapes:
        return at(components, np.zeros(0), method)
    free = list(range(len(components.shapes)))
    scale = max(float(components.y.var()), float(np.diag(components.sampling).mean()))
    fits = []
    for share in (0.1, 0.5, 0.01):
        start = np.full(len(components.shapes), share * scale)
        fits.append(_climb(components, start, free, method))
    return max(fits, key=lambda fit: fit.log_likelihood)


def profiled_interval(components: Components, method: str, estimate: Array, index: int, *, level: float) -> tuple[float, float]:
    """Return the profile-likelihood interval of one component, the others fitted anew at each of its values."""
    best = fit_components(components, method).log_likelihood
    floor = best - 0.5 * chi_squared_quantile(1.0 - level, 1.0)

    def above(value: float) -> float:
        start = estimate.astype(float).copy()
        start[index] = value
        free = [i for i in range(start.size) if i != index]
        return _climb(components, start, free, method).log_likelihood - floor

    own = float(estimate[index])
    low = 0.0 if own == 0.0 or above(0.0) >= 0.0 else bracketed(above, 0.0, own, relative=1e-7)
    high = max(own, 0.1 * float(components.y.var()))
    while above(high) > 0.0:
        high *= 2.0
    return low, bracketed(above, own, high, relative=1e-7)


def at(components: Components, variances: Array, method: str) -> Fit:
    """Return the fit with the components at given values."""
    working = components.sampling + sum(value * shape for value, shape in zip(variances, components.shapes, strict=True))
    factor = np.linalg.cholesky(working)
    inverse_factor = np.linalg.inv(factor)
    weights = inverse_factor.T @ inverse_factor
    x, y = components.x, components.y
    wx = weights @ x
    cross = x.T @ wx
    covariance = np.linalg.inv(cross)
    projection = weights - wx @ covariance @ wx.T
    n = y.size - (x.shape[1] if method == "REML" else 0)
    value = -0.5 * n * math.log(2.0 * math.pi) - float(np.log(np.diag(factor)).sum()) - 0.5 * float(y @ projection @ y)
    if method == "REML":
        value += 0.5 * float(np.linalg.slogdet(x.T @ x)[1] - np.linalg.slogdet(cross)[1])
    return Fit(components, variances, covariance @ (wx.T @ y), covariance, working, weights, projection, value)


def _climb(components: Components, start: Array, free: list[int], method: str) -> Fit:
    fit = at(components, start, method)
    for _ in range(200):
        step = _step(fit, free, method)
        following = _improved(fit, step, method)
        moved = float(np.max(np.abs(following.variances - fit.variances), initial=0.0))
        fit = following
        if moved <= 1e-12 * max(float(fit.variances.max(initial=0.0)), 1e-300):
            break
    return fit


def _step(fit: Fit, free: list[int], method: str) -> Array:
    """Return the scoring step in the components that are free and not held at 0 by a falling likelihood."""
    shapes, p = fit.components.shapes, fit.projection
    base = p if method == "REML" else fit.weights
    u = p @ fit.components.y
    moved = {i: base @ shapes[i] for i in free}
    score = {i: 0.5 * (float(u @ shapes[i] @ u) - float(np.trace(moved[i]))) for i in free}
    active = [i for i in free if fit.variances[i] > 0.0 or score[i] > 0.0]
    step = np.zeros(len(shapes))
    if active:
        information = np.array([[0.5 * float(np.sum(moved[i] * moved[j].T)) for j in active] for i in active])
        step[active] = np.linalg.lstsq(information, np.array([score[i] for i in active]), rcond=None)[0]
    return step


def _improved(fit: Fit, step: Array, method: str) -> Fit:
    for halving in range(40):
        proposed = np.maximum(fit.variances + step * 0.5**halving, 0.0)
        following = at(fit.components, proposed, method)
        if following.log_likelihood >= fit.log_likelihood - 1e-13 * abs(fit.log_likelihood):
            return following
    return fit

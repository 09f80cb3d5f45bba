"""How much an estimate rests on single studies: leave-one-out, cumulative, influence, residuals, shrunken effects. Asymmetry: small_study.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.domain.effects import Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis import estimators
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import special, two_sided_quantile
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.problem import Array, mean_problem


@dataclass(frozen=True, slots=True)
class Influence:
    """Diagnostics of a random-effects mean, each of shape (k,); _deleted: without the study (Viechtbauer & Cheung 2010).

    flagged: whether |dffits| > 3 sqrt(1 / (k - 1)), or Cook's distance lies beyond the median of chi-squared, or the hat value is
    above 3 / k, or |dfbeta| > 1.
    """

    labels: tuple[str, ...]
    rstudent: Array
    dffits: Array
    cook: Array
    covariance_ratio: Array
    tau2_deleted: Array
    q_deleted: Array
    hat: Array
    dfbeta: Array
    flagged: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Baujat:
    """Baujat's plot: contribution of each study to Q (x) against its influence on the estimate (y), shape (k,) each."""

    contribution: Array
    influence: Array


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Empirical Bayes estimates of the studies' own effects, shape (k,) each (Raudenbush & Bryk 1985)."""

    estimate: Array
    se: Array
    low: Array
    high: Array


def leave_one_out(
    *, yi: ArrayLike, vi: ArrayLike, labels: Sequence[str] | None = None, method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1, prediction: Prediction = Prediction.T_K_MINUS_1, level: float = 0.95,
) -> tuple[Estimate, ...]:  # fmt: skip
    """Return the estimate without each study, in the order of the studies. Raises SynthesisError if there is only one."""
    effects, variances, names = _several(yi, vi, labels)
    return tuple(
        pool(
            yi=np.delete(effects, i), vi=np.delete(variances, i), labels=names[:i] + names[i + 1 :],
            method=method, interval=interval, prediction=prediction, level=level,
        )
        for i in range(effects.size)
    )  # fmt: skip


def cumulative(
    *, yi: ArrayLike, vi: ArrayLike, order: Sequence[int], labels: Sequence[str] | None = None, method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1, prediction: Prediction = Prediction.T_K_MINUS_1, level: float = 0.95,
) -> tuple[Estimate, ...]:  # fmt: skip
    """Return the estimates after the first, the first two, … studies in `order` (positions from 0, each once)."""
    effects, variances, names = checked(yi, vi, labels)
    if sorted(order) != list(range(effects.size)):
        raise SynthesisError(f"The order {list(order)} must name each of the {effects.size} positions once, beginning with 0.")
    positions = list(order)
    return tuple(
        pool(
            yi=effects[positions[:n]], vi=variances[positions[:n]], labels=[names[i] for i in positions[:n]],
            method=method, interval=interval, prediction=prediction, level=level,
        )
        for n in range(1, effects.size + 1)
    )  # fmt: skip


def influence(*, yi: ArrayLike, vi: ArrayLike, labels: Sequence[str] | None = None, method: str = Tau2.REML) -> Influence:
    """Return what happens to the mean when each study is left out, tau2 estimated anew each time."""
    effects, variances, names = _several(yi, vi, labels)
    k = effects.size
    tau2 = estimators.by_name(method).tau2(mean_problem(effects, variances))
    w = 1.0 / (variances + tau2)
    mean, variance, hat = float(w @ effects) / float(w.sum()), 1.0 / float(w.sum()), w / w.sum()
    without = [_deleted(effects, variances, i, method) for i in range(k)]
    means, variances_of_mean, tau2s, qs = (np.array(column) for column in zip(*without, strict=True))
    totals = variances + tau2s
    moved = mean - means
    dffits = moved / np.sqrt(hat * totals)
    cook = moved**2 / variance
    dfbeta = moved / np.array([1.0 / np.sqrt(np.sum(1.0 / (variances + t))) for t in tau2s])
    flagged = (
        (np.abs(dffits) > 3.0 * np.sqrt(1.0 / (k - 1)))
        | (cook > float(special().chdtri(1.0, 0.5)))
        | (hat > 3.0 / k)
        | (np.abs(dfbeta) > 1.0)
    )
    return Influence(
        names, (effects - means) / np.sqrt(totals + variances_of_mean), dffits, cook, variances_of_mean / variance,
        tau2s, qs, hat, dfbeta, tuple(bool(flag) for flag in flagged),
    )  # fmt: skip


def baujat(*, yi: ArrayLike, vi: ArrayLike, method: str = Tau2.REML) -> Baujat:
    """Return the coordinates of Baujat's plot (Baujat et al. 2002)."""
    effects, variances, _ = _several(yi, vi, None)
    tau2 = estimators.by_name(method).tau2(mean_problem(effects, variances))
    w = 1.0 / (variances + tau2)
    mean = float(w @ effects) / float(w.sum())
    without = [_deleted(effects, variances, i, method) for i in range(effects.size)]
    moved = np.array([(mean - m) ** 2 / v for m, v, _, _ in without])
    return Baujat((effects - mean) ** 2 * w, moved)


def standardised_residuals(*, yi: ArrayLike, vi: ArrayLike, method: str = Tau2.REML) -> Array:
    """Return residuals over their standard errors, shape (k,)."""
    effects, variances, _ = _several(yi, vi, None)
    total = variances + estimators.by_name(method).tau2(mean_problem(effects, variances))
    w = 1.0 / total
    return (effects - float(w @ effects) / float(w.sum())) / np.sqrt(total - 1.0 / float(w.sum()))


def shrunken(*, yi: ArrayLike, vi: ArrayLike, method: str = Tau2.REML, level: float = 0.95) -> Shrunken:
    """Return each study's effect drawn towards the mean by how much of its variance is between studies."""
    effects, variances, _ = _several(yi, vi, None)
    tau2 = estimators.by_name(method).tau2(mean_problem(effects, variances))
    w = 1.0 / (variances + tau2)
    mean = float(w @ effects) / float(w.sum())
    share = tau2 * w
    estimate = share * effects + (1.0 - share) * mean
    se = np.sqrt(share * variances + (1.0 - share) ** 2 / float(w.sum()))
    margin = two_sided_quantile(level, None) * se
    return Shrunken(estimate, se, estimate - margin, estimate + margin)


def _several(yi: ArrayLike, vi: ArrayLike, labels: Sequence[str] | None) -> tuple[Array, Array, tuple[str, ...]]:
    effects, variances, names = checked(yi, vi, labels)
    if effects.size < 2:
        raise SynthesisError("With one study there is nothing to leave out; at least two are needed.")
    return effects, variances, names


def _deleted(effects: Array, variances: Array, i: int, method: str) -> tuple[float, float, float, float]:
    """Return mean, its variance, tau2 and Q without study i."""
    y, v = np.delete(effects, i), np.delete(variances, i)
    if y.size == 1:
        return float(y[0]), float(v[0]), 0.0, 0.0
    problem = mean_problem(y, v)
    tau2 = estimators.by_name(method).tau2(problem)
    w = 1.0 / (v + tau2)
    return float(w @ y) / float(w.sum()), 1.0 / float(w.sum()), tau2, problem.q

"""Dependent effects: several per study. Three-level models and the correlated-and-hierarchical working model; fitted by (RE)ML.

Standard errors that hold if the working model is wrong: robust.py. One effect per study: pooling.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import provenance
from bot.methods.synthesis.checks import checked, checked_design
from bot.methods.synthesis.covariance_fit import Components, Fit, fit_components, profiled_interval
from bot.methods.synthesis.distributions import check_level, chi_squared_p, two_sided_quantile
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.problem import Array

MODEL = "three levels"


@dataclass(frozen=True, slots=True)
class Multilevel:
    """A three-level model. sigma2: variance between studies and between effects within a study, i2_levels: their shares in per cent.

    sampling: the covariance of sampling errors, working: that of the effects under the model, shape (k, k) each: robust.py starts from
    it. rho: the assumed correlation of
    sampling errors within a study, 0 for independent ones. inputs: what it rests on, as bytes to keep.
    moderators_q: the Wald test of the moderators with its p, None for a mean.
    """

    names: tuple[str, ...]
    k: int
    studies: int
    method: str
    rho: float
    tests: tuple[Test, ...]
    sigma2: tuple[float, float]
    i2: float
    i2_levels: tuple[float, float]
    q: float
    q_df: int
    q_p: float
    moderators_q: tuple[float, float] | None
    log_likelihood: float
    aic: float
    bic: float
    pi_low: float | None
    pi_high: float | None
    level: float
    interval: str
    covariance: Array
    sampling: Array
    working: Array
    y: Array
    x: Array
    groups: tuple[str, ...]
    software: str
    inputs_sha256: str
    inputs: bytes


def pool_multilevel(
    *, yi: ArrayLike, vi: ArrayLike, studies: Sequence[str], effects: Sequence[str] | None = None, moderators: ArrayLike | None = None,
    names: Sequence[str] = ("mean",), rho: float = 0.0, sampling: ArrayLike | None = None,
    method: str = "REML", interval: Interval = Interval.T, level: float = 0.95,
) -> Multilevel:  # fmt: skip
    """Return the model with effects within studies; rho > 0: the correlated-and-hierarchical model (Pustejovsky & Tipton 2022).

    studies: the study of each effect, shape (k,). effects: names that are unique within a study. interval: WALD, or T with as many
    degrees of freedom as there are studies, less one for each coefficient. method: REML or ML.
    sampling: the covariance of sampling errors where it is known (`shared_control_covariance`), in place of rho.
    Raises SynthesisError if there is one study alone, no study with two effects, rho is not between 0 and 1, or `sampling` is no
    covariance.
    """
    y, v, labels = checked(yi, vi, None)
    groups = _checked_groups(studies, y.size, rho)
    x = np.ones((y.size, 1)) if moderators is None else checked_design(y, v, moderators, names).x
    errors = sampling_covariance(v, groups, rho) if sampling is None else _checked_covariance(sampling, y.size)
    within = groups if effects is None else tuple(f"{g}/{e}" for g, e in zip(groups, effects, strict=True))
    shapes = [_same(groups), np.eye(y.size) if effects is None else _same(within)]
    fit = fit_components(Components(y, x, errors, shapes), method)
    options = {
        "rho": rho,
        "method": method,
        "interval": Interval(interval).value,
        "level": check_level(level),
        "groups": list(groups),
        "effects": None if effects is None else [str(effect) for effect in effects],
        "names": list(names),
        "x": x.tolist(),
        "sampling": errors.tolist(),
        "model": MODEL,
    }
    inputs = provenance.frozen(yi=y, vi=v, labels=labels, options=options)
    return _result(fit, groups, tuple(names), method, rho, Interval(interval), level, inputs)


def multilevel_again(content: bytes, *, sha256: str) -> Multilevel:
    """Return the model that rests on frozen inputs, fitted again; raises SynthesisError if sha256 is not theirs."""
    kept = provenance.thawed(content, sha256=sha256)
    o = kept["options"]
    return pool_multilevel(
        yi=kept["yi"], vi=kept["vi"], studies=o["groups"], effects=o["effects"], moderators=o["x"], names=o["names"], rho=o["rho"],
        sampling=o["sampling"], method=o["method"], interval=Interval(o["interval"]), level=o["level"],
    )  # fmt: skip


def sampling_covariance(v: Array, groups: Sequence[str], rho: float) -> Array:
    """Return the covariance of sampling errors: rho √(vi vj) between effects of one study, shape (k, k)."""
    root = np.sqrt(v)
    covariance = rho * np.outer(root, root) * _same(groups)
    np.fill_diagonal(covariance, v)
    return covariance


def shared_control_covariance(yi: ArrayLike, vi: ArrayLike, n_c: ArrayLike, n_total: ArrayLike, controls: Sequence[str]) -> Array:
    """Return the covariance of standardised differences, some against one control group: 1 / n_c + g_i g_j / (2 N), shape (k, k).

    n_c: size of the control group; n_total: of all arms of the trial that share it; controls: names of control groups.
    Source: Gleser & Olkin 2009.
    """
    g, v, _ = checked(yi, vi, None)
    size, total = np.asarray(n_c, dtype=float), np.asarray(n_total, dtype=float)
    covariance = (1.0 / size[:, None] + np.outer(g, g) / (2.0 * total[:, None])) * _same(controls)
    np.fill_diagonal(covariance, v)
    return covariance


def component_intervals(model: Multilevel, effects: Sequence[str] | None = None) -> tuple[tuple[float, float], ...]:
    """Return profile-likelihood intervals for the variances between and within studies; effects: as given to the model."""
    within = model.groups if effects is None else tuple(f"{g}/{e}" for g, e in zip(model.groups, effects, strict=True))
    shapes = [_same(model.groups), np.eye(model.k) if effects is None else _same(within)]
    components = Components(model.y, model.x, model.sampling, shapes)
    return tuple(profiled_interval(components, model.method, np.array(model.sigma2), i, level=model.level) for i in range(2))


def _checked_groups(studies: Sequence[str], k: int, rho: float) -> tuple[str, ...]:
    groups = tuple(str(study) for study in studies)
    if len(groups) != k:
        raise SynthesisError(f"{len(groups)} studies named for {k} effects; name the study of each effect.")
    if len(set(groups)) < 2:
        raise SynthesisError("All effects are of one study; a model of several levels needs at least two studies.")
    if len(set(groups)) == k:
        raise SynthesisError("Every study has one effect; use the model for one effect per study.")
    if not 0.0 <= rho < 1.0:
        raise SynthesisError(f"rho = {rho}; must be at least 0 and below 1. 0.6 is often assumed and varied.")
    return groups


def _checked_covariance(sampling: ArrayLike, k: int) -> Array:
    covariance = np.asarray(sampling, dtype=float)
    if covariance.shape != (k, k) or not np.allclose(covariance, covariance.T) or np.linalg.eigvalsh(covariance)[0] <= 0.0:
        raise SynthesisError(
            f"The covariance of sampling errors must be a positive definite matrix of {k} x {k}; check shared controls."
        )
    return covariance


def _same(groups: Sequence[str]) -> Array:
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    return (codes[:, None] == codes).astype(float)


def _result(
    fit: Fit,
    groups: tuple[str, ...],
    names: tuple[str, ...],
    method: str,
    rho: float,
    interval: Interval,
    level: float,
    inputs: bytes,
) -> Multilevel:
    c, k, p = fit.components, fit.components.y.size, fit.components.x.shape[1]
    df = None if interval is Interval.WALD else float(len(set(groups)) - p)
    errors = np.sqrt(np.diag(fit.covariance))
    tests = tuple(tested(float(b), float(se), df=df, level=level) for b, se in zip(fit.coefficients, errors, strict=True))
    fixed = fit_components(Components(c.y, c.x, c.sampling, []), method)
    typical = (k - p) / float(np.trace(fixed.projection))
    total = float(np.sum(fit.variances))
    shares = 100.0 * fit.variances / (total + typical)
    q = float(c.y @ fixed.projection @ c.y)
    parameters, n = p + 2, k - p if method == "REML" else k
    predicted = _prediction(tests[0], total, df, level) if p == 1 else (None, None)
    return Multilevel(
        names=names, k=k, studies=len(set(groups)), method=method, rho=rho, tests=tests,
        sigma2=(float(fit.variances[0]), float(fit.variances[1])), i2=float(shares.sum()), i2_levels=(float(shares[0]), float(shares[1])),
        q=q, q_df=k - p, q_p=chi_squared_p(q, k - p), moderators_q=_moderators(fit), log_likelihood=fit.log_likelihood,
        aic=-2.0 * fit.log_likelihood + 2.0 * parameters, bic=-2.0 * fit.log_likelihood + parameters * math.log(n),
        pi_low=predicted[0], pi_high=predicted[1], level=level, interval=interval.value, covariance=fit.covariance,
        sampling=c.sampling, working=fit.working, y=c.y, x=c.x, groups=groups, software=provenance.software(),
        inputs_sha256=provenance.fingerprint(inputs), inputs=inputs,
    )  # fmt: skip


def _prediction(test: Test, variance: float, df: float | None, level: float) -> tuple[float, float]:
    margin = two_sided_quantile(level, df) * math.sqrt(test.se**2 + variance)
    return test.estimate - margin, test.estimate + margin


def _moderators(fit: Fit) -> tuple[float, float] | None:
    tested_ones = slice(1, None) if (fit.components.x[:, 0] == 1.0).all() else slice(None)
    b, v = fit.coefficients[tested_ones], fit.covariance[tested_ones, tested_ones]
    if b.size == 0:
        return None
    statistic = float(b @ np.linalg.solve(v, b))
    return statistic, chi_squared_p(statistic, b.size)

"""Pool the effects of studies into one estimate. Dependent effects: dependence.py. Rare events: rare_events.py. Many at once: many.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from bot.domain.effects import Estimate
from bot.methods.synthesis import estimators, heterogeneity, intervals, provenance
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import check_level, chi_squared_p
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.prediction import prediction_interval
from bot.methods.synthesis.problem import Array, Problem, mean_problem

__all__ = ["Interval", "Prediction", "Tau2", "frozen_inputs", "pool", "pool_again"]


@dataclass(frozen=True, slots=True)
class _Options:
    method: str
    interval: Interval
    prediction: Prediction
    level: float

    def named(self) -> dict[str, str | float]:
        return {"method": self.method, "interval": self.interval.value, "prediction": self.prediction.value, "level": self.level}


def pool(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    labels: Sequence[str] | None = None,
    method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    prediction: Prediction = Prediction.T_K_MINUS_1,
    level: float = 0.95,
) -> Estimate:
    """Return the estimate of the mean effect, with its confidence and prediction intervals and the differences between studies.

    yi, vi: effects and their variances, shape (k,), vi > 0, in units of the effects and their square. labels: names of the studies.
    method: an estimator of tau2 by name. A single study comes back as it is (`pooled` False; its interval is normal).
    Raises EffectSizeError naming the study if a number cannot be taken, SynthesisError if there is nothing to pool.
    """
    effects, variances, names = checked(yi, vi, labels)
    options = _Options(str(method), Interval(interval), Prediction(prediction), check_level(level))
    estimators.by_name(options.method)
    sha256 = provenance.fingerprint(provenance.frozen(yi=effects, vi=variances, labels=names, options=options.named()))
    if effects.size == 1:
        return _single(float(effects[0]), float(variances[0]), names, options, sha256)
    return _pooled(mean_problem(effects, variances), names, options, sha256)


def frozen_inputs(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    labels: Sequence[str] | None = None,
    method: str = Tau2.REML,
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    prediction: Prediction = Prediction.T_K_MINUS_1,
    level: float = 0.95,
) -> bytes:
    """Return what `pool` with the same arguments rests on, as bytes to keep; their SHA-256 is the estimate's inputs_sha256."""
    effects, variances, names = checked(yi, vi, labels)
    options = _Options(str(method), Interval(interval), Prediction(prediction), check_level(level))
    return provenance.frozen(yi=effects, vi=variances, labels=names, options=options.named())


def pool_again(content: bytes, *, sha256: str) -> Estimate:
    """Return the estimate that rests on frozen inputs, computed again; raises SynthesisError if sha256 is not theirs."""
    kept = provenance.thawed(content, sha256=sha256)
    options = kept["options"]
    return pool(
        yi=kept["yi"],
        vi=kept["vi"],
        labels=kept["labels"],
        method=options["method"],
        interval=Interval(options["interval"]),
        prediction=Prediction(options["prediction"]),
        level=options["level"],
    )


def _single(yi: float, vi: float, names: tuple[str, ...], options: _Options, sha256: str) -> Estimate:
    test = intervals.tested(yi, math.sqrt(vi), df=None, level=options.level)
    return Estimate(
        k=1, estimate=yi, ci_low=test.low, ci_high=test.high, se=test.se, statistic=test.statistic, df=None, p=test.p,
        pi_low=None, pi_high=None, tau2=None, tau2_low=None, tau2_high=None, i2=None, i2_low=None, i2_high=None, i2_q=None,
        h2=None, q=None, q_df=None, q_p=None, weights=(100.0,), labels=names, pooled=False, model="one study",
        method="none", interval=Interval.WALD.value, prediction_interval="none", level=options.level,
        software=provenance.software(), inputs_sha256=sha256,
    )  # fmt: skip


def _pooled(problem: Problem, names: tuple[str, ...], options: _Options, sha256: str) -> Estimate:
    tau2 = estimators.by_name(options.method).tau2(problem)
    common = options.method == Tau2.COMMON
    w = 1.0 / (problem.vi + tau2)
    test = _tested(problem, w, options)
    spread = _spread(problem, tau2, test.se, test.estimate, options, common=common)
    return Estimate(
        k=problem.k, estimate=test.estimate, ci_low=test.low, ci_high=test.high, se=test.se, statistic=test.statistic, df=test.df, p=test.p,
        **spread, q=problem.q, q_df=problem.q_df, q_p=chi_squared_p(problem.q, problem.q_df),
        weights=tuple((100.0 * w / w.sum()).tolist()), labels=names, pooled=True,
        model="common effect" if common else "random effects", method=options.method, interval=options.interval.value,
        prediction_interval="none" if common else options.prediction.value, level=options.level,
        software=provenance.software(), inputs_sha256=sha256,
    )  # fmt: skip


def _tested(problem: Problem, w: Array, options: _Options) -> intervals.Test:
    total = float(w.sum())
    mean = float(w @ problem.yi) / total
    residuals = problem.yi - mean
    scale = 1.0
    if options.interval in (Interval.KNAPP_HARTUNG, Interval.KNAPP_HARTUNG_MAX1):
        scale = float(w @ (residuals * residuals)) / problem.q_df
        if options.interval is Interval.KNAPP_HARTUNG_MAX1:
            scale = max(1.0, scale)
    return intervals.tested(
        mean, math.sqrt(scale / total), df=intervals.degrees_of(problem, options.interval), level=options.level, scale=scale
    )


def _spread(problem: Problem, tau2: float, se: float, mean: float, options: _Options, *, common: bool) -> dict[str, float | None]:
    low, high = heterogeneity.q_profile(problem, level=options.level)
    predicted: tuple[float | None, float | None] = (None, None)
    if not common:
        predicted = prediction_interval(
            estimate=mean, se=se, tau2=tau2, k=problem.k, prediction=options.prediction, level=options.level
        )
    i2_q = heterogeneity.i2_from_q(problem)
    return {
        "pi_low": predicted[0],
        "pi_high": predicted[1],
        "tau2": tau2,
        "tau2_low": low,
        "tau2_high": high,
        "i2": i2_q if common else heterogeneity.i2_from_tau2(problem, tau2),
        "i2_low": heterogeneity.i2_from_tau2(problem, low),
        "i2_high": heterogeneity.i2_from_tau2(problem, high),
        "i2_q": i2_q,
        "h2": problem.q / problem.q_df if common else heterogeneity.h2_from_tau2(problem, tau2),
    }

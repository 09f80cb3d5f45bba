"""Univariate models of metafor: rma with every estimator, test, prediction and confidence interval of tau2; moderators and predict."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call, Unsupported
from bot.methods.synthesis import correlations, heterogeneity
from bot.methods.synthesis.checks import checked_design
from bot.methods.synthesis.intervals import Test
from bot.methods.synthesis.options import Interval, Prediction
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.prediction import degrees_of_prediction, prediction_interval
from bot.methods.synthesis.problem import Problem, mean_problem
from bot.methods.synthesis.regression import Likelihood, Regression, fitted, likelihood_of, predicted, regress

TESTS = {"z": Interval.WALD, "t": Interval.T, "knha": Interval.KNAPP_HARTUNG, "adhoc": Interval.KNAPP_HARTUNG_MAX1}


def rma(call: Call) -> dict[str, Any]:
    """A fitted model with all its tests; `mods` in the call: a regression."""
    if "X" in call.inputs and "mods=" in call.text:
        return _regression(call)
    yi, vi = call.effects()
    problem, method = mean_problem(yi, vi), call.option("method")
    if problem.k == 1:
        return _single(call, method)
    models = {
        name: fitted(problem, names=("mean",), method=method, interval=interval, level=0.95) for name, interval in TESTS.items()
    }
    result = _common(problem, models["z"])
    result["by_test"] = {name: _test(model.tests[0]) | _same_as_pool(call, name, method) for name, model in models.items()}
    result["prediction"] = {name: _predictions(model, name) for name, model in models.items()}
    result["confint"] = _confint(problem, models["z"])
    return result


def predict(call: Call) -> dict[str, Any]:
    """Means and predictions at the observed moderators, or a mean of proportions brought back to a proportion."""
    if "X" not in call.inputs:
        return _back_transformed(call)
    x, names = call.design()
    yi, vi = call.effects()
    model = regress(yi=yi, vi=vi, moderators=x, names=names, method=call.option("method"), interval=Interval.WALD)
    rows = predicted(model, x)
    return {
        "pred": rows["estimate"],
        "se": rows["se"],
        "ci_lb": rows["ci_low"],
        "ci_ub": rows["ci_high"],
        "pi_lb": rows["pi_low"],
        "pi_ub": rows["pi_high"],
    }


def _back_transformed(call: Call) -> dict[str, Any]:
    back = {
        "transf.ilogit": correlations.from_logit,
        "transf.ipft.hm": lambda x: correlations.from_freeman_tukey(x, call.column("ni")),
    }
    if call.option("transf") not in back:
        raise Unsupported(f"transformation {call.option('transf')}")
    yi, vi = correlations.proportion(call.option("measure"), call.column("xi"), call.column("ni"))
    estimate = pool(yi=yi, vi=vi, method=call.option("method"), interval=Interval.WALD, prediction=Prediction.NORMAL)
    ends = {
        "pred": estimate.estimate,
        "ci_lb": estimate.ci_low,
        "ci_ub": estimate.ci_high,
        "pi_lb": estimate.pi_low,
        "pi_ub": estimate.pi_high,
    }
    return {name: back[call.option("transf")](value) for name, value in ends.items()}


def _regression(call: Call) -> dict[str, Any]:
    x, names = call.design()
    yi, vi = call.effects()
    problem, method = checked_design(yi, vi, x, names), call.option("method")
    models = {
        name: fitted(problem, names=names, method=method, interval=interval, level=0.95) for name, interval in TESTS.items()
    }
    result = _common(problem, models["z"])
    result["R2"] = models["z"].r2
    result["by_test"] = {}
    for name, model in models.items():
        columns = [_test(test) for test in model.tests]
        result["by_test"][name] = {key: [column[key] for column in columns] for key in columns[0]}
        result["by_test"][name] |= {"df": columns[0]["df"], "s2w": columns[0]["s2w"]}
        if model.moderation:
            moderation = model.moderation
            result["by_test"][name]["QM"] = {
                "stat": moderation.statistic,
                "df": [moderation.df1, moderation.df2],
                "p": moderation.p,
            }
    result["confint"] = _confint(problem, models["z"])
    return result


def _common(problem: Problem, model: Regression) -> dict[str, Any]:
    result = {
        "k": model.k, "p": problem.p, "tau2": model.tau2, "se_tau2": model.se_tau2, "I2": model.i2, "H2": model.h2,
        "vt": problem.typical_variance, "Q": model.q, "Q_df": model.q_df, "Q_p": model.q_p, "I2_Q": model.i2_q,
    }  # fmt: skip
    return result | {"fit": _fit(model.likelihood)}


def _test(test: Test) -> dict[str, Any]:
    return {
        "beta": test.estimate, "se": test.se, "stat": test.statistic, "pval": test.p,
        "ci_lb": test.low, "ci_ub": test.high, "df": test.df, "s2w": test.scale,
    }  # fmt: skip


def _same_as_pool(call: Call, name: str, method: str) -> dict[str, Any]:
    """Answer with what `pool`, which bulletins use, gives: it goes a shorter way than the regression."""
    yi, vi = call.effects()
    estimate = pool(yi=yi, vi=vi, method=method, interval=TESTS[name])
    return {"beta": estimate.estimate, "se": estimate.se, "pval": estimate.p, "ci_lb": estimate.ci_low, "ci_ub": estimate.ci_high}


def _predictions(model: Regression, name: str) -> dict[str, Any]:
    if model.method == "EE":
        return {"default": {}, "riley": {}}
    test = model.tests[0]
    chosen = {"default": Prediction.NORMAL if name == "z" else Prediction.T_K_MINUS_1, "riley": Prediction.T_K_MINUS_2}
    result = {}
    for label, prediction in chosen.items():
        low, high = prediction_interval(
            estimate=test.estimate, se=test.se, tau2=model.tau2, k=model.k, prediction=prediction, level=0.95
        )
        df = degrees_of_prediction(prediction, model.k)
        result[label] = {"lb": low, "ub": high, "dist": "normal" if df is None else f"t({df:g})"}
    return result


def _confint(problem: Problem, model: Regression) -> dict[str, Any]:
    ranges = {"QP": heterogeneity.q_profile(problem, level=0.95)}
    if model.method in ("ML", "REML"):
        restricted = model.method == "REML"
        ranges["PL"] = heterogeneity.profile_likelihood(problem, tau2=model.tau2, restricted=restricted, level=0.95)
    result = {}
    for name, (low, high) in ranges.items():
        span = heterogeneity.range_of(problem, low, high)
        result[name] = {"tau2": span.tau2, "tau": span.tau, "I2": span.i2, "H2": span.h2}
    return result


def _single(call: Call, method: str) -> dict[str, Any]:
    """A single study: metafor shows it as a model with tau2 = 0 that tests by the normal whatever test is asked for."""
    yi, vi = call.effects()
    estimate = pool(yi=yi, vi=vi, method=method)
    test = {
        "beta": estimate.estimate, "se": estimate.se, "stat": estimate.statistic, "pval": estimate.p,
        "ci_lb": estimate.ci_low, "ci_ub": estimate.ci_high, "df": None, "s2w": 1.0,
    }  # fmt: skip
    result: dict[str, Any] = {"k": 1, "p": 1, "tau2": 0.0, "I2": 0.0, "H2": 1.0, "vt": 0.0, "Q": 0.0, "Q_df": 0, "Q_p": 1.0}
    result["by_test"] = dict.fromkeys(TESTS, test)
    result["fit"] = _fit(likelihood_of(mean_problem(yi, vi), 0.0, method))
    if method != "EE":
        chosen = {"default": Prediction.NORMAL, "riley": Prediction.T_K_MINUS_2}
        ends = {
            label: prediction_interval(
                estimate=estimate.estimate, se=estimate.se, tau2=0.0, k=1, prediction=prediction, level=0.95
            )
            for label, prediction in chosen.items()
        }
        result["prediction"] = {test: {label: {"lb": low, "ub": high} for label, (low, high) in ends.items()} for test in TESTS}
    else:
        result["prediction"] = {test: {"default": {}, "riley": {}} for test in TESTS}
    return result


def _fit(fit: Likelihood | None) -> dict[str, float]:
    if fit is None:
        return {}
    return {"logLik": fit.log_likelihood, "deviance": fit.deviance, "AIC": fit.aic, "BIC": fit.bic, "AICc": fit.aicc}


ANSWERS = {"rma": rma, "predict": predict}


def z_of(estimate: Any) -> dict[str, Any]:
    """Return an Estimate under the names that metafor's tables use."""
    return {
        "estimate": estimate.estimate, "se": estimate.se, "zval": estimate.statistic, "pval": estimate.p,
        "ci_lb": estimate.ci_low, "ci_ub": estimate.ci_high, "Q": estimate.q if estimate.pooled else 0.0,
        "Qp": estimate.q_p if estimate.pooled else 1.0, "tau2": estimate.tau2 if estimate.pooled else 0.0,
        "I2": estimate.i2 if estimate.pooled else 0.0, "H2": estimate.h2 if estimate.pooled else 1.0,
    }  # fmt: skip


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns."""
    return {key: [row[key] for row in rows] for key in rows[0]}


def stable_order(values: Any) -> list[int]:
    """Return positions from 0 in the order of values, the first first among equals."""
    return [int(i) for i in np.argsort(np.asarray(values, dtype=float), kind="stable")]

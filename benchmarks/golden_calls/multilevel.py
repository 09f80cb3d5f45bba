"""rma.mv with nested random effects or several outcomes per study, its I² and profile intervals, vcalc's working model, and robust()."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call, Unsupported
from benchmarks.golden_calls.meta_package import confint as generalised_q
from bot.methods.synthesis.dependence import Multilevel, component_intervals, pool_multilevel
from bot.methods.synthesis.multivariate import Structure, pool_multivariate
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.robust import Correction, robust


def model_of(call: Call) -> Multilevel:
    """Fit the nested model that the record's id and call name."""
    if "level2" not in call.inputs or "level3" not in call.inputs:
        raise Unsupported("rma.mv with other random effects than nested ones")
    yi, vi = call.column("yi"), call.column("vi")
    rho = call.number("rho", 0.6) if "vcalc" in call.text or "/CHE/" in call.record["id"] else 0.0
    method = "ML" if "/ML" in call.record["id"] else "REML"
    by_t = "test='t'" in call.text or "_t/" in call.record["id"]
    x, names = call.design() if "X" in call.inputs else (np.ones((yi.size, 1)), ("intrcpt",))
    return _fitted(
        tuple(yi), tuple(vi), tuple(map(str, call.inputs["level2"])), tuple(map(str, call.inputs["level3"])),
        tuple(map(tuple, x)), names, rho, method, "t" if by_t else "wald",
    )  # fmt: skip


@lru_cache(maxsize=64)
def _fitted(
    yi: Any, vi: Any, studies: Any, effects: Any, x: Any, names: Any, rho: float, method: str, interval: str
) -> Multilevel:
    return pool_multilevel(
        yi=yi,
        vi=vi,
        studies=studies,
        effects=effects,
        moderators=np.array(x),
        names=names,
        rho=rho,
        method=method,
        interval=Interval(interval),
    )


def rma_mv(call: Call) -> dict[str, Any]:
    """The model's table."""
    if "V" in call.inputs and "outcome" in call.inputs:
        return several_outcomes(call)
    model = model_of(call)
    tests = model.tests
    result: dict[str, Any] = {
        "k": model.k, "beta": [t.estimate for t in tests], "se": [t.se for t in tests], "zval": [t.statistic for t in tests],
        "pval": [t.p for t in tests], "ci_lb": [t.low for t in tests], "ci_ub": [t.high for t in tests], "sigma2": model.sigma2,
        "Q": model.q, "Q_df": model.q_df, "Q_p": model.q_p, "vb": model.covariance, "pred": {"pi_lb": model.pi_low, "pi_ub": model.pi_high},
        "fit": {"logLik": model.log_likelihood, "AIC": model.aic, "BIC": model.bic},
    }  # fmt: skip
    if model.moderators_q:
        result |= {"QM": model.moderators_q[0], "QMp": model.moderators_q[1]}
    return result


def several_outcomes(call: Call) -> dict[str, Any]:
    """The table of a model with one random effect per outcome."""
    # A record whose call begins with "…" repeats the one before it: its own options stand first.
    structs = re.findall(r"struct='(\w+)'", call.text)
    named = [one.value for one in Structure if structs and one.value == structs[0]]
    if not named or "trial" not in call.inputs:
        raise Unsupported("rma.mv with another structure than UN, CS or DIAG")
    model = pool_multivariate(
        yi=call.column("yi"), sampling=call.inputs["V"], studies=list(map(str, call.inputs["trial"])),
        outcomes=list(map(str, call.inputs["outcome"])), structure=Structure(named[0]),
        method=[*re.findall(r"method='(\w+)'", call.text), "REML"][0],
    )  # fmt: skip
    tests = model.tests
    return {
        "k": model.k, "beta": [t.estimate for t in tests], "se": [t.se for t in tests], "zval": [t.statistic for t in tests],
        "pval": [t.p for t in tests], "ci_lb": [t.low for t in tests], "ci_ub": [t.high for t in tests], "sigma2": [0.0],
        "tau2": list(model.tau2), "rho": list(model.rho), "Q": model.q, "Q_df": model.q_df, "Q_p": model.q_p,
        "QM": model.moderators_q[0], "QMp": model.moderators_q[1], "vb": model.covariance,
        "fit": {"logLik": model.log_likelihood, "AIC": model.aic, "BIC": model.bic},
    }  # fmt: skip


def i2(call: Call) -> dict[str, Any]:
    """I² in all and by level."""
    model = model_of(call)
    return {"I2_total": model.i2, "I2_levels": model.i2_levels}


def robust_call(call: Call) -> dict[str, Any]:
    """Cluster-robust tests."""
    correction = (
        Correction.CR2 if "clubSandwich=TRUE" in call.text else Correction.CR0 if "adjust=FALSE" in call.text else Correction.CR1
    )
    found = robust(model_of(call), correction=correction)
    columns = {
        "beta": [t.estimate for t in found.tests], "se": [t.se for t in found.tests], "tval": [t.statistic for t in found.tests],
        "df": [t.df for t in found.tests], "pval": [t.p for t in found.tests], "ci_lb": [t.low for t in found.tests],
        "ci_ub": [t.high for t in found.tests],
    }  # fmt: skip
    expected = call.record["expected"]
    scalars = {key: values[0] if not isinstance(expected.get(key), list) else values for key, values in columns.items()}
    return scalars | {"n_clusters": found.clusters, "vb": found.covariance}


def confint(call: Call) -> dict[str, Any]:
    """Intervals of tau2 or of variance components."""
    if "GENQ" in call.text:
        return generalised_q(call)
    model = model_of(call)
    return {"ci": component_intervals(model, list(map(str, call.inputs["level3"])))}


ANSWERS = {
    "rma.mv": rma_mv, "method='ML', rma.mv": rma_mv, "struct='CS', rma.mv": rma_mv, "V<-vcalc": rma_mv, "I2 total*": i2,
    "robust": robust_call, "confint": confint,
}  # fmt: skip

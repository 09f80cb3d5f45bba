"""escalc and its kin, conversions, rma.mh and rma.peto."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call, Unsupported
from bot.methods.synthesis import change_scores, conversions, correlations, medians, rare_events, tables, two_groups


def escalc(call: Call) -> dict[str, Any]:
    """Effects and variances by measure."""
    measure = call.option("measure") or call.text.split("(", 1)[1].split(",")[0].strip("'")
    variance = call.option("vtype", "LS")
    if measure in tables.MEASURES:
        return _table(call, measure)
    if measure in change_scores.MEASURES:
        names = ("m1i", "m2i", "sd1i", "sd2i", "ni", "ri_prepost")
        return _pair(change_scores.change(measure, *(call.column(name) for name in names), variance=variance))
    if measure in ("PR", "PLN", "PLO", "PAS", "PFT"):
        return _pair(correlations.proportion(measure, call.column("xi"), call.column("ni")))
    if measure in ("COR", "ZCOR"):
        return _correlation(call, measure, variance)
    return _groups(call, measure, variance)


def _table(call: Call, measure: str) -> dict[str, Any]:
    zeros = tables.Zeros(call.option("to", "only0"))
    both = tables.BothEmpty.DROP if call.option("drop00") == "TRUE" else tables.BothEmpty.KEEP
    cells = (call.column(name) for name in ("ai", "bi", "ci", "di"))
    return _pair(tables.measure(measure, *cells, add=call.number("add", 0.5), zeros=zeros, both_empty=both))


def _correlation(call: Call, measure: str, variance: str) -> dict[str, Any]:
    if "ti=" in call.text:
        return _pair(correlations.correlation_from_t(call.column("ti"), call.column("n1i") + call.column("n2i")))
    size = call.column("ni_r" if "ni_r" in call.text else "ni")
    if measure == "ZCOR":
        return _pair(correlations.fisher_z(call.column("ri"), size))
    return _pair(correlations.correlation(call.column("ri"), size, variance=variance))


def _groups(call: Call, measure: str, variance: str) -> dict[str, Any]:
    if measure == "SMD" and "m1i" not in call.text:
        return _pair(two_groups.corrected_smd(_uncorrected(call), call.column("n1i"), call.column("n2i"), variance=variance))
    arms = tuple(call.column(name) for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"))
    corrected = call.option("correct", "TRUE") == "TRUE"
    spread = "pooled" if variance == "HO" else "separate"
    if measure in ("D2ORL", "D2ORN"):
        distribution = "logistic" if measure == "D2ORL" else "normal"
        return _pair(conversions.log_odds_ratio_from_smd(*two_groups.uncorrected_smd(*arms), distribution=distribution))
    known = {
        "SMD": lambda: two_groups.smd(*arms, variance=variance) if corrected else two_groups.uncorrected_smd(*arms),
        "SMDH": lambda: two_groups.smd_unequal(*arms),
        "MD": lambda: two_groups.mean_difference(*arms, spread=spread),
        "ROM": lambda: two_groups.ratio_of_means(*arms, corrected=corrected, spread=spread),
        "CVR": lambda: two_groups.variation_ratio(*arms, corrected=corrected),
        "VR": lambda: two_groups.variability_ratio(arms[1], arms[2], arms[4], arms[5]),
    }
    if measure not in known:
        raise Unsupported(f"escalc measure {measure}")
    return _pair(known[measure]())


def _uncorrected(call: Call) -> Any:
    n1, n2 = call.column("n1i"), call.column("n2i")
    if "pi=" in call.text:
        return conversions.d_from_t(conversions.t_from_p(call.column("pi"), n1 + n2 - 2.0), n1, n2)
    t = call.column("ti")
    return conversions.d_from_t(conversions.t_from_f(t**2, t) if "sqrt(F)" in call.text else t, n1, n2)


def ratio(call: Call) -> dict[str, Any]:
    """A log ratio and its variance, from the ratio and its interval."""
    return _pair(conversions.log_ratio_from_interval(call.column("or"), call.column("or_lb"), call.column("or_ub")))


def ratio_to_smd(call: Call) -> dict[str, Any]:
    """A standardised difference from an odds ratio and its interval."""
    found = conversions.log_ratio_from_interval(call.column("or"), call.column("or_lb"), call.column("or_ub"))
    return _pair(conversions.smd_from_log_odds_ratio(*found, distribution="normal" if "1.65" in call.text else "logistic"))


def transformations(call: Call) -> dict[str, Any]:
    """Fisher's z and back, logit and back, odds ratios of standardised differences."""
    r = call.column("ri")
    result: dict[str, Any] = {"rtoz": np.arctanh(r), "ztor": np.tanh(r)}
    expected = call.record["expected"]
    if set(expected) - {"rtoz", "ztor", "logit", "ilogit", "dtoor"}:
        raise Unsupported(f"transformations {sorted(expected)}")
    shares = np.abs(r)
    return result | {"logit": np.log(shares / (1.0 - shares)), "ilogit": correlations.from_logit(r)}


def five_numbers(call: Call) -> dict[str, Any]:
    """Means and SDs from medians with quartiles or ranges."""
    columns = {name: call.inputs[name] for name in ("n", "median", "min", "q1", "q3", "max")}
    test = "none" if call.option("test") == "FALSE" else "refuse skewed"
    rows = [
        medians.from_five_numbers(
            n=columns["n"][i], median=columns["median"][i], minimum=columns["min"][i], q1=columns["q1"][i],
            q3=columns["q3"][i], maximum=columns["max"][i], test=test,
        )
        for i in range(len(columns["n"]))
    ]  # fmt: skip
    return {"mean": [row.mean for row in rows], "sd": [row.sd for row in rows]}


def mantel_haenszel(call: Call) -> dict[str, Any]:
    """Mantel-Haenszel."""
    found = rare_events.mantel_haenszel(call.option("measure"), *call.tables())
    result = _pooled(found)
    if found.association and found.homogeneity:
        result |= {"CMH": found.association[0], "CMHp": found.association[1]}
        result |= {"Tarone": found.homogeneity[0], "Tarone_p": found.homogeneity[1]}
    return result


def peto(call: Call) -> dict[str, Any]:
    """Peto's method."""
    return _pooled(rare_events.peto(*call.tables()))


def _pooled(found: rare_events.TablesPooled) -> dict[str, Any]:
    test = found.test
    return {
        "beta": test.estimate, "se": test.se, "zval": test.statistic, "pval": test.p, "ci_lb": test.low, "ci_ub": test.high,
        "Q": found.q, "Qp": found.q_p, "k": found.k, "I2": found.i2, "H2": found.h2,
    }  # fmt: skip


def _pair(pair: tuple[Any, Any]) -> dict[str, Any]:
    return {"yi": pair[0], "vi": pair[1]}


ANSWERS = {
    "escalc": escalc, "F=ti^2 with 1 df*": escalc, "yi=log*": ratio, "conv.wald": ratio, "d=log*": ratio_to_smd,
    "transf.rtoz": transformations, "conv.fivenum": five_numbers, "rma.mh": mantel_haenszel, "rma.peto": peto,
}  # fmt: skip

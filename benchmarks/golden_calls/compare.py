"""Compare what we got with what a golden record expects, as exactly as its kind asks (see the README of the golden values)."""

from __future__ import annotations

import math
from typing import Any

# Remarks about how R got there, and names of distributions: no results.
REMARKS = {"dist", "reml_or_ml_is_global_max", "beta_spread_over_optimizers", "coef_names", "method"}
RELATIVE = {"closed": 1e-10, "iterative": 1e-6, "iterative_1e-6": 1e-5, "profile": 1e-4, "selmodel": 1e-4}
ABSOLUTE = {"bounds_1e-8": 1e-8, "bounds_1e-4": 1e-4}
FLOOR = 1e-12


def differences(record: dict[str, Any], got: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where, expected and got of every value that lies outside its tolerance."""
    found: list[dict[str, Any]] = []
    _walk(record, "", record["expected"], got, found)
    return found


def _walk(record: dict[str, Any], where: str, expected: Any, got: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            if key not in REMARKS:
                inner = got.get(key) if isinstance(got, dict) else None
                _walk(record, f"{where}.{key}".strip("."), value, inner, found)
    elif isinstance(expected, list):
        values = list(got) if hasattr(got, "__len__") and not isinstance(got, (str, dict)) else [got]
        if len(values) != len(expected):
            found.append({"where": where, "expected": f"{len(expected)} values", "got": f"{len(values)} values"})
            return
        for index, (one, other) in enumerate(zip(expected, values, strict=True)):
            if one is None and record["kind"] == "iterative":
                continue  # R did not converge without this study; we found the optimum, and there is nothing to hold it to.
            _walk(record, f"{where}[{index}]", one, other, found)
    elif not _equal(record, where, expected, got):
        found.append({"where": where, "expected": expected, "got": None if got is None else str(got)})


def _equal(record: dict[str, Any], where: str, expected: Any, got: Any) -> bool:
    name = where.rsplit(".", 1)[-1]
    if isinstance(expected, str) and expected not in ("Inf", "-Inf"):
        return expected == got
    if isinstance(expected, bool) or expected is None:
        return (got is None or _is_nan(got)) if expected is None else expected == bool(got)
    if got is None or _is_nan(got):
        return False
    wanted, value = float(expected), float(got)
    if math.isinf(wanted):
        return wanted == value or (record["kind"] == "bounds_1e-4" and name.startswith(("upper", "lower")) and abs(value) > 4.5)
    return abs(wanted - value) <= _allowed(record, where, wanted, value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _allowed(record: dict[str, Any], where: str, wanted: float, value: float) -> float:
    name = where.rsplit(".", 1)[-1]
    kind = record["kind"]
    if kind in ABSOLUTE:
        return _allowed_bound(wanted, value) if kind == "bounds_1e-4" and name.startswith(("upper", "lower")) else ABSOLUTE[kind]
    if kind == "bayes_1e-3":
        return _allowed_of_posterior(record, where)
    relative = _relative(record, name)
    if kind == "selmodel":
        return _allowed_of_selection(record, name, wanted, value)
    if kind.startswith("iterative") and (loose := _by_uniroot(record, name, wanted)):
        return loose
    if name == "tau2" and record["call"].startswith("trimfill") and "control" not in record["call"] and kind == "iterative":
        return max(relative * abs(wanted), 1e-5)
    if 0.0 < wanted < FLOOR and value > 0.0 and _is_p(name):
        return math.inf if abs(math.log(wanted) - math.log(value)) <= relative * abs(math.log(wanted)) else 0.0
    floor = 1e-8 if kind == "iterative" and name.startswith(("tau2", "tau", "I2", "sigma2", "ci_")) else FLOOR
    return max(relative * abs(wanted), floor)


def _allowed_bound(wanted: float, value: float) -> float:
    """Return the tolerance of a bound from a package's own integration.

    The packages differ by 1e-4 from each other, so by up to twice that from the exact bound; in far tails by more in z, for they
    are exact to about 1e-6 in probability; above 7 (or at 20) they mean "none" (README).
    """
    in_probability = 0.5 * abs(math.erfc(abs(wanted) / math.sqrt(2.0)) - math.erfc(abs(value) / math.sqrt(2.0)))
    return math.inf if min(abs(wanted), abs(value)) > 7.0 or in_probability < 1e-6 else 2e-4


def _allowed_of_posterior(record: dict[str, Any], where: str) -> float:
    """Return 1e-3 of the posterior SD; for SDs under improper priors 2e-2, as bayesmeta cuts the long tail in which they live."""
    own = record["expected"].get(where.split(".")[0])
    sd = own["sd"] if isinstance(own, dict) else 1.0
    improper = "tau.prior=uniform" in record["call"] or "tau.prior=Jeffreys" in record["call"]
    return (2e-2 if improper and where.endswith(".sd") else 1e-3) * sd


def _allowed_of_selection(record: dict[str, Any], name: str, wanted: float, value: float) -> float:
    """Return the tolerance of a selection model (README: 1e-4, standard errors 1e-3, log-likelihood 1e-8).

    A mean is held to 1e-4 of its standard error where it is near 0, p to what follows from its standard error's. R's optimiser stops
    a little above tau2 = 0 (up to 1e-6), and there our likelihood is the higher one.
    """
    if name == "logLik":
        return (1e-5 if value > wanted else 1e-8) * abs(wanted)
    if name.startswith("pval"):
        return 1e-2 * abs(wanted)
    if name == "tau2":
        return max(1e-4 * abs(wanted), 1e-6)
    if name == "beta":
        return 1e-4 * max(abs(wanted), record["expected"]["se"])
    return (1e-3 if name.startswith("se") else 1e-4) * abs(wanted) + FLOOR


def _by_uniroot(record: dict[str, Any], name: str, wanted: float) -> float:
    """Return the tolerance of what R found by uniroot with its default tolerance of 1.22e-4 in the root, 0 for anything else.

    That is: ends of GENQ's interval, of meta's intervals for tau2, Paule-Mandel through meta, and Henmi and Copas' pivot, which is
    above 1, so that half the interval is good to that share of itself.
    """
    call, expected = record["call"], record["expected"]
    if call.startswith("hc(") and name.startswith("ci_"):
        return 0.65e-4 * abs(expected["ci_ub"] - expected["ci_lb"])
    if "GENQ" in call or (call.startswith(("metagen", "metabin")) and name in ("lower_tau2", "upper_tau2")):
        return 1.3e-4
    if call.startswith("metagen") and "method.tau='PM'" in call:
        return 1e-3 * abs(wanted) + 1.3e-4
    return 0.0


def _relative(record: dict[str, Any], name: str) -> float:
    kind, call = record["kind"], record["call"]
    if kind == "closed" and _cancels(record):
        return 1e-8
    if kind == "iterative" and call.startswith("trimfill") and "control" not in call:
        return 1e-2 if _is_p(name) else 1e-3  # Run with R's default control, good to about 1e-5 in tau2 (README).
    if kind == "iterative" and "rma.mv" in call and name.startswith(("sigma2", "tau2", "rho")):
        return 1e-5
    return RELATIVE[kind]


def _cancels(record: dict[str, Any]) -> bool:
    """Return whether one variance is so small beside the others that R's own moment formulas lose digits (README: k5_tiny_vi)."""
    variances = [v for v in record["file_inputs"].get(record.get("inputs") or "", {}).get("vi", []) if v]
    return bool(variances) and max(variances) > 1e7 * min(variances)


def _is_p(name: str) -> bool:
    return name.startswith(("p", "Qp", "Q_p", "QMp", "CMHp", "Tarone_p"))

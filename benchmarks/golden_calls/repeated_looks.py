"""Spending bounds of ldbounds, rpact and RTSA, exact bounds, classical bounds, e-values and confidence sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.golden_calls.calls import Call
from bot.methods.synthesis import sequential
from bot.methods.synthesis.spending import Bounds, Spending, bounds, classical, inflation

NAMES = {
    "OF": Spending.OBRIEN_FLEMING, "asOF": Spending.OBRIEN_FLEMING, "esOF": Spending.OBRIEN_FLEMING, "1": Spending.OBRIEN_FLEMING,
    "Pocock": Spending.POCOCK, "asP": Spending.POCOCK, "esPoc": Spending.POCOCK, "2": Spending.POCOCK,
    "power": Spending.POWER, "asKD": Spending.POWER, "3": Spending.POWER,
    "HSD": Spending.HWANG, "asHSD": Spending.HWANG, "4": Spending.HWANG,
}  # fmt: skip


def ld_bounds(call: Call) -> dict[str, Any]:
    """ldbounds: cum_alpha is of both sides."""
    return _answer(call, call.option("iuse"), call.number("alpha", 0.05), int(call.number("sides", 2)), call.number("phi", 0.0))


def rpact(call: Call) -> dict[str, Any]:
    """rpact: spending designs are one-sided, classical ones two-sided with equal looks."""
    design, alpha, sides = call.option("typeOfDesign"), call.number("alpha", 0.025), int(call.number("sided", 1))
    if design in ("OF", "P"):
        return {"t": call.record["expected"]["t"], "alpha": alpha, "sides": sides} | _classical(
            int(call.number("kMax", 1)), alpha, design
        )
    found = _answer(call, design, alpha, sides, call.number("gammaA", 0.0))
    levels = 0.5 * _erfc(np.array(found["upper"]) / np.sqrt(2.0))
    return found | {"stage_levels": levels}


def rtsa(call: Call) -> dict[str, Any]:
    """RTSA's boundaries without futility, and the factor on the information."""
    alpha, sides, beta = call.number("alpha", 0.05), int(call.number("side", 2)), call.number("beta", 0.1)
    found = _answer(call, call.option("es_alpha"), alpha, sides, 0.0)
    return found | {"root": inflation(found["t"], found["upper"], alpha=alpha, beta=beta, sides=sides)}


def exact(call: Call) -> dict[str, Any]:
    """Exact spending bounds; the error is per side."""
    expected = call.record["expected"]
    name = call.text.split()[1].strip(",")
    found = _answer(call, name, call.number("alpha", 0.05), int(call.number("sides", 1)), call.number("param", 0.0))
    return found | {"cum_alpha_per_side": found["spent"], "spending": name, "param": expected.get("param")}


def exact_classical(call: Call) -> dict[str, Any]:
    """Classical bounds at equal looks."""
    expected = call.record["expected"]
    looks = len(expected.get("t") or expected.get("upper"))
    alpha = expected.get("alpha") or float(call.record["id"].rsplit("alpha", 1)[1])
    return {key: value for key, value in expected.items() if key in ("K", "t", "alpha", "sides")} | _classical(
        looks, alpha, call.text.split()[1]
    )


def safe_z(call: Call) -> dict[str, Any]:
    """E-values of z statistics."""
    alternative = {"twoSided": "two-sided"}.get(call.option("alternative"), call.option("alternative"))
    return {
        "e": sequential.simple_e_value(
            call.column("z"), call.column("n"), effect=call.number("phiS", 0.0), alternative=alternative
        )
    }


def confidence_sequence(call: Call) -> dict[str, Any]:
    """Confidence sequences of a mean with unit variance."""
    n, z = call.column("n"), call.column("z")
    half = sequential.mixture_half_width(n, scale=call.number("phiS", 0.0), alpha=1.0 - call.number("ciValue", 0.95))
    mean = z / np.sqrt(n)
    return {"ci": np.column_stack([mean - half, mean + half])}


def _answer(call: Call, name: str, alpha: float, sides: int, parameter: float) -> dict[str, Any]:
    times = call.record["expected"]["t"]
    found = bounds(times, alpha=alpha, sides=sides, spending=NAMES[name], parameter=parameter)
    return _named(found) | {
        "t": times, "alpha": alpha, "sides": sides, "spending": NAMES[name].value, "param": parameter,
        "cum_alpha": sides * np.array(found.spent),
    }  # fmt: skip


def _classical(looks: int, alpha: float, shape: str) -> dict[str, Any]:
    found = _named(classical(looks, alpha=alpha, shape="OF" if shape == "OF" else "Pocock"))
    return found | {"constant": found["upper"][-1], "c": found["upper"][-1]}


def _named(found: Bounds) -> dict[str, Any]:
    return {"upper": found.upper, "lower": [-value for value in found.upper], "spent": found.spent}


def _erfc(values: Any) -> Any:
    from scipy.special import erfc

    return erfc(values)


ANSWERS = {
    "ldBounds": ld_bounds, "getDesignGroupSequential": rpact, "RTSA::boundaries": rtsa, "spending *": exact,
    "classical *": exact_classical, "safeZTestStat": safe_z, "computeConfidenceIntervalZ": confidence_sequence,
}  # fmt: skip

"""Turn stored estimates into what a bulletin shows: ratios instead of logarithms, and what leads where there are few trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bot.bulletin.material import Cautious, Result, Span
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Pooling
from db.estimates import EstimateRow

TWO = 2


def result(outcome: Outcome, estimate: EstimateRow, pooling: Pooling) -> Result:
    """Return an estimate on the scale that is shown, with what leads by the rules of a protocol."""
    found = estimate.result
    pi_low, pi_high = (None if found[name] is None else scaled(outcome, found[name]) for name in ("pi_low", "pi_high"))
    return Result(
        k=estimate.k, participants=estimate.participants or None, estimate=scaled(outcome, found["estimate"]),
        ci_low=scaled(outcome, _end(found["ci_low"], -math.inf)), ci_high=scaled(outcome, _end(found["ci_high"], math.inf)),
        pi_low=pi_low, pi_high=pi_high, tau2=found["tau2"], i2=found["i2"], pooled=found["pooled"],
        model=found["model"], interval=found["interval"], prediction_interval=found["prediction_interval"],
        inputs_sha256=estimate.inputs_sha256 or "", lead=_lead(estimate, pooling),
        cautious=_cautious(outcome, found["few"]) if found["few"] else None)


def _lead(estimate: EstimateRow, pooling: Pooling) -> str:
    """Return what a reader is shown. Two trials are never one pooled number: t with one degree of freedom spans every effect there is."""
    if estimate.result["few"]:
        return "bayesian"
    return "trials" if estimate.k == TWO or pooling.leads_at(estimate.k) in ("trials", "bayesian") else "pooled"


def _cautious(outcome: Outcome, few: Mapping[str, Any]) -> Cautious:
    bayesian = few["bayesian"]
    return Cautious(*span(outcome, bayesian), prior=bayesian["prior"], knapp_hartung=Span(*span(outcome, few["knapp_hartung"])),
                    wald=Span(*span(outcome, few["wald"])))


def span(outcome: Outcome, given: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return estimate, lower and upper end on the scale that is shown; an end that there is none of is endless."""
    return (scaled(outcome, given["estimate"]), scaled(outcome, _end(given["ci_low"], -math.inf)),
            scaled(outcome, _end(given["ci_high"], math.inf)))


def _end(value: float | None, endless: float) -> float:
    # JSON knows no endless number: pooling stores None for an end that an interval does not have.
    return endless if value is None else value


def scaled(outcome: Outcome, value: float) -> float:
    """Return a value on the scale that is shown: a ratio instead of its logarithm."""
    if not outcome.is_ratio:
        return value
    return math.inf if value > math.log(1e300) else math.exp(value)

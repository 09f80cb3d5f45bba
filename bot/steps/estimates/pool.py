"""Pool the usable effects of each outcome: per study the first measurement at or after the end of the programme, whatever its window.

The rule of choice: bot/methods/studies/windows.py. The mathematics: bot/methods/synthesis/pooling.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.domain.effects import Estimate
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Pooling, Protocol
from bot.methods.studies.windows import Measurement, first_after_end
from db import blobs, effects, estimates, events, reviews, studies, study_links
from db.effects import EffectRow
from db.estimates import EstimateRow
from db.session import Database, Session

# half-normal(0.5) on tau and normal(0, 2²) on the mean are on the scale of standardised differences and of log ratios.
PRIORS_SUIT = frozenset({"SMD", "OR", "RR"})


@dataclass(frozen=True, slots=True)
class PoolAccount:
    """estimates: by outcome, for those with at least one usable effect."""

    estimates: Mapping[str, Estimate]


def pool(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> PoolAccount:
    """Store an estimate for every outcome that has usable effects, each in its own transaction, and return them.

    Run again on the same effects it changes nothing; on others it adds a newer estimate of the cycle.
    """
    if protocol.pooling.provisional == "never":
        # Extracted trials whose risk of bias nobody has appraised may not be pooled under such a protocol.
        return PoolAccount({})
    found = {}
    for outcome in protocol.outcomes:
        with database.reading() as session:
            chosen = usable(session, review_id, outcome, protocol)
            labels = {row.id: row.label for row in studies.studies(session, review_id)}
        if chosen:
            found[outcome.id] = _estimate(database, review_id, cycle_id, outcome, chosen, labels, protocol.pooling, by, now)
    return PoolAccount(found)


def usable(session: Session, review_id: int, outcome: Outcome, protocol: Protocol) -> tuple[EffectRow, ...]:
    """Return the effects that the lead estimate of an outcome pools: one for each study, of the designs that lead, by study."""
    rows = [row for row in effects.effects_of(session, review_id, outcome.id)
            if row.design in protocol.pooling.designs and row.measure == outcome.measure]
    # A study that may be one with another that is pooled waits until a person says: no trial is counted twice.
    held = study_links.held_back(session, review_id)
    return one_per_study([row for row in rows if row.study_id not in held], outcome, protocol)


def one_per_study(rows: Sequence[EffectRow], outcome: Outcome, protocol: Protocol) -> tuple[EffectRow, ...]:
    """Return of each study the first measurement at or after the end of the programme, by study; none of one that has only others."""
    by_id = {row.id: row for row in rows}
    measured = [Measurement(row.id, row.study_id, row.window, row.months, _rank(outcome, row.instrument)) for row in rows]
    return tuple(by_id[one.id] for one in first_after_end(measured, protocol.windows))


def _rank(outcome: Outcome, instrument: str) -> int:
    known = [place for place, one in enumerate(outcome.instruments) if one.is_called(instrument)]
    return known[0] if known else len(outcome.instruments)


def _estimate(database: Database, review_id: int, cycle_id: int, outcome: Outcome, chosen: Sequence[EffectRow], labels: Mapping[int, str],
              pooling: Pooling, by: str, now: datetime) -> Estimate:
    from bot.methods.synthesis.pooling import Interval, Prediction, frozen_inputs
    from bot.methods.synthesis.pooling import pool as compute

    given: dict[str, Any] = {
        "yi": [row.yi for row in chosen], "vi": [row.vi for row in chosen], "labels": [labels[row.study_id] for row in chosen],
        "method": pooling.estimator, "interval": Interval(pooling.interval), "prediction": Prediction(pooling.prediction_interval),
        "level": pooling.confidence}
    # Computed with nothing open; what is stored names its inputs by their hash, so it cannot come apart from them.
    estimate, inputs = compute(**given), frozen_inputs(**given)
    few = _few(outcome, given, estimate, pooling)
    members = _members(chosen, given["labels"], estimate)
    with database.reading() as session:
        last = estimates.newest(session, cycle_id, outcome.id)
        if last is not None and last.software == estimate.software and last.members == members and last.result["few"] == few:
            return estimate
    with database.writing(by=by) as session:
        estimates.add(session, EstimateRow(
            review_id=review_id, cycle_id=cycle_id, protocol_version_id=reviews.cycle(session, cycle_id).protocol_version_id,
            outcome=outcome.id, window=None, k=estimate.k, participants=sum(row.n_e + row.n_c for row in chosen),
            result={**_plain(asdict(estimate)), "few": few}, members=members, inputs_sha256=blobs.put(session, inputs, "application/json"),
            software=estimate.software, at=now))
        events.note(session, review_id=review_id, kind="estimate.computed", subject=f"outcome:{outcome.id}",
                    data={"cycle": cycle_id, "k": estimate.k, "inputs": estimate.inputs_sha256}, at=now)
    return estimate


def _few(outcome: Outcome, given: Mapping[str, Any], estimate: Estimate, pooling: Pooling) -> dict[str, Any] | None:
    """Return what leads for two or three trials and what stands beside it; None where the protocol wants no Bayesian estimate.

    It rests on the very inputs of the estimate; its priors are named in words.
    """
    from bot.methods.synthesis.few import FEW, few_studies

    if not 1 < estimate.k <= FEW or pooling.leads_at(estimate.k) != "bayesian" or outcome.measure not in PRIORS_SUIT:
        return None
    found = few_studies(yi=given["yi"], vi=given["vi"], labels=given["labels"], method=pooling.estimator, level=pooling.confidence)
    posterior = found.bayesian
    (low, high), (pi_low, pi_high) = posterior.interval, posterior.prediction
    bayesian = {"estimate": posterior.estimate, "ci_low": low, "ci_high": high, "pi_low": pi_low, "pi_high": pi_high,
                "tau": posterior.tau_median, "tau_low": posterior.tau_low, "tau_high": posterior.tau_high, "prior": posterior.prior,
                "level": posterior.level, "inputs_sha256": posterior.inputs_sha256}
    others = {name: _plain({"estimate": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high})
              for name, one in (("knapp_hartung", found.knapp_hartung), ("wald", found.wald))}
    return {"bayesian": bayesian, **others}


def _members(chosen: Sequence[EffectRow], labels: Sequence[str], estimate: Estimate) -> list[Any]:
    return [
        {"effect_id": row.id, "study_id": row.study_id, "study": label, "yi": row.yi, "vi": row.vi, "n_e": row.n_e, "n_c": row.n_c,
         "weight": weight, "window": row.window, "basis": row.basis, "question": row.question, "answer": row.answer}
        for row, label, weight in zip(chosen, labels, estimate.weights, strict=True)]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON knows them: an interval without an end (tau² of two studies) has None there."""
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()}

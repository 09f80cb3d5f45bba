"""Pool the usable effects of each outcome: per study the first measurement at or after the end of the programme, whatever its window.

Randomised trials alone make the lead estimate; non-randomised studies are pooled apart, as a body of their own; a result at critical
risk of bias is never pooled. The rule of choice: bot/methods/studies/windows.py. The mathematics: bot/methods/synthesis/pooling.py.
What is computed beside it: analyse.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.domain.effects import Estimate
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Pooling, Protocol
from bot.methods.studies.windows import Measurement, first_after_end
from bot.steps.studies.retracted import taken_out
from db import appraisals, blobs, effects, estimates, events, reviews, studies, study_links
from db.effects import EffectRow
from db.estimates import EstimateRow
from db.session import Database, Session

# half-normal(0.5) on tau and normal(0, 2²) on the mean are on the scale of standardised differences and of log ratios.
PRIORS_SUIT = frozenset({"SMD", "OR", "RR"})
RANDOMISED, NON_RANDOMISED = "randomised", "non_randomised"
BODIES = (RANDOMISED, NON_RANDOMISED)
# Kept apart from every pool, whatever the design: ROBINS-I calls such a result too problematic to be used in a synthesis.
NEVER_POOLED = "critical"


@dataclass(frozen=True, slots=True)
class PoolAccount:
    """estimates: by outcome, for those with at least one usable effect of a randomised trial; apart: of non-randomised studies."""

    estimates: Mapping[str, Estimate]
    apart: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class _Task:
    """What one estimate is made for, and by whom."""

    review_id: int
    cycle_id: int
    outcome: Outcome
    body: str
    pooling: Pooling
    by: str
    now: datetime


def pool(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> PoolAccount:
    """Store an estimate for every outcome and body that has usable effects, each in its own transaction, and return them.

    Run again on the same effects it changes nothing; on others it adds a newer estimate of the cycle.
    """
    found: dict[str, dict[str, Estimate]] = {body: {} for body in BODIES}
    for outcome in protocol.outcomes:
        for body in BODIES:
            with database.reading() as session:
                chosen = usable(session, review_id, outcome, protocol, body=body)
                labels = {row.id: row.label for row in studies.studies(session, review_id)}
            task = _Task(review_id, cycle_id, outcome, body, protocol.pooling, by, now)
            if chosen:
                found[body][outcome.id] = _estimate(database, task, chosen, labels)
            else:
                _take_back(database, task)
    return PoolAccount(found[RANDOMISED], found[NON_RANDOMISED])


def usable(session: Session, review_id: int, outcome: Outcome, protocol: Protocol, *, body: str = RANDOMISED) -> tuple[EffectRow, ...]:
    """Return the effects that the estimate of an outcome pools, by study: one for each study of the body (a design)."""
    rows, risks = eligible(session, review_id, outcome, protocol)
    return one_per_study([row for row in rows if row.design == body and risks.get(row.id) != NEVER_POOLED], outcome, protocol)


def eligible(session: Session, review_id: int, outcome: Outcome, protocol: Protocol) -> tuple[tuple[EffectRow, ...], dict[int, str]]:
    """Return the effects of an outcome that may be shown beside each other, and effect id → risk of bias as signed.

    They are on its measure, of studies that nobody asks about whether they are one with another, appraised and confirmed by a person where
    the protocol waits for that, and not of a report that was retracted. Those at critical risk are among them: to be shown, never pooled.
    """
    rows = [row for row in effects.effects_of(session, review_id, outcome.id) if row.measure == outcome.measure]
    if not rows:
        return (), {}
    risks = {effect_id: overall.judgement for effect_id, overall in appraisals.overall_of_effects(session, review_id).items()}
    # A study that may be one with another that is pooled waits until a person says: no trial is counted twice.
    held = study_links.held_back(session, review_id)
    out = taken_out(session, review_id)
    if protocol.pooling.provisional == "never":
        rows = [row for row in rows if row.state == "confirmed" and row.id in risks]
    return tuple(row for row in rows if row.study_id not in held and row.id not in out), risks


def one_per_study(rows: Sequence[EffectRow], outcome: Outcome, protocol: Protocol) -> tuple[EffectRow, ...]:
    """Return of each study the first measurement at or after the end of the programme, by study; none of one that has only others."""
    by_id = {row.id: row for row in rows}
    measured = [Measurement(row.id, row.study_id, row.window, row.months, _rank(outcome, row.instrument)) for row in rows]
    return tuple(by_id[one.id] for one in first_after_end(measured, protocol.windows))


def _rank(outcome: Outcome, instrument: str) -> int:
    known = [place for place, one in enumerate(outcome.instruments) if one.is_called(instrument)]
    return known[0] if known else len(outcome.instruments)


def computed(outcome: Outcome, pooling: Pooling, chosen: Sequence[EffectRow], labels: Mapping[int, str]) -> tuple[EstimateRow, Estimate, bytes]:
    """Return what pooling gives by these rules, stored nowhere: the row, the estimate in it, and the inputs as they would be frozen.

    labels: study id → label. Raises SynthesisError.
    """
    from bot.methods.synthesis.pooling import Interval, Prediction, frozen_inputs
    from bot.methods.synthesis.pooling import pool as compute
    from bot.methods.synthesis.provenance import plain

    given: dict[str, Any] = {
        "yi": [row.yi for row in chosen], "vi": [row.vi for row in chosen], "labels": [labels[row.study_id] for row in chosen],
        "method": pooling.estimator, "interval": Interval(pooling.interval), "prediction": Prediction(pooling.prediction_interval),
        "level": pooling.confidence}
    estimate, inputs = compute(**given), frozen_inputs(**given)
    few, members = _few(outcome, given, estimate, pooling), _members(chosen, given["labels"], estimate)
    return EstimateRow(k=estimate.k, participants=sum(row.n_e + row.n_c for row in chosen), result={**plain(asdict(estimate)), "few": few},
                       members=members, software=estimate.software), estimate, inputs


def _estimate(database: Database, task: _Task, chosen: Sequence[EffectRow], labels: Mapping[int, str]) -> Estimate:
    # Computed with nothing open; what is stored names its inputs by their hash, so it cannot come apart from them.
    row, estimate, inputs = computed(task.outcome, task.pooling, chosen, labels)
    with database.reading() as session:
        last = estimates.newest(session, task.cycle_id, task.outcome.id, body=task.body)
        if (last is not None and last.software == estimate.software and last.members == row.members
                and last.result.get("few") == row.result["few"] and last.inputs_sha256 == estimate.inputs_sha256):
            return estimate
    _store(database, task, inputs, row)
    return estimate


def _take_back(database: Database, task: _Task) -> None:
    """Note that nothing is left to pool where an earlier run in the same cycle had something."""
    from bot.methods.synthesis.provenance import software

    with database.reading() as session:
        last = estimates.newest(session, task.cycle_id, task.outcome.id, body=task.body)
    if last is not None and last.k:
        _store(database, task, b"{}", EstimateRow(k=0, participants=0, result={}, members=[], software=software()))


def _store(database: Database, task: _Task, inputs: bytes, row: EstimateRow) -> None:
    with database.writing(by=task.by) as session:
        row.review_id, row.cycle_id, row.outcome, row.body, row.window, row.at = (
            task.review_id, task.cycle_id, task.outcome.id, task.body, None, task.now)
        row.protocol_version_id = reviews.cycle(session, task.cycle_id).protocol_version_id
        row.inputs_sha256 = blobs.put(session, inputs, "application/json")
        estimates.add(session, row)
        events.note(session, review_id=task.review_id, kind="estimate.computed", subject=f"outcome:{task.outcome.id}",
                    data={"cycle": task.cycle_id, "body": task.body, "k": row.k, "inputs": row.inputs_sha256}, at=task.now)


def _few(outcome: Outcome, given: Mapping[str, Any], estimate: Estimate, pooling: Pooling) -> dict[str, Any] | None:
    """Return what leads for two or three trials and what stands beside it; None where the protocol wants no Bayesian estimate.

    It rests on the very inputs of the estimate; its priors are named in words.
    """
    from bot.methods.synthesis.few import FEW, as_kept, few_studies

    if not 1 < estimate.k <= FEW or pooling.leads_at(estimate.k) != "bayesian" or outcome.measure not in PRIORS_SUIT:
        return None
    return as_kept(few_studies(yi=given["yi"], vi=given["vi"], labels=given["labels"], method=pooling.estimator, level=pooling.confidence))


def _members(chosen: Sequence[EffectRow], labels: Sequence[str], estimate: Estimate) -> list[Any]:
    return [
        {"effect_id": row.id, "study_id": row.study_id, "study": label, "yi": row.yi, "vi": row.vi, "n_e": row.n_e, "n_c": row.n_c,
         "weight": weight, "window": row.window, "basis": row.basis, "question": row.question, "answer": row.answer}
        for row, label, weight in zip(chosen, labels, estimate.weights, strict=True)]

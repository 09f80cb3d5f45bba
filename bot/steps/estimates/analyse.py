"""Analyse beside the estimate: sensitivity, a closer look, what the next trial could change, repeated looks. The estimate: pool.py.

Each analysis rests on frozen bytes and is computed from them, so that it can be computed again: bot/methods/synthesis/analyses.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.domain.effects import Effect
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.steps.estimates.pool import BODIES, NEVER_POOLED, PRIORS_SUIT, RANDOMISED, eligible, one_per_study
from bot.steps.estimates.update_published import first_public_of
from db import analyses, blobs, events, reviews, studies
from db.analyses import AnalysisRow
from db.effects import EffectRow
from db.session import Database, Session

if TYPE_CHECKING:
    from bot.methods.synthesis.analyses import Dated

SEED = 20260225
EACH, POWER = 200, 0.8
SPENDING = {"obrien-fleming": "OF", "pocock": "Pocock"}
MEDIANS = ("median", "q1", "q3", "quartile")


@dataclass(frozen=True, slots=True)
class AnalysisAccount:
    """results: (outcome, kind) → what was computed, as plain values."""

    results: Mapping[tuple[str, str], Mapping[str, Any]]


def analyse(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> AnalysisAccount:
    """Store the analyses of every outcome with at least two effects to look at, each in its own transaction, and return them.

    Run again on the same effects it changes nothing; on others it adds newer analyses of the cycle.
    """
    found = {}
    for outcome in protocol.outcomes:
        with database.reading() as session:
            candidates = _candidates(session, review_id, outcome, protocol)
        for kind, options in _wanted(outcome, candidates, protocol):
            found[outcome.id, kind] = _analysis(database, review_id, cycle_id, outcome, (kind, options), candidates, by, now)
    return AnalysisAccount(found)


def _candidates(session: Session, review_id: int, outcome: Outcome, protocol: Protocol) -> tuple[Dated, ...]:
    """Return every usable measurement of an outcome after the end of its programme, with what decides where it is pooled."""
    from bot.methods.synthesis.analyses import Dated
    from bot.methods.synthesis.sensitivity import Candidate

    rows, risks = eligible(session, review_id, outcome, protocol)
    windows = {window.id for window in protocol.windows}
    rows = [row for row in rows if row.window in windows and row.design in BODIES]
    chosen = _chosen(rows, risks, outcome, protocol)
    known = {row.id: row for row in studies.studies(session, review_id)}
    since = {study_id: str(first_public_of(session, known[study_id]) or "") for study_id in dict.fromkeys(row.study_id for row in rows)}
    return tuple(
        Dated(Candidate(Effect(known[row.study_id].label, row.yi, row.vi, row.measure, row.n_e, row.n_c), row.design, risks.get(row.id, ""),
                        _is_converted(row), row.id in chosen), since[row.study_id])
        for row in sorted(rows, key=lambda row: (row.study_id, row.id)))


def _chosen(rows: Sequence[EffectRow], risks: Mapping[int, str], outcome: Outcome, protocol: Protocol) -> set[int]:
    """Return the measurements that are pooled, and of studies that have none but critical ones the one that is shown."""
    found: set[int] = set()
    for body in BODIES:
        mine = [row for row in rows if row.design == body]
        pooled = one_per_study([row for row in mine if risks.get(row.id) != NEVER_POOLED], outcome, protocol)
        shown = one_per_study([row for row in mine if row.study_id not in {one.study_id for one in pooled}], outcome, protocol)
        found |= {row.id for row in (*pooled, *shown)}
    return found


def _is_converted(row: EffectRow) -> bool:
    """Return whether mean and SD were computed from medians: by the formula, or by what was entered."""
    return any(word in name.lower() for name in (row.formula, *row.raw) for word in MEDIANS)


def _wanted(outcome: Outcome, candidates: Sequence[Dated], protocol: Protocol) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield kind and options of each analysis that the number of studies and the protocol allow."""
    pooling = protocol.pooling
    pooled = [one.candidate for one in candidates if one.candidate.chosen and one.candidate.risk != NEVER_POOLED]
    k = sum(one.design == RANDOMISED for one in pooled)
    common = {"method": pooling.estimator, "interval": pooling.interval, "prediction": pooling.prediction_interval, "level": pooling.confidence}
    if k and len(pooled) > 1:
        yield "sensitivity", {**common, "lines": list(pooling.sensitivity), "suits_priors": outcome.measure in PRIORS_SUIT}
    if k > 1:
        yield "closer_look", {**common, "asymmetry": pooling.asymmetry_test}
    difference = protocol.smallest_difference(outcome)
    # With two or three trials something else than this interval leads, and every answer would be "no single trial can".
    if k > 1 and pooling.leads_at(k) == "pooled" and pooling.next_trial_sizes:
        thresholds = [0.0] if difference is None else [0.0, difference]
        yield "what_next", {**common, "measure": outcome.measure, "thresholds": thresholds, "sizes": list(pooling.next_trial_sizes),
                            "seed": SEED, "power": POWER, "each": EACH}
    looks = pooling.repeated_looks
    if k > 1 and looks is not None and difference is not None:
        yield "repeated_looks", {**common, "difference": difference, "alpha": looks.alpha, "beta": 1.0 - looks.power, "tau": looks.tau,
                                 "spending": SPENDING[looks.spending]}


def _analysis(database: Database, review_id: int, cycle_id: int, outcome: Outcome, wanted: tuple[str, dict[str, Any]],
              candidates: Sequence[Dated], by: str, now: datetime) -> Mapping[str, Any]:
    from bot.methods.synthesis.analyses import Kind, computed, frozen_analysis
    from bot.methods.synthesis.provenance import fingerprint, software

    kind, options = wanted
    inputs = frozen_analysis(Kind(kind), candidates, options)
    sha256 = fingerprint(inputs)
    with database.reading() as session:
        last = analyses.newest(session, cycle_id, outcome.id, kind)
    if last is not None and (last.inputs_sha256, last.software) == (sha256, software()):
        return last.result
    # Computed with nothing open.
    result = computed(inputs, sha256=sha256)
    with database.writing(by=by) as session:
        analyses.add(session, AnalysisRow(
            review_id=review_id, cycle_id=cycle_id, protocol_version_id=reviews.cycle(session, cycle_id).protocol_version_id, outcome=outcome.id,
            kind=kind, result=result, inputs_sha256=blobs.put(session, inputs, "application/json"), software=software(), at=now))
        events.note(session, review_id=review_id, kind="analysis.computed", subject=f"outcome:{outcome.id}",
                    data={"cycle": cycle_id, "kind": kind, "inputs": sha256}, at=now)
    return result

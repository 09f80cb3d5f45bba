"""Put together what is to be rated: each body of evidence of a cycle with what its data suggest. Reads only; rating it: rate.py.

A body is ready once the risk of bias of every result in it is signed; until then it says what is missing, and nobody rates it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.errors import SynthesisError
from bot.methods.certainty.body import Body, Member, Silent, Thresholds
from bot.methods.certainty.levels import Level, start_of
from bot.methods.certainty.statements import fingerprint
from bot.methods.certainty.suggestions import Suggestion, suggest, upwards
from db import appraisals, effects, estimates, studies
from db.appraisals import Overall
from db.effects import EffectRow
from db.estimates import EstimateRow
from db.session import Session

Z95 = 1.959963984540054
SEVERE = frozenset({"high", "serious", "critical"})
NOT_USABLE = "not_usable"


@dataclass(frozen=True, slots=True)
class Rateable:
    """One body of evidence of a cycle. basis_sha256: of all that the suggestions rest on. lacks: why it cannot be rated yet, "" if it can.

    start: the level before any domain is judged.
    """

    outcome: Outcome
    design: str
    body: Body
    thresholds: Thresholds
    suggestions: tuple[Suggestion, ...]
    basis_sha256: str
    lacks: str
    start: Level


def assemble(session: Session, *, review_id: int, cycle_id: int, protocol: Protocol) -> tuple[Rateable, ...]:
    """Return the bodies of evidence of a cycle, randomised ones first, by the protocol's order; outcomes without an estimate are left out."""
    judged = appraisals.overall_of_effects(session, review_id)
    rows = {row.id: row for row in effects.effects_of(session, review_id)}
    found = []
    for body in ("randomised", "non_randomised"):
        pooled = {row.outcome: row for row in estimates.estimates_of_cycle(session, cycle_id, body=body)}
        found += [_rateable(session, outcome, pooled[outcome.id], judged, rows, protocol)
                  for outcome in protocol.outcomes if outcome.id in pooled]
    return tuple(one for one in found if one is not None)


def _rateable(session: Session, outcome: Outcome, estimate: EstimateRow, judged: Mapping[int, Overall], rows: Mapping[int, EffectRow],
              protocol: Protocol) -> Rateable | None:
    limits = thresholds(outcome, protocol)
    try:
        body = _body(session, outcome, estimate, {effect_id: one.judgement for effect_id, one in judged.items()}, rows)
    except SynthesisError:
        # Nothing finite to rate: the bulletin says so beside the estimate.
        return None
    suggestions = suggest(body, limits)
    start = start_of(body.design, {judged[one["effect_id"]].tool for one in estimate.members if one["effect_id"] in judged})
    unsigned = [one.study for one in body.members if not one.risk]
    return Rateable(
        outcome, body.design, body, limits, (*suggestions, *upwards(body)),
        fingerprint(body, limits, {"inputs": estimate.inputs_sha256} | ({} if start is Level.HIGH else {"start": start.value})),
        f"Risk of bias is not signed yet for: {', '.join(unsigned)}." if unsigned else "", start)


def thresholds(outcome: Outcome, protocol: Protocol) -> Thresholds:
    """Return the protocol's thresholds on the scale of pooling: a ratio's are logarithms."""
    bands = next((one for one in protocol.size_bands if one.measure == outcome.measure), None)
    return Thresholds(mid=scaled(outcome, outcome.mid.value) if outcome.mid else None,
                      fallback=scaled(outcome, bands.small) if bands else None, **asdict(protocol.certainty))


def scaled(outcome: Outcome, value: float) -> float:
    """Return a size on the scale of pooling."""
    return math.log(value) if outcome.is_ratio else value


def _body(session: Session, outcome: Outcome, estimate: EstimateRow, judged: Mapping[int, str], rows: Mapping[int, EffectRow]) -> Body:
    found, leads = estimate.result, (estimate.result["few"] or {}).get("bayesian") or estimate.result
    members = tuple(_member(one, judged) for one in estimate.members)
    mine = [rows[one["effect_id"]] for one in estimate.members if one["effect_id"] in rows]
    return Body(
        design=estimate.body, measure=outcome.measure,
        members=members, estimate=leads["estimate"], ci_low=_end(leads["ci_low"], -math.inf), ci_high=_end(leads["ci_high"], math.inf),
        pi_low=leads["pi_low"], pi_high=leads["pi_high"], i2=found["i2"], without_high=_pooled(estimate, members, SEVERE.isdisjoint),
        low_alone=_pooled(estimate, members, {"low"}.issuperset),
        participants=estimate.participants or None, comparator_risk=_comparator_risk(mine),
        small_study_p=_small_study_p(estimate), silent=_silent(session, outcome, estimate),
        mismatches=tuple(f"{one['study']}: {one['question']}" for one in estimate.members if one["question"]))


def _member(one: Mapping[str, Any], judged: Mapping[int, str]) -> Member:
    half = Z95 * math.sqrt(one["vi"])
    return Member(one["study"], one["yi"], one["yi"] - half, one["yi"] + half, one["weight"], judged.get(one["effect_id"], ""))


def _pooled(estimate: EstimateRow, members: Sequence[Member], keeps: Callable[[Collection[str]], bool]) -> float | None:
    """Return the estimate of the results whose risk of bias is kept; None where that is all of them, or none."""
    from bot.methods.synthesis.pooling import pool

    kept = [one for one, member in zip(estimate.members, members, strict=True) if keeps([member.risk])]
    if not kept or len(kept) == len(members):
        return None
    return pool(yi=[one["yi"] for one in kept], vi=[one["vi"] for one in kept]).estimate


def _comparator_risk(rows: Sequence[EffectRow]) -> float | None:
    counted = [(row.raw["events_c"], row.n_c) for row in rows if row.raw.get("events_c") is not None and row.n_c]
    return sum(events for events, _ in counted) / sum(people for _, people in counted) if counted else None


def _small_study_p(estimate: EstimateRow) -> float | None:
    from bot.methods.synthesis.small_study import is_enough, smd_test

    arms = [(one["n_e"], one["n_c"]) for one in estimate.members]
    if not is_enough(estimate.k) or any(n_e is None or n_c is None for n_e, n_c in arms):
        return None
    return smd_test(yi=[one["yi"] for one in estimate.members], vi=[one["vi"] for one in estimate.members],
                    n_e=[n_e for n_e, _ in arms], n_c=[n_c for _, n_c in arms]).p


def _silent(session: Session, outcome: Outcome, estimate: EstimateRow) -> tuple[Silent, ...]:
    """Return the studies that measured the outcome and gave no usable number."""
    used = {one["study_id"] for one in estimate.members}
    rows = [row for row in studies.studies(session, estimate.review_id) if row.id not in used]
    said = studies.statements_of(session, [row.id for row in rows])
    return tuple(Silent(row.label, None, said[row.id, outcome.id].known) for row in rows
                 if (row.id, outcome.id) in said and said[row.id, outcome.id].kind == NOT_USABLE)


def _end(value: float | None, endless: float) -> float:
    return endless if value is None else value

"""Gather what a bulletin is made from out of the database: the one place where the bulletin knows the other nouns' tables.

Read only, in one session, so that everything is of one moment. What is made of it: bot/bulletin/compose.py. Searches: gather_ledger.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.bulletin.material import (
    Apart,
    Appraised,
    Assumed,
    Correction,
    Material,
    Missing,
    Ongoing,
    OutcomeMaterial,
    Rating,
    StudyMaterial,
    TrialResult,
    UpdatedPublished,
)
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.methods.appraisal import engine
from bot.methods.certainty.levels import SIGNS, Level
from bot.methods.certainty.statements import bands_of, size_said
from bot.rendering import DEMO_NOTICE, Site
from bot.steps.bulletins import gather_ledger as ledger
from bot.steps.bulletins.gather_amendments import gather_amendments
from bot.steps.bulletins.gather_notices import gather_notices
from bot.steps.bulletins.gather_recall import gather_recall
from bot.steps.bulletins.results import result, scaled, span
from bot.steps.certainty.assemble import Rateable, assemble
from db import (
    analyses,
    appraisals,
    bulletins,
    certainty,
    completeness,
    corrections,
    deposits,
    effects,
    estimates,
    published_updates,
    records,
    reviews,
    studies,
    trials,
)
from db.appraisals import Overall
from db.certainty import CertaintyRatingRow
from db.effects import EffectRow, NotPoolable
from db.estimates import EstimateRow
from db.published_updates import PublishedUpdateRow
from db.reviews import CycleRow
from db.session import Session
from db.studies import StudyRow

Z95 = 1.959963984540054
LAST_MONTH = 12
LEAD, OTHER = "randomised", "non_randomised"


def gather(session: Session, *, review_id: int, cycle_id: int, protocol: Protocol, site: Site) -> Material:
    """Return what is known of a review in a cycle."""
    cycle = reviews.cycle(session, cycle_id)
    pooled = {row.outcome: row for row in estimates.estimates_of_cycle(session, cycle_id)}
    apart = {row.outcome: row for row in estimates.estimates_of_cycle(session, cycle_id, body=OTHER)}
    updates, closer = published_updates.of_cycle(session, cycle_id), analyses.of_cycle(session, cycle_id)
    usable = {row.id: row for row in effects.effects_of(session, review_id)}
    rows = studies.studies(session, review_id)
    shown = _shown_studies(rows, [*pooled.values(), *apart.values()])
    rateable = {(one.outcome.id, one.design): one for one in assemble(session, review_id=review_id, cycle_id=cycle_id, protocol=protocol)}
    ratings = certainty.newest(session, review_id)
    complete = completeness.complete_to(session, review_id)
    unpooled, risks = effects.not_poolable(session, review_id), appraisals.overall_of_effects(session, review_id)
    before = bulletins.latest_published(session, review_id, before_cycle=cycle_id)
    return Material(
        protocol=protocol, period=cycle.period, searched_to=cycle.window_to.date(), next_search=next_search(cycle, protocol),
        sources=ledger.sources(session, review_id, cycle, protocol),
        outcomes=tuple(replace(_outcome(outcome, pooled.get(outcome.id), usable, risks, unpooled, protocol), updates=tuple(
            _updated(outcome, row) for row in updates if row.outcome == outcome.id),
            analyses={row.kind: row.result for row in closer if row.outcome == outcome.id},
            complete_to=complete.get(outcome.id),
            apart=_apart(outcome, apart.get(outcome.id), usable, risks, protocol, _rating(
                ratings, outcome, rateable.get((outcome.id, OTHER)), protocol, before.content if before else None)),
            rating=_rating(ratings, outcome, rateable.get((outcome.id, LEAD)), protocol, before.content if before else None))
            for outcome in protocol.outcomes),
        studies=tuple(_study(session, row, usable.values()) for row in shown),
        exclusions=ledger.exclusions(session, review_id, protocol),
        flow=ledger.flow(session, review_id, protocol, shown, before.content if before else None),
        pending=ledger.pending(session, review_id, cycle_id),
        making=ledger.making(session, review_id, cycle_id, usable.values(), pooled.values(), is_demo=site.demo),
        told=gather_notices(session, review_id, protocol, {row.id for row in shown} | {one.study_id for one in usable.values()}),
        notice=DEMO_NOTICE if site.demo else "", previous=before.content if before else None,
        ongoing=_ongoing(session, review_id), corrects=_corrects(session, review_id, cycle_id),
        amended=gather_amendments(session, review_id=review_id, protocol=protocol, previous=before.content if before else None),
        deposits=tuple(deposits.dois(session, review_id).items()), recall=gather_recall(session, review_id, cycle_id, cycle.window_to))


def next_search(cycle: CycleRow, protocol: Protocol) -> date:
    """Return the day on which the month after the cycle's is searched."""
    year, month = (int(part) for part in cycle.period.split("-"))
    year, month = (year + 1, 1) if month == LAST_MONTH else (year, month + 1)
    return date(year, month, protocol.schedule.day)


def _shown_studies(rows: Sequence[StudyRow], pooled: Any) -> list[StudyRow]:
    """Return the studies of the review: those that screening included and that can have results, and those whose numbers are pooled."""
    used = {member["study_id"] for estimate in pooled for member in estimate.members}
    return [row for row in rows if (row.state != "candidate" and not row.results_awaited) or row.id in used]


def _outcome(outcome: Outcome, estimate: EstimateRow | None, usable: Mapping[int, EffectRow], risks: Mapping[int, Overall],
             unpooled: Sequence[NotPoolable], protocol: Protocol) -> OutcomeMaterial:
    members = estimate.members if estimate else []
    trials = _trials(outcome, members, usable, risks)
    used = {member["study_id"] for member in members}
    missing = tuple(Missing(one.study, one.kind, one.known, _most_people(one.study_id, usable.values()))
                    for one in unpooled if one.outcome == outcome.id and one.study_id not in used)
    return OutcomeMaterial(outcome, trials, result(outcome, estimate, protocol.pooling) if estimate else None, missing)


def _trials(outcome: Outcome, members: Sequence[Mapping[str, Any]], usable: Mapping[int, EffectRow],
            risks: Mapping[int, Overall]) -> tuple[TrialResult, ...]:
    return tuple(_trial(outcome, member, usable, risks.get(member["effect_id"]), is_pooled=len(members) > 1) for member in members)


def _apart(outcome: Outcome, estimate: EstimateRow | None, usable: Mapping[int, EffectRow], risks: Mapping[int, Overall],
           protocol: Protocol, rating: Rating | None) -> Apart | None:
    """Return the studies without randomisation of an outcome, None where there are none."""
    if estimate is None:
        return None
    return Apart(_trials(outcome, estimate.members, usable, risks), result(outcome, estimate, protocol.pooling), rating)


def _most_people(study_id: int, usable: Iterable[EffectRow]) -> int | None:
    """Return the most people that a result of a study has, None where none says."""
    counts = [round(row.n_e + row.n_c) for row in usable if row.study_id == study_id and row.n_e is not None and row.n_c is not None]
    return max(counts, default=None)


def _ongoing(session: Session, review_id: int) -> tuple[Ongoing, ...]:
    """Return the trials that the review waits for, the next due first."""
    return tuple(Ongoing(
        one.registration, one.title, one.state, one.primary_completion or one.completion,
        one.primary_completion_expected if one.primary_completion else one.completion_expected, one.enrolment, one.link,
        one.has_posted_results) for one in trials.ongoing(session, review_id))


def _corrects(session: Session, review_id: int, cycle_id: int) -> tuple[Correction, ...]:
    """Return what was wrong in earlier bulletins and no bulletin has said yet."""
    named = {(one["number"], one["what"]) for row in bulletins.published(session, review_id) if row.cycle_id != cycle_id
             for one in row.content.get("corrects", ())}
    return tuple(Correction(one.number, one.what, one.at.date()) for one in corrections.of_review(session, review_id)
                 if (one.number, one.what) not in named)


def _trial(outcome: Outcome, member: Mapping[str, Any], usable: Mapping[int, EffectRow], risk: Overall | None, *,
           is_pooled: bool) -> TrialResult:
    row = usable.get(member["effect_id"])
    half = Z95 * math.sqrt(member["vi"])
    people = None if member["n_e"] is None or member["n_c"] is None else round(member["n_e"] + member["n_c"])
    return TrialResult(
        study_id=member["study_id"], study=member["study"], estimate=scaled(outcome, member["yi"]),
        ci_low=scaled(outcome, member["yi"] - half), ci_high=scaled(outcome, member["yi"] + half),
        weight=member["weight"] / 100 if is_pooled else None, participants=people,
        question=member["question"], answer=member["answer"], risk=_appraised(risk) if risk else None, spread=_spread(outcome, member),
        **(_described(row) if row else {}))


def _appraised(risk: Overall) -> Appraised:
    rules = engine.variant(risk.tool, risk.variant)
    return Appraised(risk.judgement, rules.tool_name, tuple((one.id, one.name, str(risk.domains.get(one.id, ""))) for one in rules.domains))


def _spread(outcome: Outcome, member: Mapping[str, Any]) -> float:
    if outcome.measure == "SMD" and member["n_e"] and member["n_c"]:
        return math.sqrt(1 / member["n_e"] + 1 / member["n_c"])
    return math.sqrt(member["vi"])


def _described(row: EffectRow) -> dict[str, str]:
    return {"instrument": row.instrument, "time_point": row.time_point, "window": row.window, "experimental": row.experimental,
            "comparator": row.comparator, "design": row.design, "source": row.source, "note": row.note}


def _rating(ratings: Mapping[tuple[str, str], CertaintyRatingRow], outcome: Outcome, one: Rateable | None,
            protocol: Protocol, previous: Mapping[str, Any] | None) -> Rating | None:
    row = ratings.get((outcome.id, one.design)) if one else None
    if one is None or row is None:
        return None
    reasons = tuple((domain, given["steps"], given["reason"] or given["suggestion"])
                    for domain, given in row.decisions.items() if given["steps"])
    return Rating(
        level=row.level, signs=SIGNS[Level(row.level)], reasons=reasons, is_stale=row.basis_sha256 != one.basis_sha256,
        size=_size(outcome, one, protocol, previous), favours=(one.body.estimate < 0) == (outcome.direction == "lower"),
        both_ways=one.thresholds.mid is not None and one.body.ci_low < -one.thresholds.mid and one.body.ci_high > one.thresholds.mid,
        by="the editor")


def _size(outcome: Outcome, rated: Rateable, protocol: Protocol, previous: Mapping[str, Any] | None) -> str:
    """Return the size band of an estimate, on the scale of pooling, in a word."""
    before = next((one for one in previous["outcomes"] if one["id"] == outcome.id), {}) if previous else {}
    last = (before if rated.design == LEAD else before.get("apart") or {}).get("rating")
    bands = bands_of(outcome, protocol.bands_for(outcome.measure), protocol.publishing.margin_of_mid)
    return size_said(outcome, rated.body.estimate, bands, last=(last["size"], last["favours"]) if last else None)


def _updated(outcome: Outcome, row: PublishedUpdateRow) -> UpdatedPublished:
    found = row.result
    lead, *panel = [Assumed(*span(outcome, one), one["tau"], one["assumption"]) for one in (found["lead"], *found["panel"])]
    return UpdatedPublished(
        window=row.window, label=found["label"], studies=tuple(member["study"] for member in row.members), lead=lead, panel=tuple(panel),
        se=found["se"], se_read_as=found["se_read_as"], refused=tuple((one["study"], one["kind"]) for one in row.refused),
        inputs_sha256=row.inputs_sha256)


def _study(session: Session, row: StudyRow, usable: Any) -> StudyMaterial:
    mine = [effect for effect in usable if effect.study_id == row.id]
    linked = studies.reports_of(session, row.id)
    first = records.as_record(records.report(session, linked[0].report_id)) if linked else None
    return StudyMaterial(
        study_id=row.id, label=row.label, year=row.year, title=first.title if first else "", journal=first.journal if first else "",
        doi=row.doi, pmid=row.pmid, registration=row.registration, state=row.state, reason=next((one.basis for one in mine if one.basis), ""))

"""Update each published estimate by the randomised trials that were first reported after its search. Our own pool: pool.py.

Its study data are not to be had, so it is approximate, stands apart, and is never averaged with ours. The mathematics, and what is
refused: bot/methods/synthesis/prior.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.domain.outcomes import Outcome, PublishedEstimate
from bot.domain.protocols import Protocol
from bot.methods.studies.first_public import dates_of_report, first_public
from bot.steps.estimates.pool import NEVER_POOLED, PRIORS_SUIT, RANDOMISED, one_per_study
from bot.steps.studies.retracted import taken_out
from db import appraisals, blobs, effects, events, published_updates, records, reviews, studies, study_links
from db.appraisals import Overall
from db.effects import EffectRow
from db.published_updates import PublishedUpdateRow
from db.session import Database, Session
from db.studies import StudyRow

if TYPE_CHECKING:
    from bot.methods.synthesis.prior import NewStudy, PublishedUpdate


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """updates: (outcome, window or "") → the published estimate as it stands with the trials reported since."""

    updates: Mapping[tuple[str, str], PublishedUpdate]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The trials of an outcome: those that are added, each with its effect, and those that are not, with the reason."""

    added: tuple[tuple[EffectRow, NewStudy], ...]
    refused: tuple[dict[str, str], ...]


def update_published(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> UpdateAccount:
    """Store where each published estimate stands, each in its own transaction, and return them; without a new trial as published.

    Run again on the same effects it changes nothing. Nothing is updated where nobody has said until when the published review searched,
    and a trial that the protocol keeps out of every pool (not appraised, where it asks for that; at critical risk) is refused here too.
    """
    start = protocol.starting_point
    if start is None or start.searched_until is None:
        return UpdateAccount({})
    found = {}
    for published in protocol.published:
        outcome = protocol.outcome(published.outcome)
        if published.measure not in PRIORS_SUIT:
            # The assumed values of tau and the prior over it are on the scale of standardised differences and log ratios.
            continue
        with database.reading() as session:
            trials = _sorted(session, review_id, outcome, published, protocol, start.searched_until)
        found[outcome.id, published.window or ""] = _update(
            database, review_id, cycle_id, outcome, published, start.searched_until, trials, protocol.pooling.confidence, by, now)
    return UpdateAccount(found)


def _sorted(session: Session, review_id: int, outcome: Outcome, published: PublishedEstimate, protocol: Protocol, searched: date) -> _Sorted:
    from bot.methods.synthesis.prior import NewStudy, refusal

    rows = [row for row in effects.effects_of(session, review_id, outcome.id) if published.window in (None, row.window)]
    known = {row.id: row for row in studies.studies(session, review_id)}
    randomised = [row for row in rows if row.design == RANDOMISED]
    chosen = one_per_study([row for row in randomised if row.measure == published.measure], outcome, protocol)
    chosen += one_per_study([row for row in randomised if row.study_id not in {one.study_id for one in chosen}], outcome, protocol)
    added, refused = [], []
    risks, held = appraisals.overall_of_effects(session, review_id), study_links.held_back(session, review_id)
    retracted = taken_out(session, review_id)
    for row in chosen:
        study = known[row.study_id]
        kept_out = _kept_out(study.label, row, risks.get(row.id), protocol, is_held=study.id in held, is_out=row.id in retracted)
        if kept_out is not None:
            refused.append(kept_out)
            continue
        new = NewStudy(study.label, row.yi, row.vi, row.measure, outcome.direction, first_public_of(session, study), _identifiers(study))
        why = refusal(new, published=published, favours=published.favours or outcome.direction, searched_until=searched)
        if why is None:
            added.append((row, new))
        else:
            refused.append({"study": study.label, "kind": why.kind, "reason": why.sentence})
    apart = dict.fromkeys(known[row.study_id].label for row in rows if row.study_id not in {one.study_id for one in randomised})
    refused += [{"study": label, "kind": "design", "reason": f"{label}: not randomised; only randomised trials are added."} for label in apart]
    return _Sorted(tuple(added), tuple(refused))


def _kept_out(label: str, row: EffectRow, risk: Overall | None, protocol: Protocol, *, is_held: bool, is_out: bool) -> dict[str, str] | None:
    """Return why a trial stays out of every pool of the review, None if it does not. is_held: it may be one with another; is_out: the report
    that gave its number was retracted."""
    if is_out:
        return {"study": label, "kind": "notice", "reason": f"{label}: its report was retracted, or an editor took the number out."}
    if is_held:
        return {"study": label, "kind": "held", "reason": f"{label}: a person is asked whether it is one study with another."}
    if risk is None and protocol.pooling.provisional == "never":
        return {"study": label, "kind": "appraisal", "reason": f"{label}: its risk of bias is not signed yet, and the protocol waits for that."}
    if row.state != "confirmed" and protocol.pooling.provisional == "never":
        return {"study": label, "kind": "confirmation", "reason": f"{label}: no editor has confirmed it yet, and the protocol waits for that."}
    if risk is not None and risk.judgement == NEVER_POOLED:
        return {"study": label, "kind": "risk", "reason": f"{label}: at critical risk of bias; shown, never pooled."}
    return None


def first_public_of(session: Session, study: StudyRow) -> date | None:
    """Return since when results of a study may have been public: by its numbers, every report of it, and what the starting set says."""
    dates = [row.available_from for row in effects.effects_of_study(session, study.id)]
    reports = [records.as_record(records.report(session, link.report_id)) for link in studies.reports_of(session, study.id)]
    for record in reports:
        dates += dates_of_report(printed=record.date, entered=record.entered)
    if study.origin == "starting_set" or not reports:
        # What screening noted of a study is the date of its first report, which is among the reports.
        dates.append(study.available_from)
    return first_public(dates)


def _identifiers(study: StudyRow) -> frozenset[str]:
    return frozenset(name for name in (study.doi, study.pmid, study.registration) if name)


def _update(database: Database, review_id: int, cycle_id: int, outcome: Outcome, published: PublishedEstimate, searched: date, trials: _Sorted,
            level: float, by: str, now: datetime) -> PublishedUpdate:
    from bot.methods.synthesis.prior import ReadAs, frozen_inputs
    from bot.methods.synthesis.prior import update_published as compute

    given: dict[str, Any] = {"published": _on_scale(outcome, published), "studies": [new for _, new in trials.added], "tau": published.tau,
                             "read_as": ReadAs(published.interval), "level": level}
    favours = published.favours or outcome.direction
    update, inputs = compute(**given, favours=favours, searched_until=searched), frozen_inputs(**given)
    members, refused, window = _members(trials.added), list(trials.refused), published.window or ""
    with database.reading() as session:
        last = published_updates.newest(session, cycle_id, outcome.id, window)
        if (last is not None and (last.software, last.inputs_sha256) == (update.software, update.inputs_sha256)
                and (last.members, last.refused) == (members, refused)):
            return update
    with database.writing(by=by) as session:
        published_updates.add(session, PublishedUpdateRow(
            review_id=review_id, cycle_id=cycle_id, protocol_version_id=reviews.cycle(session, cycle_id).protocol_version_id,
            outcome=outcome.id, window=window, k=len(members), result=_result(update, searched), members=members, refused=refused,
            inputs_sha256=blobs.put(session, inputs, "application/json"), software=update.software, at=now))
        events.note(session, review_id=review_id, kind="published_estimate.updated", subject=f"outcome:{outcome.id}",
                    data={"cycle": cycle_id, "k": len(members), "inputs": update.inputs_sha256}, at=now)
    return update


def _on_scale(outcome: Outcome, published: PublishedEstimate) -> PublishedEstimate:
    """Return a published ratio as its logarithm, the scale of the effects."""
    if not outcome.is_ratio:
        return published
    return replace(published, estimate=math.log(published.estimate), ci_low=math.log(published.ci_low), ci_high=math.log(published.ci_high))


def _result(update: PublishedUpdate, searched: date) -> dict[str, Any]:
    return {"label": update.label, "published": asdict(update.published), "searched_until": searched.isoformat(), "se": update.se,
            "se_read_as": update.se_read_as, "lead": asdict(update.lead), "panel": [asdict(one) for one in update.panel], "level": update.level}


def _members(added: Sequence[tuple[EffectRow, NewStudy]]) -> list[Any]:
    return [{"effect_id": row.id, "study_id": row.study_id, "study": new.label, "yi": row.yi, "vi": row.vi, "n_e": row.n_e, "n_c": row.n_c,
             "first_public": new.first_public.isoformat() if new.first_public else None} for row, new in added]

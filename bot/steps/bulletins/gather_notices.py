"""What a bulletin says of notices about reports: which numbers they took out, and what the estimates are with them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from bot.bulletin.material import Told, WithIt
from bot.domain.notices import CORRECTION
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.steps.estimates.pool import NEVER_POOLED, RANDOMISED, eligible, one_per_study
from bot.steps.studies.retracted import KEEP, taken_out
from bot.steps.studies.tell_editor import of_studies
from db import effects
from db.effects import EffectRow
from db.notices import NoticeRow
from db.session import Session


def gather_notices(session: Session, review_id: int, protocol: Protocol, shown: Collection[int]) -> tuple[Told, ...]:
    """Return the notices about reports of these studies (by id), oldest first; corrections once an editor has said something of them."""
    found = [(row, study) for row, study in of_studies(session, review_id)
             if study.id in shown and (row.kind != CORRECTION or row.answer is not None)]
    out = taken_out(session, review_id) if found else {}
    live = {one.id: one for one in effects.effects_of(session, review_id) if one.id in out}
    return tuple(_told(session, protocol, row, study.label, [live[one] for one, why in out.items() if why.id == row.id and one in live])
                 for row, study in found)


def _told(session: Session, protocol: Protocol, row: NoticeRow, study: str, gone: Sequence[EffectRow]) -> Told:
    outcomes = [one for one in protocol.outcomes if one.id in {effect.outcome for effect in gone}]
    return Told(study=study, kind=row.kind, dated=row.dated, link=row.where, words=row.answer or "", stays=row.decision == KEEP,
                taken_out=tuple((one.id, _with(session, row.review_id, one, protocol, gone)) for one in outcomes))


def _with(session: Session, review_id: int, outcome: Outcome, protocol: Protocol, gone: Sequence[EffectRow]) -> WithIt | None:
    """Return what pooling gives with the numbers that were taken out, on the scale that is shown; None where it cannot be pooled."""
    from bot.methods.synthesis.pooling import Interval, Prediction, pool

    rows, risks = eligible(session, review_id, outcome, protocol)
    back = [row for row in gone if row.outcome == outcome.id and row.measure == outcome.measure]
    chosen = one_per_study([row for row in (*rows, *back) if row.design == RANDOMISED and risks.get(row.id) != NEVER_POOLED], outcome, protocol)
    if not {row.id for row in chosen} & {row.id for row in back}:
        return None
    pooling = protocol.pooling
    found = pool(yi=[row.yi for row in chosen], vi=[row.vi for row in chosen], labels=[str(row.study_id) for row in chosen],
                 method=pooling.estimator, interval=Interval(pooling.interval), prediction=Prediction(pooling.prediction_interval),
                 level=pooling.confidence)
    shown = [math.exp(value) if outcome.is_ratio else value for value in (found.estimate, found.ci_low, found.ci_high)]
    return WithIt(shown[0], shown[1], shown[2], found.k)

"""Store one result of a study as its extractor entered it. A correction is a new effect that names the old one.

What is refused and what is asked: weigh.py. Handing the study in: finish_extraction.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.errors import ConflictError
from bot.methods.studies.extraction import Problem
from bot.methods.studies.windows import DURING
from bot.steps.studies.forms import EffectForm
from bot.steps.studies.holders import Holder, extractor
from bot.steps.studies.settle_differences import close_by_correction
from bot.steps.studies.weigh import DURING_CHOICE, Weighed, columns_of, identity_of, weigh
from db import effects, events, reviews
from db.effects import LIVE, EffectRow
from db.session import Database, Session
from db.studies import StudyRow


@dataclass(frozen=True, slots=True)
class Extracted:
    """effect_id: of the stored result, None if it was not stored: then `problems` says what is wrong or still to be answered.

    is_new: False if the very same was there already (sent twice, it counts once).
    """

    effect_id: int | None
    is_new: bool
    weighed: Weighed | None
    problems: tuple[Problem, ...] = ()


def extract(*, database: Database, token: str, outcome_id: str, form: EffectForm, answers: Mapping[str, str], protocol: Protocol, by: str,
            now: datetime) -> Extracted:
    """Store a result for an outcome of the study of an extractor's link, with the answers to what looked wrong (by question id).

    Raises LinkError, RefusedError, NotFoundError (no such outcome), ConflictError (the study was handed in and waits for its verifier).
    """
    outcome = protocol.outcome(outcome_id)
    with database.writing(by=by) as session:
        who, row = extractor(session, token, now)
        known = _known(session, row, outcome, form, protocol)
        if known is not None:
            return Extracted(known.id, False, None)
        if row.extraction == "submitted":
            raise ConflictError(f"{row.label} was handed in and is being verified. What the verifier disputes comes back to you.")
        weighed = weigh(session, study=row, outcome=outcome, form=form, protocol=protocol)
        problems = weighed.unready(form, answers, outcome)
        if problems:
            return Extracted(None, False, weighed, problems)
        effect = effects.add(session, _row(session, row, who, outcome, form, answers, weighed, now))
        if weighed.corrects is not None:
            close_by_correction(session, effects.effect(session, weighed.corrects), effect, person_id=who.person.id, now=now)
        _reopen(row)
        events.note(session, review_id=row.review_id, kind="effect.extracted" if weighed.corrects is None else "effect.corrected",
                    subject=f"effect:{effect.id}", data={"study": row.id, "outcome": outcome.id, "corrects": weighed.corrects}, at=now)
        return Extracted(effect.id, True, weighed)


def _known(session: Session, row: StudyRow, outcome: Outcome, form: EffectForm, protocol: Protocol) -> EffectRow | None:
    """Return the live effect that this very form made before, or None."""
    weighed = weigh(session, study=row, outcome=outcome, form=form.model_copy(update={"corrects": ""}), protocol=protocol)
    if weighed.result is None:
        return None
    corrects = int(form.corrects) if form.corrects.isdigit() else None
    found = effects.same(session, row.id, _identity(session, row, weighed, form, corrects))
    return found if found is not None and found.state in LIVE else None


def _identity(session: Session, row: StudyRow, weighed: Weighed, form: EffectForm, corrects: int | None) -> str:
    """Return the identity of an entry; an equal one that was withdrawn or superseded before does not stand in its way."""
    assert weighed.result is not None
    for earlier in range(100):
        identity = identity_of(weighed.result, window=_window(form), window_reason=form.window_reason, corrects=corrects, earlier=earlier)
        found = effects.same(session, row.id, identity)
        if found is None or found.state in LIVE:
            return identity
    raise ConflictError("This very result was withdrawn a hundred times. Talk to each other.")


def _window(form: EffectForm) -> str:
    return DURING if form.window == DURING_CHOICE else form.window


def _row(session: Session, row: StudyRow, who: Holder, outcome: Outcome, form: EffectForm, answers: Mapping[str, str], weighed: Weighed,
         now: datetime) -> EffectRow:
    result, effect = weighed.result, weighed.effect
    assert result is not None and effect is not None
    checks: list[Any] = [{"id": one.id, "question": one.text, "answer": answers[one.id]} for one in weighed.questions]
    return EffectRow(
        review_id=row.review_id, study_id=row.id, protocol_version_id=reviews.current_protocol_version(session, row.review_id).id,
        origin="extraction", identity=_identity(session, row, weighed, form, weighed.corrects), window=_window(form),
        window_reason=form.window_reason, checks=checks, state="extracted", supersedes_id=weighed.corrects, extracted_by=who.person.id,
        created_at=now, **columns_of(result), yi=effect.yi, vi=effect.vi, measure=effect.measure, formula=effect.formula)


def _reopen(row: StudyRow) -> None:
    """A result that is entered for a study that was settled or put aside takes its extraction up again."""
    if row.extraction == "settled":
        row.turn += 1
    row.extraction, row.waits_for = "open", ""

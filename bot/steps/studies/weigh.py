"""What a result that somebody enters would come to: what is wrong, its effect, the window, and what looks wrong. Nothing is stored here.

Storing it: extract.py. The rules: bot/methods/studies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.domain.effects import Effect
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.domain.results import Numbers, Result
from bot.errors import EffectSizeError
from bot.methods.studies import plausibility
from bot.methods.studies.computation import as_means, effect_of, favours_below
from bot.methods.studies.extraction import Problem
from bot.methods.studies.plausibility import Question
from bot.methods.studies.windows import Placement, place
from bot.steps.studies.forms import EffectForm, result_of
from db import effects, studies
from db.effects import LIVE, EffectRow
from db.session import Session
from db.studies import StudyRow

DURING_CHOICE = "during"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A result as it would stand. result, effect, placement: None while problems are there."""

    problems: tuple[Problem, ...]
    result: Result | None = None
    effect: Effect | None = None
    placement: Placement | None = None
    questions: tuple[Question, ...] = ()
    corrects: int | None = None

    def unready(self, form: EffectForm, answers: Mapping[str, str], outcome: Outcome) -> tuple[Problem, ...]:
        """Return what is still to be chosen or answered before the result can be stored."""
        found = list(self.problems)
        if form.window not in (*outcome.windows, DURING_CHOICE):
            found.append(Problem("window", "Choose the window that the measurement falls into."))
        if not form.window_reason:
            found.append(Problem("window_reason", "Say why it falls into this window."))
        found += [Problem(f"answer_{one.id}", "Answer what looks wrong: what did you check, and what does the report say?")
                  for one in self.questions if not answers.get(one.id)]
        return tuple(found)


def weigh(session: Session, *, study: StudyRow, outcome: Outcome, form: EffectForm, protocol: Protocol) -> Weighed:
    """Return what a form comes to for this study and outcome."""
    reports = [link.report_id for link in studies.reports_of(session, study.id)]
    result, problems = result_of(form, study=study.label, outcome=outcome, reports=reports)
    corrects, wrong = _corrected(session, study, outcome, form)
    if result is None or wrong:
        return Weighed((*problems, *wrong))
    try:
        effect = effect_of(result, study=study.label, outcome=outcome)
    except EffectSizeError as error:
        return Weighed((Problem("route", str(error)),))
    placement = place(months=result.months, programme_months=result.programme_months, windows=protocol.windows,
                      open_ended_months=protocol.open_ended_months)
    return Weighed((), result, effect, placement, questions_about(session, study, outcome, result, effect, protocol, besides=corrects), corrects)


def questions_about(session: Session, study: StudyRow, outcome: Outcome, result: Result, effect: Effect, protocol: Protocol, *,
                    besides: int | None = None) -> tuple[Question, ...]:
    """Return what looks wrong about a result among the others of the review. besides: an effect that is not compared with."""
    labels = {row.id: row.label for row in studies.studies(session, study.review_id)}
    names = {one.id: one.label for one in protocol.outcomes}
    others = [plausibility.Other(row.study_id == study.id, labels.get(row.study_id, ""), names.get(row.outcome, row.outcome), result_of_row(row))
              for row in effects.effects_of(session, study.review_id, states=LIVE) if row.id != besides]
    entry = plausibility.Entry(result, outcome.instrument(result.instrument), effect.yi, favours_below(outcome), as_means(result.numbers),
                               effect.vi)
    return plausibility.questions(entry, others)


def result_of_row(row: EffectRow) -> Result:
    """Return a stored effect as it was entered."""
    return Result(
        outcome=row.outcome, report_id=row.report_id, instrument=row.instrument, higher_is_better=row.higher_is_better,
        experimental=row.experimental, comparator=row.comparator, design=row.design, time_point=row.time_point, months=row.months,
        programme_months=row.programme_months, numbers=Numbers.of(row.route, row.raw), says=row.says, randomised_e=row.randomised_e,
        randomised_c=row.randomised_c, analysis=row.analysis, source=row.source, quote=row.quote, note=row.note, question=row.question,
        answer=row.answer)


def columns_of(result: Result) -> dict[str, Any]:
    """Return what a row keeps of a result as it was entered, by column."""
    numbers = result.numbers
    kept = {field.name: getattr(result, field.name) for field in fields(result) if field.name != "numbers"}
    return kept | {"route": numbers.route, "raw": numbers.as_entered(), "n_e": numbers.analysed("e"), "n_c": numbers.analysed("c")}


def identity_of(result: Result, *, window: str, window_reason: str, corrects: int | None, earlier: int = 0) -> str:
    """Return the SHA-256 by which the same entry is known when it is sent twice. earlier: how many such were withdrawn since."""
    entered = asdict(result)
    if not result.numbers.more:
        # As it was before there were more routes: what was entered then is still known as the same.
        del entered["numbers"]["more"]
    content = [entered, window, window_reason, corrects, earlier]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _corrected(session: Session, study: StudyRow, outcome: Outcome, form: EffectForm) -> tuple[int | None, tuple[Problem, ...]]:
    if not form.corrects:
        return None, ()
    rows = {str(row.id): row for row in effects.effects_of_study(session, study.id) if row.outcome == outcome.id}
    if form.corrects in rows:
        return rows[form.corrects].id, ()
    return None, (Problem("corrects", "The result that this one corrects was changed or withdrawn meanwhile. Open the study's page again."),)

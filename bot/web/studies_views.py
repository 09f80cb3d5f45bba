"""What the pages of extraction show. Verification and the starting set: verification_views.py; what is stored: bot/steps/studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.app import App
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.methods.studies.computation import ROUTES_TO, variants
from bot.methods.studies.extraction import BORROWED_ICC, CLUSTERS, Problem, field_words, plain
from bot.methods.studies.routes import ROUTES
from bot.methods.studies.windows import DURING, WEEKS_PER_MONTH, span
from bot.steps.studies.finish_extraction import CHOICES, place_of, places_without
from bot.steps.studies.forms import ANALYSES, DESIGNS, NUMBERS, OTHER, EffectForm, typed_numbers
from bot.steps.studies.weigh import DURING_CHOICE, Weighed
from bot.web.prefill import NOTHING
from bot.web.studies_words import LABELS, effect_view, effect_words, numbers, reports_view, window_words
from db import differences, effects, reviews, studies
from db.effects import EffectRow
from db.session import Session
from db.studies import StudyRow

# What is likely the same for the next result of a study; never a number: those belong to one outcome.
CARRIED = ("experimental", "comparator", "design", "time_point")


def protocol_of(session: Session, app: App, review_id: int) -> Protocol:
    """Return the protocol of a review."""
    return app.protocol(reviews.review(session, review_id).slug)


def study_view(session: Session, row: StudyRow, protocol: Protocol, *, token: str, problem: str = "",
               sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the page of one study's extraction shows. sent: what was entered and could not be taken."""
    live = effects.effects_of_study(session, row.id)
    said = {place_of(outcome, window): one for (_, outcome, window), one in studies.all_statements_of(session, [row.id]).items()}
    without = places_without(live, protocol)
    notes = {one.effect_id: one.note for one in effects.verdicts(session, [effect.id for effect in live]) if one.verdict == "dispute"}
    waiting = {effect.id: [{"row": one, "words": field_words(one.field)} for one in differences.open_of(session, effect.id)]
               for effect in live if effect.state == "disputed"}
    rows = [
        {"outcome": outcome,
         "said": [(words, said[place]) for place, words in without.items() if place in said and place.partition(".")[0] == outcome.id],
         "effects": [effect_view(effect, outcome, protocol) | {"dispute": notes.get(effect.id, ""), "differences": waiting.get(effect.id, [])}
                     for effect in live if effect.outcome == outcome.id]}
        for outcome in protocol.outcomes]
    return _study(session, row, protocol, token) | {
        "rows": rows, "without": without, "problem": problem, "sent": sent or {}, "kinds": CHOICES, "similar": _similar(session, row),
        "one_person": protocol.reviewing.mode == "one",
    }


def form_view(session: Session, row: StudyRow, outcome: Outcome, protocol: Protocol, *, token: str, sent: Mapping[str, str],
              problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Return what the form for one result shows: what was sent, or what is there to begin with."""
    return _study(session, row, protocol, token) | {
        "outcome": outcome, "routes": {name: ROUTES[name] for name in ROUTES_TO[outcome.measure]}, "other": OTHER, "labels": LABELS,
        "route": ROUTES.get(sent.get("route", "")), "clusters": CLUSTERS, "borrowed_icc": BORROWED_ICC,
        "offered": NOTHING, "is_filled": False, "designs": DESIGNS, "analyses": ANALYSES, "open_ended": span(protocol.open_ended_months),
        "sent": dict.fromkeys((*EffectForm.model_fields, *NUMBERS), "") | dict(sent), **_problems(problems),
    }


def begin_with(session: Session, row: StudyRow, outcome: Outcome, *, corrects: str, gives: str = "") -> dict[str, str]:
    """Return what the form holds at first: the result to be corrected, else what the study's last result likely shares with this one.

    gives: the route that was chosen, "" for that of the result to be corrected; one that the outcome cannot use asks again.
    """
    chosen = {"route": gives if gives in ROUTES_TO[outcome.measure] else ""} if gives else {}
    return _first_fields(session, row, outcome, corrects) | chosen


def _first_fields(session: Session, row: StudyRow, outcome: Outcome, corrects: str) -> dict[str, str]:
    live = effects.effects_of_study(session, row.id)
    corrected = next((effect for effect in live if str(effect.id) == corrects and effect.outcome == outcome.id), None)
    if corrected is not None:
        return as_typed(corrected, outcome) | _found_right(session, corrected, outcome) | {"corrects": corrects}
    return {name: getattr(live[-1], name) for name in CARRIED} if live else {}


def _found_right(session: Session, row: EffectRow, outcome: Outcome) -> dict[str, str]:
    """Return the fields of a result in which its verifier was found right, as the verifier reads them."""
    found = {one.field: one.read for one in differences.of_effects(session, [row.id]) if one.field and one.choice == differences.READ}
    name = found.pop("instrument", "")
    if not name:
        return found
    listed = outcome.instrument(name)
    return found | {"instrument": listed.name if listed else OTHER, "instrument_other": "" if listed else name}


def check_view(session: Session, row: StudyRow, outcome: Outcome, protocol: Protocol, weighed: Weighed, *, token: str, form: EffectForm,
               answers: Mapping[str, str], problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Return what the page shows before a result is stored: the effect it gives, the window to be chosen, what looks wrong."""
    result, effect, placement = weighed.result, weighed.effect, weighed.placement
    assert result is not None and effect is not None and placement is not None
    known = placement.window is not None
    return _study(session, row, protocol, token) | {
        "outcome": outcome, "result": result, "reported": result.numbers.smd if result.numbers.route == "smd" else None,
        "numbers": numbers(result.numbers.route, result.numbers.as_entered(), (result.experimental, result.comparator)),
        "effect": effect_words(effect.yi, effect.vi, effect.measure, effect.formula, outcome),
        "variants": [(label, effect_words(one.yi, one.vi, one.measure, one.formula, outcome))
                     for label, one in variants(result, study=row.label, outcome=outcome)],
        "windows": {**{one.id: one for one in protocol.windows if one.id in outcome.windows}},
        "during": DURING_CHOICE, "suggested": window_words(placement.window or DURING, protocol) if known else "", "placement": placement,
        "chosen": form.window, "reason": form.window_reason or (placement.reason if known else ""),
        "questions": weighed.questions, "answers": answers,
        "hidden": {name: value for name, value in form.model_dump().items() if value and name not in ("window", "window_reason")},
        **_problems(problems),
    }


def as_typed(row: EffectRow, outcome: Outcome) -> dict[str, str]:
    """Return a stored effect as the fields of the form that would give it."""
    listed = outcome.instrument(row.instrument)
    typed = {
        "report": str(row.report_id or ""), "instrument": listed.name if listed else OTHER, "instrument_other": "" if listed else row.instrument,
        "higher_is_better": "" if listed else ("yes" if row.higher_is_better else "no"), "route": row.route, "favours": row.says,
        "window": row.window or DURING_CHOICE, "window_reason": row.window_reason,
        "randomised_e": plain(row.randomised_e or ""), "randomised_c": plain(row.randomised_c or ""),
        **_span("since", row.months), **_span("programme", row.programme_months), **typed_numbers(row),
    }
    same = ("experimental", "comparator", "design", "time_point", "analysis", "source", "quote", "note", "question", "answer")
    return typed | {name: getattr(row, name) for name in same}


def _study(session: Session, row: StudyRow, protocol: Protocol, token: str) -> dict[str, Any]:
    return {"study": row, "reports": reports_view(session, row.id), "address": f"/x/{token}",
            "review": {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}}


def _problems(problems: Sequence[Problem]) -> dict[str, Any]:
    return {"problems": problems, "wrong": {problem.field: problem.message for problem in problems}}


def _span(name: str, months: float | None) -> dict[str, str]:
    if months is None:
        return {}
    weeks = months * WEEKS_PER_MONTH
    if abs(weeks - round(weeks)) < 1e-6:
        return {name: f"{round(weeks)}", f"{name}_unit": "weeks"}
    return {name: f"{months:.6g}", f"{name}_unit": "months"}


def _similar(session: Session, row: StudyRow) -> list[StudyRow]:
    """Return other studies that may be this one: the same first author, at most two years apart."""
    name = row.label.rsplit(" ", 1)[0].casefold()
    return [other for other in studies.studies(session, row.review_id)
            if other.id != row.id and other.label.rsplit(" ", 1)[0].casefold() == name and abs((other.year or 0) - (row.year or 0)) <= 2]

"""What a form for a result can be filled with: sentences of abstracts, results posted at a register. Read for each page; nothing is stored.

How numbers are read: bot/methods/studies/suggestions.py. What the last result of the study shares with the next: studies_views.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.outcomes import Outcome, plain_name
from bot.methods.studies.computation import ROUTES_TO
from bot.methods.studies.suggestions import Offered, Suggestion, from_abstract, from_register
from bot.web.studies_words import reports_view
from db import trials
from db.session import Session
from db.studies import StudyRow
from db.trials import TrialRow

SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Found:
    """sentences: (report, what its abstract offers); register: (trial, what its posted results offer); those that offer nothing left out."""

    sentences: tuple[tuple[dict[str, Any], tuple[Suggestion, ...]], ...] = ()
    register: tuple[tuple[TrialRow, tuple[Offered, ...]], ...] = ()


NOTHING = Found()


def offered(session: Session, row: StudyRow, outcome: Outcome) -> Found:
    """Return what the reports and registrations of a study offer for an outcome."""
    routes = ROUTES_TO[outcome.measure]
    reports = reports_view(session, row.id)
    sentences = [(report, from_abstract(report["record"].abstract, routes=routes)) for report in reports]
    numbers = {row.registration, *(number for report in reports for number in report["record"].registrations)} - {""}
    entries = trials.of_registrations(session, row.review_id, numbers) if numbers else ()
    posted = [(trial, from_register(trial.results, called=lambda text: _is_about(text, outcome), routes=routes)) for trial in entries]
    return Found(tuple(one for one in sentences if one[1]), tuple(one for one in posted if one[1]))


def filled(found: Found, name: str, *, intervention: str, comparison: str) -> dict[str, str]:
    """Return the fields that a chosen offer fills; none for a name that offers nothing (any more)."""
    kind, _, rest = name.partition("-")
    of, _, number = rest.partition("-")
    if not (of.isascii() and of.isdigit() and number.isascii() and number.isdigit()) or len(rest) > 20:
        return {}
    if kind == "abstract":
        return next((_from_sentence(report, given[int(number) - 1]) for report, given in found.sentences
                     if report["id"] == int(of) and 0 < int(number) <= len(given)), {})
    return next((_from_entry(trial, one, intervention, comparison) for trial, given in found.register if trial.id == int(of)
                 for one in given if one.number == int(number)), {})


def _from_sentence(report: dict[str, Any], one: Suggestion) -> dict[str, str]:
    record = report["record"]
    return {"route": one.route, "report": str(report["id"]), **dict(one.fields), "quote": one.quote,
            "source": f"abstract (PMID {record.pmid})" if record.pmid else "abstract"}


def _from_entry(trial: TrialRow, one: Offered, intervention: str, comparison: str) -> dict[str, str]:
    groups = {group: (title, fields) for group, title, fields in one.groups}
    if intervention == comparison or not {intervention, comparison} <= groups.keys():
        return {}
    arms = {f"{stem}_{end}": value for end, group in (("e", intervention), ("c", comparison)) for stem, value in groups[group][1]}
    place = ", ".join(filter(None, (one.title, one.category)))
    return {"route": one.route, **arms, **({"level": one.level} if one.level and one.level != "95" else {}),
            "experimental": groups[intervention][0][:300], "comparator": groups[comparison][0][:300], "time_point": one.time_frame[:300],
            "source": f"results posted at the register, {trial.registration}", "quote": place[:2000]}


def _is_about(text: str, outcome: Outcome) -> bool:
    """Return whether a measure's words name the outcome or one of its instruments."""
    plain = f" {plain_name(text)} "
    names = [outcome.label, *(name for one in outcome.instruments for name in (one.name, *one.aliases))]
    return any(len(name) >= SHORTEST_NAME and plain_name(name) in plain for name in names)

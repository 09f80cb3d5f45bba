"""What an extractor may send for one result: everything is text, nothing is trusted, and each refusal names its field.

The numbers themselves: bot/methods/studies/extraction.py. The step that stores a result: extract.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.domain.outcomes import Outcome
from bot.domain.results import Numbers, Result
from bot.errors import InvalidInputError
from bot.methods.studies.extraction import CLUSTERS, Problem, Subject, plain, read_numbers, read_optional, signed
from bot.methods.studies.routes import ROUTES
from bot.methods.studies.windows import WEEKS_PER_MONTH
from db.effects import EffectRow

OTHER = "other"
DESIGNS = {"randomised": "allocated at random", "non_randomised": "allocated otherwise"}
ANALYSES = {"randomised": "all randomised, as the trial imputed", "modified": "some left out (modified)", "completers": "completers only"}
UNITS = {"weeks": 1 / WEEKS_PER_MONTH, "months": 1.0}
NUMBERS = frozenset(
    {name for route in ROUTES.values() for name in route.all_fields} | {f"{stem}_{arm}" for stem in CLUSTERS for arm in ("e", "c")}
    | {f"{stem}_{arm}2" for route in ROUTES.values() if route.arms_add for stem in ("n", *route.arm) for arm in ("e", "c")})
# Fields that differ in words, not in numbers.
IN_WORDS = ("instrument", "time_point")
LONGEST_NUMBER = 300
ANSWER = "answer_"
LONGEST_ANSWER = 2000

Line = Annotated[str, StringConstraints(max_length=300)]
Paragraph = Annotated[str, StringConstraints(max_length=LONGEST_ANSWER)]


class EffectForm(BaseModel):
    """One result as it comes from the web, field by field as typed. Its numbers are the fields of NUMBERS, each of them a Line."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True, frozen=True)

    report: Line = ""
    experimental: Line = ""
    comparator: Line = ""
    design: Line = ""
    instrument: Line = ""
    instrument_other: Line = ""
    higher_is_better: Line = ""
    time_point: Line = ""
    since: Line = ""
    since_unit: Line = ""
    programme: Line = ""
    programme_unit: Line = ""
    route: Line = ""
    favours: Line = ""
    randomised_e: Line = ""
    randomised_c: Line = ""
    analysis: Line = ""
    source: Line = ""
    quote: Paragraph = ""
    note: Paragraph = ""
    question: Paragraph = ""
    answer: Paragraph = ""
    corrects: Line = ""
    window: Line = ""
    window_reason: Paragraph = ""

    def number(self, name: str) -> str:
        """Return what was typed into a field of NUMBERS, "" if nothing."""
        return str((self.model_extra or {}).get(name, ""))


def read(fields: Mapping[str, str]) -> tuple[EffectForm, dict[str, str]]:
    """Return the form, and the answers to what looked wrong, by the id of the question. Raises InvalidInputError."""
    answers = {name.removeprefix(ANSWER): text.strip()[:LONGEST_ANSWER] for name, text in fields.items() if name.startswith(ANSWER)}
    own = {name: text for name, text in fields.items() if not name.startswith(ANSWER)}
    if foreign := sorted(own.keys() - EffectForm.model_fields.keys() - NUMBERS):
        raise InvalidInputError(f"The field {foreign[0][:40]} does not belong to this form. Open it again from the study's page.")
    if long := next((name for name in sorted(own.keys() & NUMBERS) if len(own[name]) > LONGEST_NUMBER), ""):
        raise InvalidInputError(f"{long}: at most {LONGEST_NUMBER} characters. Shorten it.")
    try:
        form = EffectForm.model_validate(own)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "string_too_long":
            raise InvalidInputError(f"{name}: at most {first.get('ctx', {}).get('max_length')} characters. Shorten it.") from error
        raise InvalidInputError(f"The field {name} does not belong to this form. Open it again from the study's page.") from error
    return form, answers


def typed_numbers(row: EffectRow) -> dict[str, str]:
    """Return the numbers of a stored result as the fields that gave them; a reported difference without its sign."""
    found = {name: plain(value) for name, value in row.raw.items() if name in NUMBERS and not _is_borrowed(name, row.raw)}
    if row.route == "smd":
        found["smd"] = found["smd"].lstrip("-")
    return found


def comparable(row: EffectRow) -> dict[str, str]:
    """Return the fields of a stored result that can differ from what somebody else reads, with what was entered."""
    people = {"randomised_e": plain(row.randomised_e or ""), "randomised_c": plain(row.randomised_c or "")}
    return typed_numbers(row) | people | {name: getattr(row, name) for name in IN_WORDS}


def _is_borrowed(name: str, raw: Mapping[str, Any]) -> bool:
    """Whether nobody typed this number: correcting the result must not make it the paper's."""
    marks = {"icc_e": "icc_borrowed_e", "icc_c": "icc_borrowed_c", "r": "r_borrowed"}
    return name in marks and marks[name] in raw


def result_of(form: EffectForm, *, study: str, outcome: Outcome, reports: Collection[int]) -> tuple[Result | None, tuple[Problem, ...]]:
    """Return the result that a form describes, None if anything is wrong, and all that is wrong.

    study: its label. reports: ids of the study's reports, of which one must be named if there are several.
    """
    subject = Subject(study, outcome.label, _instrument_name(form))
    problems: list[Problem] = [*_missing(form, subject), *_not_offered(form, subject)]
    higher_is_better = _higher_is_better(form, outcome, subject, problems)
    numbers = _numbers(form, higher_is_better, subject, problems)
    months = _months(form.since, form.since_unit, "since", subject, problems)
    programme = _months(form.programme, form.programme_unit, "programme", subject, problems)
    randomised = [_optional(name, getattr(form, name), subject, problems) for name in ("randomised_e", "randomised_c")]
    report_id = _report(form, reports, subject, problems)
    if problems or numbers is None or higher_is_better is None:
        return None, tuple(problems)
    return Result(
        outcome=outcome.id, report_id=report_id, instrument=_instrument_name(form), higher_is_better=higher_is_better,
        experimental=form.experimental, comparator=form.comparator, design=form.design, time_point=form.time_point, months=months,
        programme_months=programme, numbers=numbers, says=form.favours, randomised_e=_count(randomised[0]), randomised_c=_count(randomised[1]),
        analysis=form.analysis, source=form.source, quote=form.quote, note=form.note, question=form.question, answer=form.answer), ()


def _instrument_name(form: EffectForm) -> str:
    return form.instrument_other if form.instrument == OTHER else form.instrument


def _missing(form: EffectForm, subject: Subject) -> list[Problem]:
    wanted = {
        "experimental": "name the arm that got what the review asks about, even if the report calls it the control",
        "comparator": "name the arm it is compared with",
        "design": "say how people were allocated to the arms",
        "time_point": "say when it was measured, in the report's own words, such as “6 weeks after birth”",
        "source": "say where the numbers stand: table, page, section or abstract",
    }
    problems = [Problem(name, f"{subject}: {words}.") for name, words in wanted.items() if not getattr(form, name)]
    if form.answer and not form.question:
        problems.append(Problem("question", f"{subject}: there is an answer without a question. Say what it answers."))
    return problems


def _not_offered(form: EffectForm, subject: Subject) -> list[Problem]:
    offered = {"design": DESIGNS, "analysis": ANALYSES, "favours": ("intervention", "comparison"), "since_unit": UNITS, "programme_unit": UNITS,
               "higher_is_better": ("yes", "no")}
    return [Problem(name, f"{subject}: choose one of what is offered: {', '.join(choices)}.")
            for name, choices in offered.items() if (chosen := getattr(form, name)) and chosen not in choices]


def _higher_is_better(form: EffectForm, outcome: Outcome, subject: Subject, problems: list[Problem]) -> bool | None:
    if form.instrument == OTHER:
        if not form.instrument_other:
            problems.append(Problem("instrument_other", f"{subject}: name the instrument."))
        if form.higher_is_better not in ("yes", "no"):
            problems.append(Problem("higher_is_better", f"{subject}: say whether a higher value is better on this instrument."))
            return None
        return form.higher_is_better == "yes"
    known = outcome.instrument(form.instrument) if form.instrument else None
    if known is None:
        problems.append(Problem("instrument", f"{subject}: choose the instrument, or “another one” and name it."))
        return None
    if form.higher_is_better and (form.higher_is_better == "yes") != known.higher_is_better:
        better = "higher" if known.higher_is_better else "lower"
        problems.append(Problem("higher_is_better", f"{subject}: on {known.name} a {better} value is better, as the protocol has it. If the "
                                                    "report scores it the other way round, choose “another one” and name the scoring."))
    return known.higher_is_better


def _numbers(form: EffectForm, higher_is_better: bool | None, subject: Subject, problems: list[Problem]) -> Numbers | None:
    """Return the numbers as typed; of a comparison its size, with the direction that the words say: signs mean different things."""
    fields = {name: form.number(name).strip() for name in NUMBERS}
    directed = form.route in ROUTES and ROUTES[form.route].directed
    found: tuple[Problem, ...] = ()
    if directed and not form.favours:
        found += (Problem("favours", f"{subject}: say in words whom the difference favours; a sign means another thing in each report."),)
    unsigned = fields["smd"].lstrip("-−–+")
    if form.route == "smd" and fields["smd"] != unsigned:
        found += (Problem("smd", f"{subject}: difference = {fields['smd']}; enter its size without a sign, {unsigned.replace(',', '.')}, and "
                                 "say in words whom it favours."),)
    numbers, wrong = read_numbers(fields | {"smd": unsigned if form.route == "smd" else fields["smd"]}, route=form.route, subject=subject)
    problems += (*wrong, *found)
    if numbers is None or not directed or not form.favours or higher_is_better is None:
        return numbers
    sign = signed(1.0, favours=form.favours, higher_is_better=higher_is_better)
    given = numbers.as_entered()
    # A reported difference has kept its sign since the first version; every other comparison keeps it beside its size as printed.
    return Numbers.of(form.route, given | ({"smd": sign * given["smd"]} if form.route == "smd" else {"sign": sign}))


def _months(text: str, unit: str, name: str, subject: Subject, problems: list[Problem]) -> float | None:
    value = _optional(name, text, subject, problems)
    if value is None:
        return None
    if unit not in UNITS:
        problems.append(Problem(f"{name}_unit", f"{subject}: {text} weeks, or months? Say which."))
        return None
    return value * UNITS[unit]


def _optional(name: str, text: str, subject: Subject, problems: list[Problem]) -> float | None:
    value, found = read_optional(name, text, subject=subject)
    problems += found
    return value


def _count(value: float | None) -> int | None:
    return None if value is None else int(value)


def _report(form: EffectForm, reports: Collection[int], subject: Subject, problems: list[Problem]) -> int | None:
    known = {str(report_id): report_id for report_id in reports}
    if not form.report and len(known) <= 1:
        return next(iter(known.values()), None)
    if form.report not in known:
        problems.append(Problem("report", f"{subject}: say which report of the study gives these numbers."))
    return known.get(form.report)

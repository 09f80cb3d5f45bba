"""What must hold for outcomes, leading rows, published estimates and the starting set, beyond the form of each key.

Sources, strategies and the rest of protocol.toml: bot/protocols/rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.outcomes import plain_name
from bot.protocols.build import ReviewForms
from bot.protocols.findings import Fault
from bot.protocols.outcome_forms import InstrumentForm, OutcomeForm
from bot.protocols.rules import FILE, repeated
from bot.protocols.starting_set import FILE as STARTING_SET
from bot.protocols.starting_set import StartingEffectForm

PUBLISHED = "published.toml"
RATIOS = {"RR", "OR"}


def of_outcomes(given: ReviewForms) -> Iterator[Fault]:
    """Yield what is wrong in the files of the outcomes."""
    windows = [window.id for window in given.protocol.windows]
    for outcome_id, form in given.outcomes.items():
        file = f"outcomes/{outcome_id}.toml"
        for index, window in enumerate(form.windows):
            if window not in windows:
                yield Fault(file, ("windows", index), f'the protocol has no window "{window}"', ", ".join(windows))
        if form.mid and form.measure in RATIOS and form.mid.value <= 1:
            yield Fault(file, ("mid", "value"), f"a ratio of {form.mid.value:g} is no size", "more than 1; 1.25 stands for 0.8 as well")
        if form.origin == "review_of_record" and given.published is None:
            yield Fault(file, ("origin",), "there is no review of record", 'origin = "added", or a published.toml')
        yield from _instruments(file, form)


def of_leading(given: ReviewForms) -> Iterator[Fault]:
    """Yield what is wrong with the rows that lead."""
    rows = given.protocol.leading
    yield from repeated(FILE, ("leading",), "outcome", [f"{row.outcome} at {row.window}" for row in rows])
    for index, row in enumerate(rows):
        outcome = given.outcomes.get(row.outcome)
        if outcome is None:
            yield Fault(FILE, ("leading", index, "outcome"), f'there is no outcomes/{row.outcome}.toml', ", ".join(given.outcomes))
        elif row.window not in outcome.windows:
            yield Fault(FILE, ("leading", index, "window"), f'"{row.outcome}" has no window "{row.window}"', ", ".join(outcome.windows))
        elif outcome.importance == "limited":
            message = f'"{row.outcome}" is of limited importance and cannot lead'
            yield Fault(FILE, ("leading", index, "outcome"), message, "an outcome that is critical or important")
    if not any(given.outcomes[row.outcome].harm for row in rows if row.outcome in given.outcomes):
        harms = ", ".join(outcome for outcome, form in given.outcomes.items() if form.harm) or "an outcome with harm = true"
        yield Fault(FILE, ("leading",), "no harm among the rows that lead", f"at least one of: {harms}")


def of_published(given: ReviewForms) -> Iterator[Fault]:
    """Yield what is wrong with the published estimates."""
    estimates = given.published.estimates if given.published else []
    yield from repeated(PUBLISHED, ("estimates",), "outcome", [f"{one.outcome} at {one.window or 'no window'}" for one in estimates])
    for index, one in enumerate(estimates):
        outcome = given.outcomes.get(one.outcome)
        if outcome is None:
            yield Fault(PUBLISHED, ("estimates", index, "outcome"), f"there is no outcomes/{one.outcome}.toml", ", ".join(given.outcomes))
        elif one.measure != outcome.measure:
            message = f'the outcome is measured as {outcome.measure}: a benchmark on another scale compares nothing'
            yield Fault(PUBLISHED, ("estimates", index, "measure"), message, f'"{outcome.measure}"')
        elif one.window is not None and one.window not in outcome.windows:
            allowed = ", ".join(outcome.windows) + "; absent if not stated"
            yield Fault(PUBLISHED, ("estimates", index, "window"), f'"{one.outcome}" has no window "{one.window}"', allowed)
        if not one.ci_low < one.estimate < one.ci_high:
            yield Fault(PUBLISHED, ("estimates", index, "estimate"), f"{one.estimate:g} lies outside {one.ci_low:g} to {one.ci_high:g}",
                        "ci_low < estimate < ci_high")
        if one.interval == "t" and (one.k is None or one.k < 2):
            yield Fault(PUBLISHED, ("estimates", index, "interval"), "a t interval is read by its number of studies", "k, at least 2")
        if one.measure in RATIOS and one.ci_low <= 0:
            yield Fault(PUBLISHED, ("estimates", index, "ci_low"), "a ratio is above 0", "the ratio itself, not its logarithm")


def of_starting_set(given: ReviewForms, rows: Mapping[int, StartingEffectForm]) -> Iterator[Fault]:
    """Yield what is wrong between the starting set and the outcomes. rows: line -> row."""
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows.items():
        outcome = given.outcomes.get(row.outcome)
        if outcome is None:
            yield Fault(STARTING_SET, (line, "outcome"), f'{row.study}: there is no outcome "{row.outcome}"', ", ".join(given.outcomes))
            continue
        if row.window not in outcome.windows:
            allowed = ", ".join(outcome.windows)
            yield Fault(STARTING_SET, (line, "window"), f'{row.study}: "{row.outcome}" has no window "{row.window}"', allowed)
        yield from _instrument_of_row(line, row, outcome)
        key = (row.study, row.outcome, row.window, row.instrument, row.experimental, row.comparator)
        if key in seen:
            yield Fault(STARTING_SET, (line, "study"), f"{row.study}: the same effect stands in line {seen[key]}", "each effect once")
        seen.setdefault(key, line)


def _instrument_of_row(line: int, row: StartingEffectForm, outcome: OutcomeForm) -> Iterator[Fault]:
    instrument = _called(row.instrument, outcome)
    if instrument is None:
        known = ", ".join(one.name for one in outcome.instruments) or "none yet"
        yield Fault(STARTING_SET, (line, "instrument"), f'{row.study}: "{row.outcome}" has no instrument "{row.instrument}"', known)
    elif instrument.higher_is_better != row.higher_is_better:
        says = "yes" if instrument.higher_is_better else "no"
        message = f"{row.study}: outcomes/{row.outcome}.toml says otherwise of {instrument.name}"
        yield Fault(STARTING_SET, (line, "higher_is_better"), message, says)


def _called(name: str, outcome: OutcomeForm) -> InstrumentForm | None:
    return next((one for one in outcome.instruments if plain_name(name) in {plain_name(known) for known in (one.name, *one.aliases)}), None)


def _instruments(file: str, form: OutcomeForm) -> Iterator[Fault]:
    known: dict[str, str] = {}
    for index, instrument in enumerate(form.instruments):
        for name in (instrument.name, *instrument.aliases):
            if plain_name(name) in known:
                message = f'"{name}" is already a name of {known[plain_name(name)]}'
                yield Fault(file, ("instruments", index, "name"), message, "each name and alias once")
            known.setdefault(plain_name(name), instrument.name)
        yield from _scale(file, index, instrument)


def _scale(file: str, index: int, instrument: InstrumentForm) -> Iterator[Fault]:
    if instrument.range is None:
        return
    low, high = instrument.range
    if instrument.kind == "events":
        yield Fault(file, ("instruments", index, "range"), "events are counted and have no scale", "leave range out")
    if low >= high:
        yield Fault(file, ("instruments", index, "range"), f"{low:g} to {high:g} is no scale", "[lowest, highest]")
    elif instrument.reference_sd and instrument.reference_sd.value > (high - low) / 2:
        # On a bounded scale an SD cannot exceed half its width.
        message = f"{instrument.reference_sd.value:g} is more than half the scale"
        yield Fault(file, ("instruments", index, "reference_sd", "value"), message, f"at most {(high - low) / 2:g}")

"""When a measurement was made: the window it falls into, and which measurement of a study is pooled. Never by its result.

What is measured and computed: bot/methods/studies/extraction.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.outcomes import Window

WEEKS_PER_MONTH = 365.25 / 12 / 7
# Ours: an assessment counts as "at the end of the programme" up to so many months before or after it.
NEAR_MONTHS = 1.5
DURING = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A suggested window with its reason. window: an id of the protocol, DURING before the end of the programme, None if unknown."""

    window: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement of an outcome in a study.

    window: an id of the protocol's windows; DURING or an unknown one is never pooled. months: since randomisation, None if not
    reported. instrument_rank: its place in the protocol's order of instruments, 0 first.
    """

    id: int
    study_id: int
    window: str
    months: float | None
    instrument_rank: int


def place(*, months: float | None, programme_months: float | None, windows: Sequence[Window], open_ended_months: float) -> Placement:
    """Return the window that a measurement falls into, with the reason in words; a person decides.

    months: since randomisation, ≥ 0. programme_months: length of the assigned programme, None if access has no end; then it is
    taken to end `open_ended_months` after randomisation. windows: in order of time, the first is the end of the programme.
    """
    if months is None:
        return Placement(None, "The time since randomisation is not known.")
    told = f"Measured {span(months)} after randomisation; {_end_in_words(programme_months, open_ended_months)}"
    after = months - (open_ended_months if programme_months is None else programme_months)
    if abs(after) <= NEAR_MONTHS:
        return Placement(windows[0].id, f"{told}: {windows[0].label.lower()}, the assessment nearest the end.")
    if after < 0:
        return Placement(DURING, f"{told}: while the programme was still running.")
    for window in windows:
        if (window.after_months is None or after > window.after_months) and (window.up_to_months is None or after <= window.up_to_months):
            return Placement(window.id, f"{told}: {span(after)} after its end, {window.label.lower()}.")
    return Placement(None, f"{told}: {span(after)} after its end, which no window of the protocol covers.")


def first_after_end(measurements: Iterable[Measurement], windows: Sequence[Window]) -> tuple[Measurement, ...]:
    """Return for each study the first measurement at or after the end of the programme, whatever its window; by study id.

    Of several at the same time the instrument that stands first in the protocol; a measurement whose time is not known comes
    after those of its window whose time is.
    """
    order = {window.id: place for place, window in enumerate(windows)}
    first: dict[int, Measurement] = {}
    for one in sorted((one for one in measurements if one.window in order), key=lambda one: _when(one, order)):
        first.setdefault(one.study_id, one)
    return tuple(first[study_id] for study_id in sorted(first))


def span(months: float) -> str:
    """Return a span of time for reading: "8 weeks" where it is whole weeks and no whole months, else "2.5 months"."""
    weeks = months * WEEKS_PER_MONTH
    if abs(weeks - round(weeks)) < 0.06 and abs(months - round(months)) > 0.01 and round(weeks) > 0:
        return _counted(f"{round(weeks)}", "week")
    return _counted(f"{months:.1f}".removesuffix(".0"), "month")


def _counted(number: str, unit: str) -> str:
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def _when(one: Measurement, order: dict[str, int]) -> tuple[int, bool, float, int, int]:
    return (order[one.window], one.months is None, one.months or 0.0, one.instrument_rank, one.id)


def _end_in_words(programme_months: float | None, open_ended_months: float) -> str:
    if programme_months is None:
        return f"access has no end, so {span(open_ended_months)} after randomisation count as the end"
    return f"the programme ends {span(programme_months)} after randomisation"

"""Which studies lead, which stand apart, and what the estimate is under other choices, in one table. Pooling itself: pooling.py.

The lead estimate pools randomised trials alone. Non-randomised studies are pooled apart; both together only as a labelled sensitivity.
A result at critical risk of bias (ROBINS-I) is shown and never pooled. How a table is frozen and computed again: analyses.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.effects import Effect, Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis.bayesian import Posterior, pool_bayesian
from bot.methods.synthesis.dependence import Multilevel, pool_multilevel
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.pooling import pool

RANDOMISED, NON_RANDOMISED = "randomised", "non_randomised"
HIGH = ("high", "serious", "critical")
CRITICAL = "critical"
RHO = 0.6


class Line(StrEnum):
    """The lines of the table besides the estimate itself, in the order in which they stand. A protocol names those it wants."""

    WITHOUT_HIGH_RISK = "without_high_risk"
    WITHOUT_CONVERTED = "without_converted"
    COMMON_EFFECT = "common_effect"
    OTHER_ESTIMATORS = "other_estimators"
    OTHER_INTERVALS = "other_intervals"
    BAYESIAN = "bayesian"
    ALL_MEASUREMENTS = "all_measurements"
    NON_RANDOMISED = "non_randomised"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An effect with what decides where it is pooled.

    design: `randomised` or `non_randomised`. risk: as signed (`low`, `some concerns`, `high`; `moderate`, `serious`, `critical`), ""
    while not appraised. converted: mean and SD were computed from medians. chosen: it is the one measurement of its study that is
    pooled; the others are used where all measurements are, as dependent effects.
    """

    effect: Effect
    design: str
    risk: str = ""
    converted: bool = False
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Choices:
    """What the protocol chose for the estimate, and which lines it wants. suits_priors: the Bayesian priors suit the measure's scale."""

    method: str = Tau2.REML
    interval: Interval = Interval.KNAPP_HARTUNG_MAX1
    prediction: Prediction = Prediction.T_K_MINUS_1
    level: float = 0.95
    lines: tuple[Line, ...] = tuple(Line)
    suits_priors: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. estimate: None where nothing is left to pool; left_out: studies that this line does without."""

    line: str
    label: str
    estimate: Estimate | Posterior | Multilevel | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sets:
    """The candidates by where they are pooled. shown_only: at critical risk of bias."""

    lead: tuple[Candidate, ...]
    non_randomised: tuple[Candidate, ...]
    shown_only: tuple[Candidate, ...]


def sets_of(candidates: Sequence[Candidate]) -> Sets:
    """Return candidates by where they are pooled; raises SynthesisError for an unknown design or mixed measures."""
    measures = {candidate.effect.measure for candidate in candidates}
    if len(measures) > 1:
        raise SynthesisError(f"Effects come in {', '.join(sorted(measures))}; one pool has one measure. Convert them, or pool them apart.")
    for candidate in candidates:
        if candidate.design not in (RANDOMISED, NON_RANDOMISED):
            raise SynthesisError(f"{candidate.effect.study}: design {candidate.design!r}; must be `{RANDOMISED}` or `{NON_RANDOMISED}`.")
    pooled = [candidate for candidate in candidates if candidate.risk != CRITICAL]
    return Sets(
        tuple(candidate for candidate in pooled if candidate.design == RANDOMISED and candidate.chosen),
        tuple(candidate for candidate in pooled if candidate.design == NON_RANDOMISED and candidate.chosen),
        tuple(candidate for candidate in candidates if candidate.risk == CRITICAL and candidate.chosen),
    )


def sensitivity_table(candidates: Sequence[Candidate], choices: Choices = Choices()) -> tuple[Row, ...]:
    """Return the estimate of the randomised trials and those that the protocol's lines ask for, in the order of `Line`."""
    sets = sets_of(candidates)
    rows = [_line("lead", "Randomised trials, as the protocol pools them", sets.lead, sets.lead, choices)]
    rows += [row for row in _lines(sets, candidates, choices) if row.line in choices.lines]
    return tuple(rows)


def _lines(sets: Sets, candidates: Sequence[Candidate], choices: Choices) -> Iterator[Row]:
    lead = sets.lead
    yield _line(Line.WITHOUT_HIGH_RISK, "Without trials at high risk of bias", [c for c in lead if c.risk not in HIGH], lead, choices)
    yield _line(Line.WITHOUT_CONVERTED, "Without means converted from medians", [c for c in lead if not c.converted], lead, choices)
    yield _line(Line.COMMON_EFFECT, "Common (fixed) effect", lead, lead, choices, method=Tau2.COMMON, interval=Interval.WALD)
    for other in (Tau2.REML, Tau2.DERSIMONIAN_LAIRD, Tau2.PAULE_MANDEL):
        if other != choices.method:
            yield _line(Line.OTHER_ESTIMATORS, f"τ² by {NAMES[other]}", lead, lead, choices, method=other)
    for other, name in INTERVALS.items():
        if other != choices.interval:
            yield _line(Line.OTHER_INTERVALS, f"Interval: {name}", lead, lead, choices, interval=other)
    if choices.suits_priors and len(lead) > 1:
        posterior = pool_bayesian(**_columns(lead), level=choices.level)
        yield Row(Line.BAYESIAN, f"Bayesian: {posterior.prior}", posterior)
    yield from _all_measurements(candidates, lead, choices)
    if sets.non_randomised:
        both = (*lead, *sets.non_randomised)
        yield _line(Line.NON_RANDOMISED, "Non-randomised studies, apart", sets.non_randomised, sets.non_randomised, choices)
        yield _line(Line.TOGETHER, "Sensitivity only: trials and non-randomised studies together", both, both, choices)


NAMES = {Tau2.REML: "restricted maximum likelihood", Tau2.DERSIMONIAN_LAIRD: "DerSimonian and Laird", Tau2.PAULE_MANDEL: "Paule and Mandel"}
INTERVALS = {
    Interval.KNAPP_HARTUNG_MAX1: "Knapp-Hartung, never narrower than Wald's", Interval.WALD: "Wald", Interval.KNAPP_HARTUNG: "Knapp-Hartung",
}  # fmt: skip


def _line(line: str, label: str, chosen: Sequence[Candidate], of: Sequence[Candidate], choices: Choices, *, method: str = "",
          interval: Interval | None = None) -> Row:  # fmt: skip
    kept = {id(candidate) for candidate in chosen}
    left_out = tuple(candidate.effect.study for candidate in of if id(candidate) not in kept)
    if not chosen:
        return Row(line, label, None, left_out)
    estimate = pool(**_columns(chosen), method=method or choices.method, interval=interval or choices.interval,
                    prediction=choices.prediction, level=choices.level)  # fmt: skip
    return Row(line, label, estimate, left_out)


def _all_measurements(candidates: Sequence[Candidate], lead: Sequence[Candidate], choices: Choices) -> Iterator[Row]:
    """Yield the line of all measurements of the trials that lead, dependent within a trial, if any has more than one."""
    leading = {candidate.effect.study for candidate in lead}
    every = [c for c in candidates if c.design == RANDOMISED and c.risk != CRITICAL and c.effect.study in leading]
    if len(leading) < 2 or len(every) == len(leading):
        return
    columns = _columns(every)
    model = pool_multilevel(yi=columns["yi"], vi=columns["vi"], studies=columns["labels"], rho=RHO, level=choices.level)
    yield Row(Line.ALL_MEASUREMENTS, f"All {len(every)} measurements of the trials (three levels, correlation {RHO:g} assumed)", model)


def _columns(chosen: Sequence[Candidate]) -> dict[str, Any]:
    return {"yi": [c.effect.yi for c in chosen], "vi": [c.effect.vi for c in chosen], "labels": [c.effect.study for c in chosen]}

"""Which studies lead, which stand apart, and what the estimate is under other choices, in one table. Pooling itself: pooling.py.

The lead estimate pools randomised trials alone. Non-randomised studies are pooled apart; both together only as a labelled sensitivity.
A result at critical risk of bias (ROBINS-I) is shown and never pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.effects import Effect, Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.pooling import pool

HIGH = ("high", "serious", "critical")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An effect with what decides where it is pooled.

    design: `randomised` or `non-randomised`. risk: as signed (`low`, `some concerns`, `high`; `moderate`, `serious`, `critical`), ""
    while not appraised. converted: mean and SD were computed from medians.
    """

    effect: Effect
    design: str
    risk: str = ""
    converted: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. estimate: None where nothing is left to pool; left_out: studies that this line does without."""

    label: str
    estimate: Estimate | None
    left_out: tuple[str, ...]


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
        raise SynthesisError(
            f"Effects come in {', '.join(sorted(measures))}; one pool has one measure. Convert them, or pool them apart."
        )
    for candidate in candidates:
        if candidate.design not in ("randomised", "non-randomised"):
            raise SynthesisError(
                f"{candidate.effect.study}: design {candidate.design!r}; must be `randomised` or `non-randomised`."
            )
    pooled = [candidate for candidate in candidates if candidate.risk != "critical"]
    return Sets(
        tuple(candidate for candidate in pooled if candidate.design == "randomised"),
        tuple(candidate for candidate in pooled if candidate.design == "non-randomised"),
        tuple(candidate for candidate in candidates if candidate.risk == "critical"),
    )


def sensitivity_table(
    candidates: Sequence[Candidate], *, method: str = Tau2.REML, interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    prediction: Prediction = Prediction.T_K_MINUS_1, level: float = 0.95,
) -> tuple[Row, ...]:  # fmt: skip
    """Return the lead estimate and the others of the protocol: without high risk, without converted medians, common effect, other
    estimators and intervals, non-randomised studies apart and (labelled) together with the trials."""
    sets = sets_of(candidates)
    lead = sets.lead

    def line(label: str, chosen: Sequence[Candidate], *, by: str = str(method), test: Interval = interval) -> Row:
        kept = {id(candidate) for candidate in chosen}
        left_out = tuple(candidate.effect.study for candidate in lead if id(candidate) not in kept)
        if not chosen:
            return Row(label, None, left_out)
        columns = {
            "yi": [c.effect.yi for c in chosen],
            "vi": [c.effect.vi for c in chosen],
            "labels": [c.effect.study for c in chosen],
        }
        return Row(label, pool(**columns, method=by, interval=test, prediction=prediction, level=level), left_out)

    rows = [line("Lead: randomised trials", lead)]
    rows.append(line("Without high risk of bias", [c for c in lead if c.risk not in HIGH]))
    rows.append(line("Without means converted from medians", [c for c in lead if not c.converted]))
    rows.append(line("Common effect", lead, by=Tau2.COMMON, test=Interval.WALD))
    rows += [line(f"τ² by {other}", lead, by=other) for other in (Tau2.DERSIMONIAN_LAIRD, Tau2.PAULE_MANDEL) if other != method]
    rows += [
        line(f"Interval: {other.value}", lead, test=other)
        for other in (Interval.WALD, Interval.KNAPP_HARTUNG)
        if other != interval
    ]
    rows.append(line("Non-randomised studies, apart", sets.non_randomised))
    rows.append(line("Sensitivity only: trials and non-randomised studies together", (*lead, *sets.non_randomised)))
    return tuple(rows)

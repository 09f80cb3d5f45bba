"""From a result as entered to its effect, turned as the outcome says. The formulas themselves: bot/methods/synthesis/effect_sizes.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.effects import Effect
from bot.domain.outcomes import Outcome
from bot.domain.results import Numbers, Result
from bot.errors import EffectSizeError
from bot.methods.studies.arms import arm_in_means, from_numbers
from bot.methods.studies.extraction import BORROWED_ICC
from bot.methods.studies.routes import MEANS_LIKE, ROUTES, THEN

# Which routes lead to an effect on each measure.
ROUTES_TO = {measure: tuple(route.id for route in ROUTES.values() if measure in route.measures) for measure in ("SMD", "MD", "RR", "OR", "RD")}
# What is computed as well where a number was borrowed.
OTHER_ICCS, OTHER_CORRELATIONS = (0.01, 0.10), (0.3, 0.7)


def effect_of(result: Result, *, study: str, outcome: Outcome) -> Effect:
    """Return the effect of a result on the outcome's measure, so that the outcome's direction favours the intervention.

    SMD: Hedges' g with v = 1/n_e + 1/n_c + g²/(2N); events through the odds ratio; a reported difference is taken as it is.
    Raises EffectSizeError if the route does not lead to this measure, or the counted event is not the outcome's.
    """
    if result.numbers.route not in ROUTES_TO[outcome.measure]:
        raise EffectSizeError(f"{study}, {outcome.label}: pooled as {outcome.measure}, which cannot be had from this. "
                              f"Enter: {', '.join(ROUTES_TO[outcome.measure])}.")
    points_same_way = result.higher_is_better == (outcome.direction == "higher")
    if outcome.measure in ("RR", "OR", "RD") and not points_same_way:
        # A ratio of the opposite event is not this one turned round.
        raise EffectSizeError(f"{study}, {outcome.label}: count those who had the event that the outcome asks about, not the others.")
    effect = _computed(result.numbers, study, outcome)
    return effect if points_same_way else effect.turned()


def favours_below(outcome: Outcome) -> bool:
    """Return whether an effect below no difference favours the intervention."""
    return outcome.direction == "lower"


def variants(result: Result, *, study: str, outcome: Outcome) -> tuple[tuple[str, Effect], ...]:
    """Return what the effect would be with other values of what was borrowed (ICC, correlation), with a label each; often nothing."""
    given = dict(result.numbers.more)
    borrowed_icc = [f"icc_{arm}" for arm in ("e", "c") if f"icc_borrowed_{arm}" in given]
    changes = [(f"ICC {icc:g} instead of {BORROWED_ICC:g}", dict.fromkeys(borrowed_icc, icc)) for icc in OTHER_ICCS if borrowed_icc]
    changes += [(f"correlation {r:g}", {"r": r}) for r in OTHER_CORRELATIONS if "r_borrowed" in given]
    return tuple((label, effect_of(_with(result, change), study=study, outcome=outcome)) for label, change in changes)


def _with(result: Result, change: Mapping[str, float]) -> Result:
    numbers = result.numbers
    return replace(result, numbers=Numbers.of(numbers.route, {**numbers.as_entered(), **change}))


def as_means(numbers: Numbers) -> Numbers | None:
    """Return mean and SD in each arm as they follow from what was entered, None where a route gives none. Raises EffectSizeError."""
    if numbers.route == "means":
        return numbers
    if numbers.route not in MEANS_LIKE:
        return None
    arms = {which: arm_in_means(numbers.as_entered(), which, numbers.route) for which in ("e", "c")}
    return Numbers.of("means", {f"{name}_{which}": value for which, arm in arms.items()
                                for name, value in (("n", int(arm.n)), ("mean", arm.mean), ("sd", arm.sd))})


def _computed(numbers: Numbers, study: str, outcome: Outcome) -> Effect:
    given = numbers.as_entered()
    effect = from_numbers(given, numbers.route, outcome.measure, study)
    borrowed = [step for name, step in _BORROWED if name in given]
    clustered = ["design-effect"] if any(f"cluster_size_{arm}" in given for arm in ("e", "c")) else []
    combined = ["arms-combined"] if any(f"n_{arm}2" in given for arm in ("e", "c")) else []
    steps = [*_PREPARED.get(numbers.route, ()), *combined, *clustered, *dict.fromkeys(borrowed), effect.formula]
    return replace(effect, formula=THEN.join(steps), route=numbers.route, n_e=numbers.analysed("e"), n_c=numbers.analysed("c"))


_BORROWED = (("icc_borrowed_e", "icc-borrowed"), ("icc_borrowed_c", "icc-borrowed"), ("r_borrowed", "correlation-borrowed"))
_PREPARED = {
    "means_se": ("sd-from-se",), "means_ci": ("sd-from-interval",), "median_quartiles": ("means-from-medians",),
    "median_range": ("means-from-medians",), "five_numbers": ("means-from-medians",), "f": ("t-from-f",),
}

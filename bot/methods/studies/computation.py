"""From a result as entered to its effect, turned as the outcome says. The formulas themselves: bot/methods/synthesis/effect_sizes.py."""

from __future__ import annotations

from bot.domain.effects import Effect
from bot.domain.outcomes import Outcome
from bot.domain.results import Numbers, Result
from bot.errors import EffectSizeError
from bot.methods.synthesis import effect_sizes

# Which routes lead to an effect on each measure.
ROUTES_TO = {
    "SMD": ("means", "events", "smd"),
    "MD": ("means",),
    "RR": ("events",),
    "OR": ("events",),
    "RD": ("events",),
}


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


def _computed(numbers: Numbers, study: str, outcome: Outcome) -> Effect:
    if numbers.route == "smd":
        return effect_sizes.from_reported_smd(smd=numbers.smd, n_e=numbers.n_e, n_c=numbers.n_c, study=study)
    if numbers.route == "means":
        compute = effect_sizes.mean_difference if outcome.measure == "MD" else effect_sizes.standardised_mean_difference
        return compute(mean_e=numbers.mean_e, sd_e=numbers.sd_e, n_e=numbers.n_e, mean_c=numbers.mean_c, sd_c=numbers.sd_c, n_c=numbers.n_c,
                       study=study)
    from_counts = {"SMD": effect_sizes.from_events, "RR": effect_sizes.risk_ratio, "OR": effect_sizes.odds_ratio,
                   "RD": effect_sizes.risk_difference}[outcome.measure]
    return from_counts(events_e=numbers.events_e, n_e=numbers.n_e, events_c=numbers.events_c, n_c=numbers.n_c, study=study)

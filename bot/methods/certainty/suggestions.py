"""What the data suggest for each domain of GRADE, with the reason and the thresholds. A person decides; none of this overwrites a rating.

Source of the rules: GRADE guidelines 4 to 9, 34 and 35 and Core GRADE 2 (BMJ 2025;389:e081904); where they leave a number to judgement,
the protocol's threshold is used (body.py). Steps are 0, -1 or -2; None where the data cannot say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from bot.methods.certainty.body import RATIOS, SEVERE, Body, Thresholds
from bot.methods.certainty.information_size import optimal_information_size

DOMAINS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the data suggest for one domain. steps: down, None where a person alone can say. suspected: a flag without a step.

    reason: a sentence with the figures. thresholds: name → value, as they were used.
    """

    domain: str
    steps: int | None
    reason: str
    thresholds: Mapping[str, float]
    suspected: bool = False


def suggest(body: Body, thresholds: Thresholds) -> tuple[Suggestion, ...]:
    """Return one suggestion per domain, in the order of DOMAINS."""
    rules: dict[str, Callable[[Body, Thresholds], Suggestion]] = {
        "risk_of_bias": _risk_of_bias, "inconsistency": _inconsistency, "indirectness": _indirectness, "imprecision": _imprecision,
        "publication_bias": _publication_bias}
    return tuple(rules[domain](body, thresholds) for domain in DOMAINS)


def _risk_of_bias(body: Body, limits: Thresholds) -> Suggestion:
    used = {"low_share": limits.low_share, "high_share": limits.high_share}
    unsigned = [one.study for one in body.members if not one.risk]
    if unsigned:
        return Suggestion("risk_of_bias", None, f"{len(unsigned)} of {body.k} results have no signed judgement ({_some(unsigned)}).", used)
    low = _share(body, lambda risk: risk == "low")
    high = _share(body, lambda risk: risk in SEVERE)
    said = f"{low:.0f}% of the weight at low and {high:.0f}% at high risk of bias"
    moved = _moves_without_high(body, limits)
    if high >= 100 - 1e-9:
        return Suggestion("risk_of_bias", -2, f"{said}: all of it.", used)
    if body.design == "non_randomised":
        # By ROBINS-I a body starts high and is rated down here; moderate risk stands for a good, not a randomised, study.
        steps = -2 if high > limits.high_share else -1 if low < limits.low_share else 0
        return Suggestion("risk_of_bias", steps, f"{said}; confounding and selection are judged by ROBINS-I.", used)
    if high > limits.high_share or moved:
        why = ": without the results at high risk the conclusion moves across the threshold" if moved else f": more than {limits.high_share:g}%"
        return Suggestion("risk_of_bias", -1, f"{said}{why}.", used)
    if low < limits.low_share and _moves(body, body.low_alone, limits):
        return Suggestion("risk_of_bias", -1, f"{said}: those at low risk alone lie on another side of the threshold.", used)
    why = f"at least {limits.low_share:g}% low" if low >= limits.low_share else "without those at high risk the conclusion stays"
    return Suggestion("risk_of_bias", 0, f"{said}; {why}.", used)


def _moves_without_high(body: Body, limits: Thresholds) -> bool:
    """Return whether leaving out high risk of bias moves the estimate to another side of a threshold."""
    return _moves(body, body.without_high, limits)


def _moves(body: Body, other: float | None, limits: Thresholds) -> bool:
    cuts = (0.0,) if limits.mid is None else (-limits.mid, limits.mid)
    return other is not None and any((body.estimate < cut) != (other < cut) for cut in cuts)


def _share(body: Body, counts: Callable[[str], bool]) -> float:
    total = sum(one.weight for one in body.members)
    return 100 * sum(one.weight for one in body.members if counts(one.risk)) / total if total else 0.0


def _inconsistency(body: Body, limits: Thresholds) -> Suggestion:
    used: dict[str, float] = {"few": limits.few} | ({"mid": limits.mid} if limits.mid is not None else {})
    if body.k == 1:
        return Suggestion("inconsistency", 0, "One study: there is nothing to compare it with.", used)
    if body.k < limits.few or body.pi_low is None or body.pi_high is None:
        return _by_overlap(body, limits, used)
    steps, why = _by_prediction(body, limits, body.pi_low, body.pi_high)
    heterogeneity = "" if body.i2 is None else f" I² is {body.i2:.0f}%."
    return Suggestion("inconsistency", steps, f"{why}{heterogeneity}", used)


def _by_prediction(body: Body, limits: Thresholds, low: float, high: float) -> tuple[int, str]:
    """Return the steps and the reason by where a new study may lie, compared with where the mean may lie."""
    size = limits.mid or 0.0
    spans_both = low < -size and high > size
    if limits.mid is not None and spans_both and not (body.ci_low < -size and body.ci_high > size):
        return -2, "In a new setting the effect may be important in either direction, while the mean is not that uncertain."
    benefit_and_harm = low < 0 < high and (low < -size or high > size)
    if benefit_and_harm and not body.ci_low < 0 < body.ci_high:
        return -1, "In a new setting the effect may lie on either side of no difference, while the mean does not."
    return 0, "Where the effect may lie in a new setting tells the same as the mean."


def _by_overlap(body: Body, limits: Thresholds, used: Mapping[str, float]) -> Suggestion:
    """Judge few studies by their directions and by whether their intervals overlap: a prediction interval from few says little."""
    apart = [(one.study, other.study) for one, other in combinations(body.members, 2)
             if one.ci_high < other.ci_low or other.ci_high < one.ci_low]
    cut = 0.0 if limits.mid is None else math.copysign(limits.mid, body.estimate)
    either_side = len({one.estimate < cut for one in body.members}) == 2
    opposite = len({one.estimate < 0 for one in body.members}) == 2
    if apart and either_side:
        words = f"{apart[0][0]} and {apart[0][1]} do not overlap, and results lie on either side of {'no difference' if not cut else 'the MID'}"
        return Suggestion("inconsistency", -2 if opposite else -1, f"{body.k} studies, too few for a prediction interval: {words}.", used)
    overlap = "not all intervals overlap" if apart else "all intervals overlap"
    direction = "directions differ" if opposite else "one direction"
    return Suggestion("inconsistency", 0, f"{body.k} studies, too few for a prediction interval: {overlap}, {direction}.", used)


def _indirectness(body: Body, _limits: Thresholds) -> Suggestion:
    if not body.mismatches:
        return Suggestion("indirectness", None, "No difference from the question was noted; whether that is so, a person says.", {})
    return Suggestion("indirectness", None, " ".join(body.mismatches), {})


def _imprecision(body: Body, limits: Thresholds) -> Suggestion:
    cuts = (0.0,) if limits.mid is None else (-limits.mid, limits.mid)
    crossed = sum(body.ci_low < cut < body.ci_high for cut in cuts)
    name = "no difference (no smallest important difference is stated)" if limits.mid is None else "the smallest important difference"
    size = optimal_information_size(body, limits)
    used = {name: value for name, value in (("mid", limits.mid), ("optimal_information_size", size), ("alpha", limits.alpha),
                                            ("power", limits.power)) if value is not None}
    if crossed:
        where = "in both directions" if crossed == 2 else ""
        return Suggestion("imprecision", -crossed, " ".join(f"The interval crosses {name} {where}".split()) + f".{_sample(body, size)}", used)
    if size is not None and body.participants is not None and body.participants < size:
        return Suggestion("imprecision", -1, f"The interval crosses nothing that matters, but the sample is small.{_sample(body, size)}", used)
    return Suggestion("imprecision", 0, f"The interval does not cross {name}.{_sample(body, size)}", used)


def _sample(body: Body, size: float | None) -> str:
    have = "an unknown number of" if body.participants is None else f"{body.participants:,}"
    if size is None:
        return f" {have.capitalize()} participants; what would be enough cannot be reckoned here."
    return f" {have.capitalize()} participants; {size:,.0f} would be enough for one trial to show it (optimal information size)."


def _publication_bias(body: Body, limits: Thresholds) -> Suggestion:
    used = {"small_study_p": limits.small_study_p, "small_study_k": limits.small_study_k, "silent_share": limits.silent_share,
            "unreported": limits.unreported}
    reasons = []
    if len(body.unreported) >= limits.unreported:
        reasons.append(f"{len(body.unreported)} registered trials are over and have told nothing ({_some(list(body.unreported))})")
    if body.k >= limits.small_study_k and body.small_study_p is not None and body.small_study_p < limits.small_study_p:
        reasons.append(f"smaller studies differ from larger ones (p = {body.small_study_p:.2f})")
    silent = sum(one.participants or 0 for one in body.silent)
    share = 100 * silent / (silent + (body.participants or 0)) if silent else 0.0
    if body.silent and (share >= limits.silent_share or any(one.participants is None for one in body.silent)):
        reasons.append(f"{len(body.silent)} studies measured it and gave no usable number ({_some([one.study for one in body.silent])})")
    if reasons:
        return Suggestion("publication_bias", 0, f"Suspected: {'; '.join(reasons)}.", used, suspected=True)
    told = "" if body.k >= limits.small_study_k else f" With {body.k} studies no test of small studies is made."
    return Suggestion("publication_bias", 0, f"Nothing raises a suspicion.{told}", used)


def upwards(body: Body) -> tuple[Suggestion, ...]:
    """Return the reasons for which a non-randomised body may be rated up, none for a randomised one. Two of them a person alone can see."""
    if body.design != "non_randomised":
        return ()
    found = large_effect(body)
    asked = (Suggestion("dose_response", 0, "Only where more of the programme goes with more of the effect, study by study.", {}),
             Suggestion("confounding", 0, "Only where everything that was not accounted for would have made the effect look smaller.", {}))
    return (found, *asked) if found else asked


def large_effect(body: Body) -> Suggestion | None:
    """Return what speaks for rating a non-randomised body up for a large effect (GRADE 9), None where nothing does."""
    if body.design != "non_randomised" or body.measure not in RATIOS:
        return None
    # The end of the interval nearest no difference: an effect that may be small is not called large.
    nearest = 0.0 if body.ci_low <= 0 <= body.ci_high else min(abs(body.ci_low), abs(body.ci_high))
    steps = 2 if nearest > math.log(5) else 1 if nearest > math.log(2) else 0
    if not steps:
        return None
    return Suggestion("large_effect", steps, f"The ratio is beyond {5 if steps == 2 else 2} or its reciprocal, with its whole interval.",
                      {"large": 2.0, "very_large": 5.0})


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

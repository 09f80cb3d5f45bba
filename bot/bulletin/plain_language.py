"""Sentences that say what a result means, for readers who are no statisticians. Numbers in tables: compose.py.

No certainty is rated here: until somebody has signed a rating, every answer is called provisional. Nothing is ever called
significant or not; an interval is described by where it reaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.bulletin.material import Result, TrialResult
from bot.bulletin.numbers import interval, signed
from bot.domain.outcomes import Change, Outcome

PROVISIONAL = "Trials found so far, incomplete, risk of bias not appraised: provisional."
# Said of an outcome whose risk of bias and certainty are signed.
RATED = "Trials found so far; that the set is complete has not been signed."
UNRATED = "Risk of bias and certainty have not been signed: provisional."
COMPLETE = "An editor signed that this set of trials is complete to {day}."
MEASURES = {
    "SMD": "standardised mean difference", "MD": "mean difference", "RR": "risk ratio", "OR": "odds ratio", "RD": "risk difference",
}
# What a reader must know of each measure, once, in a sentence.
EXPLAINED = {
    "SMD": "how far apart the groups were, counted in standard deviations, so that different questionnaires can be put together; 0 means no "
           "difference",
    "MD": "how far apart the groups were, in points of the scale; 0 means no difference",
    "RR": "how many times as often something happened; 1 means no difference",
    "OR": "how many times as high the odds of something were; 1 means no difference",
    "RD": "how much more or less often something happened; 0 means no difference",
}
FEW = 3


def explained(measures: Sequence[str]) -> list[dict[str, str]]:
    """Return each of these measures once, with its name and what it means, in the order of MEASURES."""
    return [{"short": one, "name": MEASURES[one], "meaning": EXPLAINED[one]} for one in MEASURES if one in measures]


def answer(outcome: Outcome, intervention: str, result: Result | None, trials: Sequence[TrialResult]) -> str:
    """Return what the trials found so far say about an outcome, in one or two sentences without statistics."""
    if result is None or not trials:
        return _nothing(outcome)
    if result.k == 1:
        return _one(outcome, intervention, result, trials[0])
    if result.is_few:
        return _few(outcome, intervention, result, trials)
    said = f"In the {result.k} trials found so far{people(result.participants)}, {intervention} {_on_average(outcome, result.estimate)}."
    return f"{said} {reach(outcome, result.ci_low, result.ci_high)}"


def published_answer(outcome: Outcome, intervention: str, short: str, lead: Mapping[str, Any]) -> str:
    """Return what a published estimate says in a sentence, for where it leads. lead: estimate, ci_low, ci_high, words, updated."""
    since = ", brought up to date with the trials since (approximately)" if lead["updated"] else ""
    said = f"In the published review {short}{since}, {intervention} {_on_average(outcome, lead['estimate'])}: {lead['words']}."
    if lead["measure"] != outcome.measure or lead["favours"] not in ("", outcome.direction):
        # Its numbers lie on another scale than ours, or the other way round: they are given, not read.
        return f"The published review {short} gives {lead['words']}{since}."
    return f"{said} {reach(outcome, lead['ci_low'], lead['ci_high'])}"


def figures(outcome: Outcome, result: Result | None, trials: Sequence[TrialResult]) -> str:
    """Return the numbers behind an answer: measure, estimate, interval; of two or three trials each by itself too; "" if there are none."""
    if result is None:
        return ""
    if result.is_few:
        each = "; ".join(f"{one.study} {signed(one.estimate)} {interval(one.ci_low, one.ci_high)}" for one in trials)
        return f"{_cautious(outcome, result)}Each trial by itself, {outcome.measure} with its 95% confidence interval: {each}"
    words = f"{outcome.measure} {signed(result.estimate)} {interval(result.ci_low, result.ci_high)[:-1]}, 95% confidence interval)"
    return f"One trial: {words}" if result.k == 1 else words


def prediction(outcome: Outcome, result: Result | None) -> str:
    """Return what a new setting may see, or that too few trials can tell; "" where nothing is pooled."""
    if result is None or not result.pooled:
        return ""
    if result.k <= FEW or result.pi_low is None or result.pi_high is None:
        return f"{result.k} trials are too few to say how much results differ from place to place."
    words = interval(result.pi_low, result.pi_high)[1:-1]
    if sides(outcome, result.pi_low, result.pi_high) == (True, True):
        return f"In a new setting the effect may lie anywhere from {words}: on either side of no difference."
    return f"In a new setting the effect may lie anywhere from {words}."


def in_points(outcome: Outcome, result: Result | None) -> str:
    """Return a standardised difference in points of a familiar instrument, as an aid to reading; "" where there is none."""
    instrument = next((one for one in outcome.instruments if one.reference_sd), None)
    if result is None or outcome.measure != "SMD" or instrument is None or instrument.reference_sd is None or result.k <= FEW:
        return ""
    points = abs(result.estimate) * instrument.reference_sd
    span = f", a scale from {instrument.low:g} to {instrument.high:g}" if instrument.low is not None and instrument.high is not None else ""
    side = "lower" if result.estimate < 0 else "higher"
    return f"About {points:.1f} points {side} on the {instrument.name}{span} (an aid to reading: 1 SD is {instrument.reference_sd:g} points)."


def reach(outcome: Outcome, low: float, high: float) -> str:
    """Return where an interval reaches, in words."""
    below, above = sides(outcome, low, high)
    if below and above:
        first, second = _change(outcome, _below(outcome)), _change(outcome, _above(outcome))
        return f"The interval reaches from {_article(first.noun)} to {_article(second.noun)}: the direction is not settled."
    change = _change(outcome, _below(outcome) if below else _above(outcome))
    return f"The whole interval lies on the side of {_article(change.noun)}."


def sides(outcome: Outcome, low: float, high: float) -> tuple[bool, bool]:
    """Return whether an interval reaches below, and above, no difference."""
    return low < null(outcome), high > null(outcome)


def null(outcome: Outcome) -> float:
    """Return the value that means no difference."""
    return 1.0 if outcome.is_ratio else 0.0


def people(count: int | None) -> str:
    """Return " (1,275 people)", or nothing where the number is not known."""
    return f" ({count:,} people)" if count else ""


def alt_text(outcome: Outcome, intervention: str, result: Result | None, trials: Sequence[TrialResult]) -> str:
    """Return what a forest plot shows, for those who do not see it."""
    noun = "one trial" if len(trials) == 1 else f"{len(trials)} trials"
    finding = answer(outcome, intervention, result, trials)
    numbers = figures(outcome, result, trials)
    return f"Forest plot, {outcome.label.lower()}, {noun}. {finding} {numbers}.".replace("..", ".")


def favours(outcome: Outcome, intervention: str) -> tuple[str, str]:
    """Return what is written under the left and the right half of a forest plot."""
    ours, theirs = f"favours {intervention}", "favours comparison"
    return (ours, theirs) if outcome.direction == "lower" else (theirs, ours)


def _nothing(outcome: Outcome) -> str:
    if outcome.harm:
        return (f"No trial with usable counts of {outcome.phrase} has been confirmed so far. "
                "That harm was not reported does not mean that there was none.")
    return f"No trial with a usable result for {outcome.phrase} has been confirmed so far. That is a gap, not a finding of no effect."


def _one(outcome: Outcome, intervention: str, result: Result, trial: TrialResult) -> str:
    said = f"One trial so far, {trial.study}{people(result.participants)}: {intervention} {_on_average(outcome, result.estimate, 'there')}."
    return f"{said} {reach(outcome, result.ci_low, result.ci_high)} One trial cannot settle the question."


def _few(outcome: Outcome, intervention: str, result: Result, trials: Sequence[TrialResult]) -> str:
    lowest, highest = min(trial.estimate for trial in trials), max(trial.estimate for trial in trials)
    below, above = sides(outcome, lowest, highest)
    count = {2: "Two", 3: "Three"}.get(result.k, str(result.k))
    if below and above:
        said = "their results point in different directions"
    else:
        change = _change(outcome, _below(outcome) if below else _above(outcome))
        said = f"their results lean towards {_article(change.noun)} in {outcome.phrase} with {intervention}"
    begun = f"{count} trials so far{people(result.participants)}: {said}."
    if result.cautious is None:
        return f"{begun} That is too few for one dependable number."
    found = result.cautious
    together = f"Together, and estimated with caution, {intervention} {_on_average(outcome, found.estimate)}."
    return f"{begun} {together} {reach(outcome, found.ci_low, found.ci_high)}"


def _cautious(outcome: Outcome, result: Result) -> str:
    found = result.cautious
    if found is None:
        return ""
    return (f"A cautious estimate that takes into account how few trials there are: {outcome.measure} {signed(found.estimate)} "
            f"{interval(found.ci_low, found.ci_high)[:-1]}, 95% credible interval). ")


def _on_average(outcome: Outcome, estimate: float, where: str = "on average") -> str:
    if abs(estimate - null(outcome)) < 0.005:
        return f"made about no difference to {outcome.phrase} {where}"
    change = _change(outcome, _below(outcome) if estimate < null(outcome) else _above(outcome))
    return f"went with {_article(change.noun)} in {outcome.phrase} {where}"


def _below(outcome: Outcome) -> bool:
    """Return whether values below no difference favour the intervention."""
    return outcome.direction == "lower"


def _above(outcome: Outcome) -> bool:
    return outcome.direction != "lower"


def _change(outcome: Outcome, favourable: bool) -> Change:
    return outcome.better if favourable else outcome.worse


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"

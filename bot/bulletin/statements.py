"""The one sentence that says what a rated body of evidence means: its verb from the certainty, its size from the estimate.

The grid is GRADE's (guidelines 26, Santesso 2020; Cochrane Handbook table 15.6.b); the wording is ours. Never "no effect", never
"significant"; very low certainty has no size at all.
"""

from __future__ import annotations

from bot.bulletin.material import Rating
from bot.domain.outcomes import Change, Outcome

VERBS = {"high": "", "moderate": "probably ", "low": "may "}
TRIVIAL, SMALL, LARGE = 0, 1, 3


def statement(outcome: Outcome, intervention: str, rating: Rating) -> str:
    """Return the sentence. Without bands of its own an outcome has a direction and no size word."""
    name = f"{intervention[:1].upper()}{intervention[1:]}"
    if rating.level == "very low":
        return f"We are very uncertain about the effect of {intervention} on {outcome.phrase}."
    change = outcome.better if rating.favours else outcome.worse
    may = rating.level == "low"
    return f"{name} {VERBS[rating.level]}{_effect(outcome, change, rating.size, plain=may)}."


def _effect(outcome: Outcome, change: Change, size: int | None, *, plain: bool) -> str:
    """Return what follows the verb. plain: after "may", the verb has no ending."""
    results, verb = ("result" if plain else "results"), (change.verb if plain else change.verbs)
    if size == TRIVIAL:
        return f"{'make' if plain else 'makes'} little to no difference to {outcome.phrase}"
    if size == LARGE:
        return f"{results} in a large {change.noun} in {outcome.phrase}"
    return f"{verb} {outcome.phrase}{' slightly' if size == SMALL else ''}"

"""Levels of certainty, from the start of a body of evidence down and up by what a person signed for each domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from bot.errors import SynthesisError
from bot.methods.certainty.suggestions import DOMAINS

UP = ("large_effect", "dose_response", "confounding")
DEEPEST = {"imprecision": -3}


class Level(StrEnum):
    """GRADE's four levels."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    VERY_LOW = "very low"


LADDER = (Level.VERY_LOW, Level.LOW, Level.MODERATE, Level.HIGH)
SIGNS = {Level.HIGH: "⊕⊕⊕⊕", Level.MODERATE: "⊕⊕⊕⊖", Level.LOW: "⊕⊕⊖⊖", Level.VERY_LOW: "⊕⊖⊖⊖"}


def start_of(design: str, tools: Collection[str]) -> Level:
    """Return where a body of evidence starts. tools: by which the risk of bias of its results was judged, as far as it was.

    Randomised trials start high; so do non-randomised studies whose risk of bias was judged by ROBINS-I, which takes them down; without it
    they start low (GRADE 18, Schünemann 2019, doi:10.1016/j.jclinepi.2018.01.012).
    """
    return Level.LOW if design == "non_randomised" and set(tools) - {"robins_i"} else Level.HIGH


def level_of(steps: Mapping[str, int], *, design: str, start: Level = Level.HIGH) -> Level:
    """Return the level that signed steps give. steps: domain → 0 or less, and reasons to rate up → 0 or more; every domain must be there.

    start: by start_of. A body is rated up only if it is non-randomised and was rated down for nothing but, where ROBINS-I does that, risk of
    bias. Raises SynthesisError that names the domain which is missing or out of range.
    """
    missing = [domain for domain in DOMAINS if domain not in steps]
    if missing:
        raise SynthesisError(f"no decision on {missing[0].replace('_', ' ')}; every domain needs one: {', '.join(DOMAINS)}")
    for name, step in steps.items():
        _check(name, step)
    down, up = sum(steps[domain] for domain in DOMAINS), sum(step for name, step in steps.items() if name in UP)
    allowed_down = {"risk_of_bias"} if start is Level.HIGH else set()
    if up and (design != "non_randomised" or any(steps[domain] for domain in DOMAINS if domain not in allowed_down)):
        raise SynthesisError("rated up although randomised, or although rated down elsewhere; take back one of the two")
    return LADDER[max(0, min(3, LADDER.index(start) + down + up))]


def _check(name: str, step: int) -> None:
    if name in DOMAINS:
        lowest = DEEPEST.get(name, -2)
        if not lowest <= step <= 0:
            raise SynthesisError(f"{name.replace('_', ' ')}: {step} steps; allowed: {lowest} to 0")
    elif name not in UP:
        raise SynthesisError(f"{name!r} is no domain; allowed: {', '.join((*DOMAINS, *UP))}")
    elif not 0 <= step <= 2:
        raise SynthesisError(f"{name.replace('_', ' ')}: {step} steps; allowed: 0 to 2")

"""A body of evidence as GRADE rates it: one outcome, one comparison, one window, randomised or not; and the thresholds of its protocol.

All effects are on the scale of pooling: ratios as natural logarithms, so that 0 is no difference everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.errors import SynthesisError

RATIOS = frozenset({"RR", "OR"})
SEVERE = frozenset({"high", "serious", "critical"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a protocol has fixed before it sees the data.

    mid: the smallest difference that matters, > 0, on the scale of pooling; None where nobody has stated one with a source.
    fallback: what stands in for it when sample sizes are reckoned, labelled so; None for nothing. low_share, high_share: per cent of the
    pooled weight at low, and above which at high risk of bias. few: below so many studies no prediction interval is looked at.
    alpha, power: of the optimal information size. small_study_p: below it the small-study test raises a suspicion, from small_study_k
    studies on. silent_share: per cent of all participants in results that could not be used, from which on a suspicion is raised.
    unreported: from so many registered trials that are over and have told nothing.
    Shares and limits without a published norm are ours (GRADE leaves them to judgement); a protocol may set others.
    """

    mid: float | None
    fallback: float | None = None
    low_share: float = 75.0
    high_share: float = 50.0
    few: int = 5
    alpha: float = 0.05
    power: float = 0.8
    small_study_p: float = 0.1
    small_study_k: int = 10
    silent_share: float = 20.0
    unreported: int = 1

    def __post_init__(self) -> None:
        for name in ("mid", "fallback"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SynthesisError(f"{name} is {value}; allowed: a number above 0 on the scale of pooling, or none")


@dataclass(frozen=True, slots=True)
class Member:
    """One study of the body. weight: per cent of the pooled weight. risk: the overall judgement as signed, "" while there is none."""

    study: str
    estimate: float
    ci_low: float
    ci_high: float
    weight: float
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """A study that measured the outcome and has no usable number. known: what it says of it ("n.s.", "figure only")."""

    study: str
    participants: int | None
    known: str


@dataclass(frozen=True, slots=True)
class Body:
    """One body of evidence.

    design: `randomised` or `non_randomised`. measure: SMD, MD, RR, OR, RD. estimate, ci_low, ci_high: of the number that leads.
    pi_low, pi_high: its prediction interval, None where there is none. without_high: the estimate without results at high risk of bias,
    None where nothing is left or nothing was left out. participants: analysed, None if unknown. comparator_risk: share with an event in
    the comparator arms, for ratios. sd: standard deviation of the outcome in its units, for MD. mismatches: how participants,
    interventions, comparators or outcomes differ from the question, each a sentence. low_alone: the estimate of the results at low risk of
    bias, None where there are none or no others. unreported: registered trials that are over and have told nothing.
    """

    design: str
    measure: str
    members: tuple[Member, ...]
    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float | None = None
    pi_high: float | None = None
    i2: float | None = None
    without_high: float | None = None
    participants: int | None = None
    comparator_risk: float | None = None
    sd: float | None = None
    small_study_p: float | None = None
    silent: tuple[Silent, ...] = ()
    mismatches: tuple[str, ...] = ()
    low_alone: float | None = None
    unreported: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.members:
            raise SynthesisError("a body of evidence without a study cannot be rated; say that there is no evidence instead")
        if not all(map(math.isfinite, (self.estimate, self.ci_low, self.ci_high))):
            raise SynthesisError(f"the interval of the estimate, {self.ci_low} to {self.ci_high}, is not finite; rate it by hand")

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.members)

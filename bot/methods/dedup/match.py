"""Compare two records: the same report, different ones, or so alike that a person is asked. Which to compare: keys.py; many: clusters.py."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.records import Record
from bot.methods.dedup.agreement import agreement_of
from bot.methods.dedup.profiles import Profile, cached_profile
from bot.methods.dedup.rules import LIMITS, Limits, Verdict, verdict_on

__all__ = ["LIMITS", "Limits", "Match", "Verdict", "compare", "judge"]

LEAST = {Verdict.SAME: 0.8, Verdict.ASK: 0.5, Verdict.DIFFERENT: 0.0}
ROOM = {Verdict.SAME: 0.2, Verdict.ASK: 0.29, Verdict.DIFFERENT: 0.49}


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a comparison.

    score: 0 to 1, SAME from 0.8, ASK from 0.5; reason: a sentence; differences: fields that both have and that differ.
    """

    verdict: Verdict
    score: float
    reason: str
    differences: tuple[str, ...] = ()

    @property
    def excludes(self) -> bool:
        """Whether the two can share no report, whatever a third record seems to say."""
        differ = set(self.differences)
        told_apart = {"kind", "PMID"} & differ or {"volume", "pages"} <= differ or {"DOI", "pages"} <= differ
        return self.verdict is Verdict.DIFFERENT and bool(told_apart)


def compare(a: Record, b: Record) -> Match:
    """Return whether two records cite one report. Order does not matter."""
    return judge(cached_profile(a), cached_profile(b))


def judge(a: Profile, b: Profile, limits: Limits = LIMITS) -> Match:
    """Return the outcome of comparing two profiles."""
    found = agreement_of(a, b)
    verdict, why = verdict_on(found, limits)
    return Match(verdict, round(LEAST[verdict] + ROOM[verdict] * found.share, 4), found.sentence(why), found.differences)

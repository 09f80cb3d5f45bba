"""Compare two records: the same report, different ones, or so alike that a person is asked. Which to compare: keys.py; many: clusters.py."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.records import Record
from bot.methods.dedup.agreement import agreement_of
from bot.methods.dedup.profiles import Profile, cached_profile
from bot.methods.dedup.rules import LIMITS, Limits, Verdict, score_of, verdict_on

__all__ = ["LIMITS", "Limits", "Match", "Verdict", "compare", "judge"]


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a comparison.

    score: 0 to 1, SAME from 0.8, ASK from 0.5; reason: a sentence; differences: fields that both have and that differ.
    """

    verdict: Verdict
    score: float
    reason: str
    differences: tuple[str, ...] = ()


def compare(a: Record, b: Record) -> Match:
    """Return whether two records cite one report. Order does not matter."""
    return judge(cached_profile(a), cached_profile(b))


def judge(a: Profile, b: Profile, limits: Limits = LIMITS) -> Match:
    """Return the outcome of comparing two profiles."""
    found = agreement_of(a, b)
    verdict, why = verdict_on(found, limits)
    return Match(verdict, score_of(verdict, found), found.sentence(why), found.differences)

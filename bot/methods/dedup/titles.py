"""How alike two titles are: the same, one cut short, spelt otherwise, or other words. What follows from it: match.py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from rapidfuzz import fuzz

SHORTEST_CUT = 20
NEAR = 70.0
# Two spellings of one word, not two words: haemolytic and hemolytic, but not adult and adolescent.
ONE_WORD = 75.0


class Likeness(Enum):
    """How two titles compare."""

    EXACT = "exact"
    CUT = "cut short"
    NEAR = "near"
    FAR = "far"
    UNKNOWN = "unknown"


RECURRING = re.compile(
    r"editor|introduction|preface|foreword|comments?\b|news|notes?\b|contents|index|obituar|book reviews?|in memoriam|letters?\b"
    r"|abstracts?\b|calendar|announcement|acknowledge?ment|about the authors?|issue|proceedings|annual meeting|reviewers|from the"
)
LONGEST_RECURRING = 60


def recurs(title: str, length: int) -> bool:
    """Return whether a title is one that issue after issue may bear ("Editor's comments"), or too short to tell. title: folded."""
    return length < SHORTEST_CUT or (length < LONGEST_RECURRING and RECURRING.search(title) is not None)


def likeness_of(one: str, other: str) -> tuple[Likeness, float]:
    """Return how alike two titles are, run together, and per cent: one that is contained in the other counts as cut short."""
    if not one or not other:
        return Likeness.UNKNOWN, 0.0
    if one == other:
        return Likeness.EXACT, 100.0
    short, long = sorted((one, other), key=len)
    percent = fuzz.ratio(short, long)
    if len(short) >= SHORTEST_CUT and short in long:
        return Likeness.CUT, max(percent, NEAR)
    return (Likeness.NEAR if percent >= NEAR else Likeness.FAR), percent


def broken(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one of two titles ends within a word of the other: it was cut by a platform, and is no other title."""
    short, long = sorted((list(one), list(other)), key=len)
    last = len(short) - 1
    return last >= 3 and short[:last] == long[:last] and long[last].startswith(short[last]) and long[last] != short[last]


def reworded(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether each of two titles has a word that the other has in no spelling."""
    mine, theirs = set(one) - set(other), set(other) - set(one)
    return _foreign(mine, "".join(other), theirs) and _foreign(theirs, "".join(one), mine)


def _foreign(words: set[str], whole: str, others: set[str]) -> bool:
    return any(
        len(word) > 2 and word not in whole and all(fuzz.ratio(word, other) < ONE_WORD for other in others) for word in words
    )

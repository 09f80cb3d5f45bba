"""How many relevant records were missed, at most: from a random sample of what was not shown. Agreement of people: agreement.py."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class RecallBound:
    """found: relevant among what was shown. audited: records of the rest that were read at random; missed: relevant among those.

    unshown: size of the rest, the audited ones included. estimate: recall as the sample says it; lower: its one-sided lower bound.
    """

    found: int
    unshown: int
    audited: int
    missed: int
    estimate: float
    lower: float
    confidence: float


def recall_bound(*, found: int, unshown: int, audited: int, missed: int, confidence: float = 0.95) -> RecallBound:
    """Return the recall that a random audit speaks for, and its lower bound, exact for sampling without replacement.

    The bound is the recall with the most relevant records left in the rest that the sample does not contradict at this confidence.
    Nothing audited: the bound is what is left when all of the rest were relevant. Raises InvalidInputError unless
    0 ≤ missed ≤ audited ≤ unshown and 0 ≤ found.
    """
    if not 0 <= missed <= audited <= unshown or found < 0:
        raise InvalidInputError(f"found {found}, missed {missed}, audited {audited}, unshown {unshown}: "
                                "needed are 0 ≤ missed ≤ audited ≤ unshown, and found ≥ 0")
    most = _most_relevant(unshown, audited, missed, 1 - confidence)
    likely = missed * unshown / audited if audited else float(unshown)
    return RecallBound(found, unshown, audited, missed, _recall(found + missed, likely - missed),
                       _recall(found + missed, most - missed), confidence)


def clopper_pearson(found: int, relevant: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the one-sided lower and the one-sided upper bound of found/relevant, relevant ≥ 1. Source: Clopper & Pearson 1934."""
    if not 0 <= found <= relevant or relevant < 1:
        raise InvalidInputError(f"{found} found of {relevant} relevant: needed are 0 ≤ found ≤ relevant and relevant ≥ 1")
    from scipy.stats import beta  # 50 MB: only where it is asked for

    lower = 0.0 if found == 0 else float(beta.ppf(1 - confidence, found, relevant - found + 1))
    upper = 1.0 if found == relevant else float(beta.ppf(confidence, found + 1, relevant - found))
    return lower, upper


def _most_relevant(unshown: int, audited: int, missed: int, error: float) -> int:
    """The largest number of relevant records in the rest under which so few in the sample are not rarer than `error`; by bisection."""
    from scipy.stats import hypergeom  # 50 MB: only where it is asked for

    low, high = missed, unshown - (audited - missed)
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeom.cdf(missed, unshown, middle, audited) > error:
            low = middle
        else:
            high = middle - 1
    return low


def _recall(found: float, left: float) -> float:
    # With nothing found and nothing left there is nothing to miss, but nothing is known either.
    return found / (found + left) if found + left > 0 else 0.0

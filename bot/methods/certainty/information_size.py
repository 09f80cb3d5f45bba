"""How many participants one trial would need to show the smallest important difference: GRADE's optimal information size."""

from __future__ import annotations

import math
from statistics import NormalDist

from bot.methods.certainty.body import Body, Thresholds


def optimal_information_size(body: Body, limits: Thresholds) -> float | None:
    """Return participants in two equal arms together, two-sided alpha; None where a difference, an SD or a risk is missing.

    SMD d: 4 (z_a + z_b)² / d². MD: the same with d = difference / SD. Ratios: two proportions, unpooled variance, from the comparator's
    risk and the risk that the ratio makes of it in the direction of the estimate (Fleiss, Levin & Paik 2003, equation 4.4 without
    continuity correction). RD: from the comparator's risk and the difference.
    """
    difference = limits.mid or limits.fallback
    if difference is None:
        return None
    # The standard library's quantile, not SciPy's: pages need this module, and SciPy would make a start slower by a fifth.
    z = NormalDist().inv_cdf(1 - limits.alpha / 2) + NormalDist().inv_cdf(limits.power)
    if body.measure == "SMD":
        return 4 * z**2 / difference**2
    if body.measure == "MD":
        return None if not body.sd else 4 * z**2 * (body.sd / difference) ** 2
    other = _other_risk(body, difference)
    if other is None or body.comparator_risk is None:
        return None
    first, second = body.comparator_risk, other
    return 2 * z**2 * (first * (1 - first) + second * (1 - second)) / (first - second) ** 2


def _other_risk(body: Body, difference: float) -> float | None:
    """Return the risk in the experimental arm that the smallest important difference makes of the comparator's."""
    risk = body.comparator_risk
    if risk is None or not 0 < risk < 1:
        return None
    signed = math.copysign(difference, body.estimate)
    if body.measure == "RD":
        other = risk + signed
    elif body.measure == "RR":
        other = risk * math.exp(signed)
    else:
        odds = risk / (1 - risk) * math.exp(signed)
        other = odds / (1 + odds)
    return other if 0 < other < 1 else None

"""How far two blind votes agree. What they come to: settlement.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """pairs: how many reports two people voted on; raw: share of equal votes; kappa: Cohen's; pabak: prevalence-adjusted.

    kappa is None where chance alone would agree always (both gave one and the same vote throughout).
    """

    pairs: int
    raw: float
    kappa: float | None
    pabak: float


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Return how far pairs of votes agree, len(pairs) ≥ 1.

    Sources: Cohen 1960 (kappa); Byrt, Bishop & Carlin 1993 (PABAK = (c·raw − 1)/(c − 1) for the c kinds of vote that occur, at least 2).
    """
    if not pairs:
        raise ValueError("agreement needs at least one pair of votes")
    count = len(pairs)
    raw = sum(first == second for first, second in pairs) / count
    firsts, seconds = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
    chance = sum(firsts[vote] * seconds[vote] for vote in firsts) / count**2
    kinds = max(2, len(firsts | seconds))
    return Agreement(count, raw, None if chance == 1 else (raw - chance) / (1 - chance), (kinds * raw - 1) / (kinds - 1))

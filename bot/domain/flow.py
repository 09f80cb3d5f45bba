"""What the flow from records to studies is counted in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counted:
    """How many (n ≥ 1) are in one box of the flow. box: as db/flow.py names it.

    period: of the cycle that brought them (YYYY-MM), "" where there was none yet; reason: the criterion that failed, or why it was left out.
    """

    box: str
    period: str
    source: str
    reason: str
    n: int

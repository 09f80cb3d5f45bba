"""The scale under a forest plot: which values it shows, where they lie and where its ticks are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.bulletin.numbers import MINUS

STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_TICKS = 7
# An interval wider than this many times the spread of the estimates is cut by an arrow: it would hide the others.
MOST_SPREAD = 2.5


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` (logarithms for a ratio) between x = `left` and `right` inches."""

    left: float
    right: float
    low: float
    high: float
    ticks: tuple[float, ...]
    ratio: bool

    @property
    def null(self) -> float:
        """The value that means no difference."""
        return 1.0 if self.ratio else 0.0

    def at(self, value: float) -> float:
        """Return where a value lies, in inches; what lies beyond the axis is put at its end."""
        position = min(max(self._scaled(value), self.low), self.high)
        return self.left + (position - self.low) / (self.high - self.low) * (self.right - self.left)

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the axis."""
        return self.low - 1e-9 <= self._scaled(value) <= self.high + 1e-9

    def tick_label(self, tick: float) -> str:
        """Return a tick as it is written."""
        if self.ratio:
            return f"{tick:g}"
        digits = 2 if any(abs(other * 10 - round(other * 10)) > 1e-9 for other in self.ticks) else 1
        return f"{tick:.{digits}f}".replace("-", MINUS) if abs(tick) > 1e-9 else "0"

    def _scaled(self, value: float) -> float:
        return _scaled(value, ratio=self.ratio)


def axis_for(values: Sequence[tuple[float, float, float]], *, left: float, right: float, ratio: bool) -> Axis:
    """Return the axis that shows these (estimate, low, high), every estimate and no difference among them."""
    scaled = [tuple(_scaled(number, ratio=ratio) for number in triple) for triple in values]
    points = [triple[0] for triple in scaled if math.isfinite(triple[0])] + [0.0]
    spread = max(max(points) - min(points), math.log(2) if ratio else 0.5)
    ends = [number for triple in scaled for number in triple[1:] if math.isfinite(number)]
    low = max(min([*points, *ends]), min(points) - MOST_SPREAD * spread)
    high = min(max([*points, *ends]), max(points) + MOST_SPREAD * spread)
    if ratio:
        ticks = tuple(tick for tick in RATIO_TICKS if low - 0.3 <= math.log(tick) <= high + 0.3)
        return Axis(left, right, min(low, math.log(ticks[0])) - 0.05, max(high, math.log(ticks[-1])) + 0.05, ticks, True)
    step = next((step for step in STEPS if (high - low) / step <= MOST_TICKS - 1), (high - low) / MOST_TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(left, right, first * step, last * step, ticks, False)


def _scaled(value: float, *, ratio: bool) -> float:
    if not ratio:
        return value
    return math.log(value) if value > 0 else -math.inf

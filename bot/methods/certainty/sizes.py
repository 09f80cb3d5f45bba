"""How large an effect is called, by the outcome's own bands; a band is left only when the estimate lies beyond its boundary by a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from bot.errors import SynthesisError


class Size(IntEnum):
    """How large an effect is, without its direction."""

    TRIVIAL = 0
    SMALL = 1
    MODERATE = 2
    LARGE = 3


@dataclass(frozen=True, slots=True)
class Bands:
    """Where small (the MID), moderate and large begin, > 0 and rising; margin: how far beyond one counts. All on the scale of pooling."""

    small: float
    moderate: float
    large: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.small <= self.moderate <= self.large < math.inf) or not 0 <= self.margin < math.inf:
            named = f"{self.small:g}, {self.moderate:g}, {self.large:g} with margin {self.margin:g}"
            raise SynthesisError(f"size bands {named} do not rise from above 0")


def size_of(estimate: float, bands: Bands) -> Size:
    """Return the band of an estimate seen for the first time."""
    return Size(sum(abs(estimate) >= begin for begin in (bands.small, bands.moderate, bands.large)))


def size_after(estimate: float, bands: Bands, *, before: Size, was_positive: bool) -> Size:
    """Return the band of an estimate whose last published one is known: it stays unless the estimate is beyond a boundary by the margin.

    was_positive: the side of no difference on which the published one lay. An estimate that changed sides is read as beyond each boundary
    between the two, so the margin holds there as well.
    """
    signed_before = int(before) if was_positive else -int(before)
    boundaries = [-bands.large, -bands.moderate, -bands.small, bands.small, bands.moderate, bands.large]
    # The band k of -3 … 3 lies between boundaries k + 2 and k + 3 of the list.
    low = boundaries[signed_before + 2] if signed_before > -3 else -math.inf
    high = boundaries[signed_before + 3] if signed_before < 3 else math.inf
    if low - bands.margin <= estimate <= high + bands.margin:
        return before
    return size_of(estimate, bands)

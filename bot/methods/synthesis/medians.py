"""Means and SDs from medians, quartiles and ranges, unless they look skewed. Other conversions: conversions.py.

Converted medians get more weight than they deserve: a protocol's sensitivity analysis leaves them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.errors import EffectSizeError
from bot.methods.synthesis.distributions import special


@dataclass(frozen=True, slots=True)
class Converted:
    """Mean and SD, None where the numbers look skewed. skewness, critical: the test's statistic and its 5 % limit."""

    mean: float | None
    sd: float | None
    skewness: float
    critical: float


def from_five_numbers(
    *, n: float, median: float, minimum: float | None = None, q1: float | None = None, q3: float | None = None,
    maximum: float | None = None, study: str = "", test: str = "refuse skewed",
) -> Converted:  # fmt: skip
    """Return mean and SD from the median with the range, with the quartiles, or with both.

    test: `refuse skewed` or `none`. Raises EffectSizeError if neither pair is there, the numbers are out of order or n < 5.
    Source: Luo et al. 2018 (means), Wan et al. 2014 and Shi et al. 2020 (SDs), Shi et al. 2023 (skewness).
    """
    where = study or "This arm"
    given = [value for value in (minimum, q1, median, q3, maximum) if value is not None]
    if n < 5 or given != sorted(given):
        raise EffectSizeError(
            f"{where}: minimum, quartiles and maximum must rise, and n be at least 5; got {given} with n = {n:g}."
        )
    has_range, has_quartiles = minimum is not None and maximum is not None, q1 is not None and q3 is not None
    if not has_range and not has_quartiles:
        raise EffectSizeError(f"{where}: the median alone gives no SD. Enter both quartiles, or minimum and maximum.")
    span = (float(minimum or 0.0), float(maximum or 0.0)) if has_range else None
    box = (float(q1 or 0.0), float(q3 or 0.0)) if has_quartiles else None
    converted = (
        _from_both(n, median, span, box) if span and box else _from_range(n, median, span) if span else _from_box(n, median, box)
    )
    if test != "none" and converted.skewness > converted.critical:
        return Converted(None, None, converted.skewness, converted.critical)
    return converted


def _asymmetry(low: float, median: float, high: float) -> float:
    return abs(low + high - 2.0 * median) / (high - low) if high > low else 0.0


def _range_unit(n: float) -> float:
    return 2.0 * float(special().ndtri((n - 0.375) / (n + 0.25)))


def _box_unit(n: float) -> float:
    return 2.0 * float(special().ndtri((0.75 * n - 0.125) / (n + 0.25)))


def _from_range(n: float, median: float, span: tuple[float, float]) -> Converted:
    low, high = span
    w = 4.0 / (4.0 + n**0.75)
    mean = w * (low + high) / 2.0 + (1.0 - w) * median
    critical = 1.01 / math.log(n + 9.0) + 2.43 / (n + 1.0)
    return Converted(mean, (high - low) / _range_unit(n), _asymmetry(low, median, high), critical)


def _from_box(n: float, median: float, box: tuple[float, float] | None) -> Converted:
    assert box is not None
    low, high = box
    w = 0.7 + 0.39 / n
    mean = w * (low + high) / 2.0 + (1.0 - w) * median
    critical = 2.66 / math.sqrt(n) - 5.92 / n**2
    return Converted(mean, (high - low) / _box_unit(n), _asymmetry(low, median, high), critical)


def _from_both(n: float, median: float, span: tuple[float, float], box: tuple[float, float]) -> Converted:
    w1, w2 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    mean = w1 * sum(span) / 2.0 + w2 * sum(box) / 2.0 + (1.0 - w1 - w2) * median
    w = 1.0 / (1.0 + 0.07 * n**0.6)
    sd = w * (span[1] - span[0]) / _range_unit(n) + (1.0 - w) * (box[1] - box[0]) / _box_unit(n)
    tails = 2.65 * math.log(0.6 * n) / math.sqrt(n) * _asymmetry(span[0], median, span[1])
    skewness = max(tails, _asymmetry(box[0], median, box[1]))
    return Converted(mean, sd, skewness, 2.97 / math.sqrt(n) - 39.1 / n**3)

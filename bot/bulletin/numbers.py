"""Numbers as a bulletin writes them: two decimals and a true minus sign, so that nothing looks surer than it is."""

from __future__ import annotations

import math

MINUS = "\u2212"


def signed(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign: "−0.35"; an endless one is "−∞" or "∞"."""
    if math.isinf(value):
        return f"{MINUS}∞" if value < 0 else "∞"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Return an interval in brackets: "(−0.58 to −0.12)"; None is an end that it does not have."""
    return f"({signed(-math.inf if low is None else low, digits)} to {signed(math.inf if high is None else high, digits)})"


def percent(share: float) -> str:
    """Return a share between 0 and 1 in whole per cent."""
    return f"{100 * share:.0f}%"

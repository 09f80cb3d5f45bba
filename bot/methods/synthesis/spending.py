"""Functions that spend an error over information time, and the group-sequential bounds that follow. When to look: sequential.py.

The bounds are exact: the density of the statistic among those that went on is integrated by Gauss-Legendre panels from look to look
(Armitage, McPherson & Rowe 1969; Lan & DeMets 1983).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from bot.errors import SynthesisError
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.problem import Array
from bot.methods.synthesis.roots import bracketed

PANELS, POINTS, FAR = 20, 24, 9.0


class Spending(StrEnum):
    """How an error is spent. POWER and HWANG take a parameter."""

    OBRIEN_FLEMING = "OF"
    POCOCK = "Pocock"
    POWER = "power"
    HWANG = "HSD"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds for z at each look (two-sided: the lower ones mirror them) and the error spent on one side until then."""

    times: tuple[float, ...]
    upper: tuple[float, ...]
    spent: tuple[float, ...]


def spent_until(time: float, *, alpha: float, spending: Spending, parameter: float | None = None) -> float:
    """Return the one-sided error spent at an information time, alpha in all at time 1 and after."""
    t = min(max(time, 0.0), 1.0)
    if t == 0.0:
        return 0.0
    if spending is Spending.OBRIEN_FLEMING:
        return float(2.0 * special().ndtr(special().ndtri(alpha / 2.0) / math.sqrt(t)))
    if spending is Spending.POCOCK:
        return alpha * math.log1p((math.e - 1.0) * t)
    if parameter is None:
        raise SynthesisError(f"The spending function {spending.value} needs a parameter; the power is often 2, Hwang's gamma -4.")
    if spending is Spending.POWER:
        return alpha * t**parameter
    return alpha * t if parameter == 0.0 else alpha * math.expm1(-parameter * t) / math.expm1(-parameter)


def bounds(times: Sequence[float], *, alpha: float, sides: int, spending: Spending, parameter: float | None = None) -> Bounds:
    """Return the bounds at rising information times, of which the last may be 1 or later.

    sides: 1, or 2, where each side spends alpha / 2 and both stop. Raises SynthesisError if times do not rise from above 0.
    """
    checked = _checked(times, sides)
    spend = [spent_until(t, alpha=alpha / sides, spending=Spending(spending), parameter=parameter) for t in checked]
    walk, upper, before = _Walk(sides), [], 0.0
    for time, until in zip(checked, spend, strict=True):
        bound = walk.bound(time, until - before)
        walk.go_on(time, bound)
        upper.append(bound)
        before = until
    return Bounds(tuple(checked), tuple(upper), tuple(spend))


def classical(looks: int, *, alpha: float, shape: str) -> Bounds:
    """Return two-sided bounds of O'Brien and Fleming (`OF`, falling with √time) or Pocock (`Pocock`, constant) at equal looks."""
    times = [(i + 1) / looks for i in range(looks)]
    form = [1.0 / math.sqrt(t) if shape == "OF" else 1.0 for t in times]

    def excess(c: float) -> float:
        return sum(exits(times, [c * f for f in form], sides=2)) - alpha / 2.0

    c = bracketed(excess, 1.0, 8.0, relative=1e-13)
    upper = tuple(c * f for f in form)
    return Bounds(tuple(times), upper, tuple(np.cumsum(exits(times, upper, sides=2)).tolist()))


def exits(times: Sequence[float], upper: Sequence[float], *, sides: int, drift: float = 0.0, panels: int = PANELS) -> list[float]:
    """Return the probability to cross the upper bound first at each look; drift: the expectation of z at time 1."""
    walk, found = _Walk(sides, drift, panels), []
    for time, bound in zip(times, upper, strict=True):
        found.append(walk.exit(time, bound))
        walk.go_on(time, bound)
    return found


def inflation(times: Sequence[float], upper: Sequence[float], *, alpha: float, beta: float, sides: int) -> float:
    """Return by what the information must exceed that of one look for power 1 - beta, given the bounds."""
    fixed = float(special().ndtri(1.0 - alpha / sides) + special().ndtri(1.0 - beta))

    def lacking(drift: float) -> float:
        return sum(exits(times, upper, sides=sides, drift=drift, panels=PANELS // 2)) - (1.0 - beta)

    return (bracketed(lacking, 0.5 * fixed, 3.0 * fixed, relative=1e-7) / fixed) ** 2


def _checked(times: Sequence[float], sides: int) -> list[float]:
    values = [float(t) for t in times]
    if not values or values[0] <= 0.0 or any(b <= a for a, b in pairwise(values)):
        raise SynthesisError(
            f"Information times {values} must rise, beginning above 0. Leave out looks at which nothing was added."
        )
    if sides not in (1, 2):
        raise SynthesisError(f"sides = {sides}; must be 1 or 2.")
    return values


class _Walk:
    """The density of the score (z times the root of time) among those that have not stopped."""

    def __init__(self, sides: int, drift: float = 0.0, panels: int = PANELS) -> None:
        self.sides, self.drift, self.panels = sides, drift, panels
        self.time, self.nodes, self.mass = 0.0, np.zeros(1), np.ones(1)

    def exit(self, time: float, bound: float) -> float:
        """Return the probability to be above the bound at this look."""
        step = time - self.time
        return float(self.mass @ special().ndtr((self.nodes + self.drift * step - bound * math.sqrt(time)) / math.sqrt(step)))

    def bound(self, time: float, spend: float) -> float:
        """Return the bound above which lies as much as there is to spend, infinite if there is nothing."""
        if spend <= 0.0:
            return math.inf
        function: Callable[[float], float] = lambda z: math.log(max(self.exit(time, z), 1e-300)) - math.log(spend)  # noqa: E731
        return bracketed(function, -FAR, 38.0, relative=1e-13)

    def go_on(self, time: float, bound: float) -> None:
        """Carry the density to this look, without what stops there."""
        step, root = time - self.time, math.sqrt(time)
        centre = self.drift * time
        top = min(bound * root, centre + FAR * root)
        bottom = max(-bound * root, centre - FAR * root) if self.sides == 2 else centre - FAR * root
        nodes, weights = _panels(bottom, top, self.panels)
        distance = (nodes[:, None] - self.nodes - self.drift * step) / math.sqrt(step)
        density = np.exp(-0.5 * distance * distance) @ self.mass / math.sqrt(2.0 * math.pi * step)
        self.time, self.nodes, self.mass = time, nodes, weights * density


def _panels(low: float, high: float, panels: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    edges = np.linspace(low, high, panels + 1)
    half = 0.5 * (edges[1:] - edges[:-1])
    middle = 0.5 * (edges[1:] + edges[:-1])
    return (middle[:, None] + half[:, None] * points).ravel(), (half[:, None] * weights).ravel()

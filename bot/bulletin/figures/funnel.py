"""A funnel plot: each study's effect against how far chance alone may move it, with the limits inside which p stays above .10, .05 and .01.

For standardised mean differences the height is √(1/n₁ + 1/n₂), not the standard error, which is correlated with the effect by construction
(Pustejovsky & Rodgers 2019, doi:10.1002/jrsm.1332); under no effect the two are the same, so the limits hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.bulletin.figures.axis import Axis, axis_for
from bot.bulletin.figures.frame import MARGIN, SMALL, frame
from bot.bulletin.figures.sheet import LIGHT, Palette, Sheet

PLOT = 2.9
RADIUS = 0.055
# Two-sided p → the quantile of the standard normal.
LIMITS = ((".10", 1.6448536269514722), (".05", 1.959963984540054), (".01", 2.5758293035489004))


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One study. estimate: on the scale that is shown; spread: on the scale of pooling, > 0."""

    label: str
    estimate: float
    spread: float
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Funnel:
    """All that the plot shows. height: what the upright axis is, in words. pooled: the estimate, None where there is none."""

    title: str
    measure: str
    height: str
    points: tuple[FunnelPoint, ...]
    pooled: float | None
    favours_left: str
    favours_right: str
    remarks: tuple[str, ...] = ()
    notice: str = ""
    ratio: bool = False


def drawn(plot: Funnel, width: float, palette: Palette = LIGHT) -> Sheet:
    """Return the funnel plot, the studies that chance moves least on top."""
    around = frame(width, title=plot.title, notice=plot.notice, remarks=plot.remarks)
    sheet = Sheet(width, around.above + 0.2 + PLOT + 0.62 + around.below, palette)
    top = around.begin(sheet) + 0.22
    deepest = 1.08 * max(point.spread for point in plot.points)
    ends = [_shown(plot, sign * LIMITS[-1][1] * deepest) for sign in (-1, 1)]
    values = [(value, value, value) for value in (*(point.estimate for point in plot.points), *ends)]
    left = MARGIN + 0.42
    axis = axis_for(values, left=left, right=width - MARGIN, ratio=plot.ratio)
    _draw_limits(sheet, plot, axis, top, deepest)
    if plot.pooled is not None:
        sheet.line([(axis.at(plot.pooled), top), (axis.at(plot.pooled), top + PLOT)], colour=palette.accent, width=1.2, dashes=(4, 2))
    for point in plot.points:
        _draw_point(sheet, axis.at(point.estimate), top + PLOT * point.spread / deepest, palette.accent if point.is_new else palette.ink)
    _draw_axes(sheet, plot, axis, top, deepest)
    around.end(sheet, top + PLOT + 0.62)
    return sheet


def _shown(plot: Funnel, value: float) -> float:
    return math.exp(value) if plot.ratio else value


def _draw_limits(sheet: Sheet, plot: Funnel, axis: Axis, top: float, deepest: float) -> None:
    palette, foot = sheet.palette, top + PLOT
    sheet.line([(axis.at(axis.null), top), (axis.at(axis.null), foot)], colour=palette.soft, width=0.7)
    for number, (_, quantile) in enumerate(LIMITS):
        for sign in (-1, 1):
            end = axis.at(_shown(plot, sign * quantile * deepest))
            sheet.line([(axis.at(axis.null), top), (end, foot)], colour=palette.benchmark, width=0.8, dashes=((1, 1.5), (3, 2), (6, 2))[number])


def _draw_point(sheet: Sheet, x: float, y: float, colour: str) -> None:
    turns = [2 * math.pi * corner / 12 for corner in range(12)]
    sheet.shape([(x + RADIUS * math.cos(turn), y + RADIUS * math.sin(turn)) for turn in turns], colour=sheet.palette.paper, filled=colour)


def _draw_axes(sheet: Sheet, plot: Funnel, axis: Axis, top: float, deepest: float) -> None:
    soft, foot = sheet.palette.soft, top + PLOT
    sheet.text(MARGIN, top - 0.13, f"↓ {plot.height}: chance moves more", size=SMALL, colour=soft)
    for share in (0.0, 0.5, 1.0):
        sheet.text(axis.left - 0.07, top + share * PLOT, f"{share * deepest:.2f}", size=SMALL, colour=soft, align="right")
    sheet.line([(axis.left, top), (axis.left, foot), (axis.right, foot)], colour=soft, width=0.9)
    for tick in axis.ticks:
        sheet.line([(axis.at(tick), foot), (axis.at(tick), foot + 0.05)], colour=soft, width=0.9)
        sheet.text(axis.at(tick), foot + 0.14, axis.tick_label(tick), size=SMALL, colour=soft, align="center")
    sheet.text(axis.left, foot + 0.38, f"← {plot.favours_left}", size=SMALL, colour=soft)
    sheet.text(axis.right, foot + 0.38, f"{plot.favours_right} →", size=SMALL, colour=soft, align="right")

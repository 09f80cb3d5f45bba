"""An outcome's estimate over time: what each bulletin said, with its interval, along the day to which it had searched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.bulletin.figures.axis import Axis, axis_for
from bot.bulletin.figures.frame import MARGIN, SMALL, frame
from bot.bulletin.figures.sheet import LIGHT, Palette, Sheet, text_width

PLOT = 2.3
HALF = 0.05


@dataclass(frozen=True, slots=True)
class Moment:
    """What one bulletin said. on: the day to which it had searched; k: trials."""

    on: date
    k: int
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """At least two moments in order of time. matters: the smallest difference that matters on both sides, () where none is stated."""

    title: str
    measure: str
    moments: tuple[Moment, ...]
    favours_low: str
    favours_high: str
    matters: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()
    notice: str = ""
    ratio: bool = False


def drawn(plot: Timeline, width: float, palette: Palette = LIGHT) -> Sheet:
    """Return the picture: time to the right, the estimate upwards."""
    around = frame(width, title=plot.title, notice=plot.notice, remarks=plot.remarks)
    sheet = Sheet(width, around.above + 0.2 + PLOT + 0.72 + around.below, palette)
    top = around.begin(sheet) + 0.2
    values = [(one.estimate, one.ci_low, one.ci_high) for one in plot.moments] + [(edge, edge, edge) for edge in plot.matters]
    # The axis of a forest plot, set upright: its left end is the foot.
    axis = axis_for(values, left=top + PLOT, right=top, ratio=plot.ratio)
    left = MARGIN + max(text_width(axis.tick_label(tick), SMALL) for tick in axis.ticks) + 0.12
    right = width - MARGIN - 0.12
    _draw_scale(sheet, plot, axis, left, right)
    _draw_moments(sheet, plot, axis, left + 0.2, right - 0.2)
    around.end(sheet, top + PLOT + 0.72)
    return sheet


def _draw_scale(sheet: Sheet, plot: Timeline, axis: Axis, left: float, right: float) -> None:
    soft, top, foot = sheet.palette.soft, axis.right, axis.left
    sheet.text(left, top - 0.13, f"↑ {plot.favours_high}", size=SMALL, colour=soft)
    sheet.text(left, foot + 0.48, f"↓ {plot.favours_low}; {plot.measure} with its 95% interval", size=SMALL, colour=soft)
    for tick in axis.ticks:
        sheet.text(left - 0.07, axis.at(tick), axis.tick_label(tick), size=SMALL, colour=soft, align="right")
        sheet.line([(left, axis.at(tick)), (right, axis.at(tick))], colour=sheet.palette.line, width=0.4)
    sheet.line([(left, axis.at(axis.null)), (right, axis.at(axis.null))], colour=soft, width=0.9)
    for edge in plot.matters:
        sheet.line([(left, axis.at(edge)), (right, axis.at(edge))], colour=sheet.palette.benchmark, width=0.9, dashes=(3, 2))


def _draw_moments(sheet: Sheet, plot: Timeline, axis: Axis, left: float, right: float) -> None:
    first, last = plot.moments[0].on.toordinal(), plot.moments[-1].on.toordinal()
    palette, foot, free = sheet.palette, axis.left, 0.0
    places = [left + (one.on.toordinal() - first) / max(last - first, 1) * (right - left) for one in plot.moments]
    before = 0
    for x, one in zip(places, plot.moments, strict=True):
        colour = palette.accent if one.k != before else palette.ink
        sheet.line([(x, axis.at(one.ci_low)), (x, axis.at(one.ci_high))], colour=colour, width=1.3)
        if axis.holds(one.estimate):
            y = axis.at(one.estimate)
            sheet.shape([(x - HALF, y - HALF), (x + HALF, y - HALF), (x + HALF, y + HALF), (x - HALF, y + HALF)], colour=colour)
        said, day = f"{one.k} {'trial' if one.k == 1 else 'trials'}", f"{one.on:%b %Y}"
        half = max(text_width(said, SMALL), text_width(day, SMALL)) / 2
        if one.k != before and x - half >= free:
            # Kept on the sheet at both ends.
            at = min(max(x, MARGIN + half), sheet.width - MARGIN - half)
            sheet.text(at, foot + 0.14, said, size=SMALL, align="center")
            sheet.text(at, foot + 0.29, day, size=SMALL, align="center", colour=palette.soft)
            free = at + half + 0.08
        before = one.k

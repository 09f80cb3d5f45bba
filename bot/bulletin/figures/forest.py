"""The forest plot of one outcome: each study, what pooling gives, and a published estimate apart from both.

One study is shown as one trial, without a diamond. Words about the result: bot/bulletin/plain_language.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from bot.bulletin.figures.axis import Axis, axis_for
from bot.bulletin.figures.frame import BODY, MARGIN, SMALL, frame
from bot.bulletin.figures.risk_marks import RADIUS, draw_mark, legend
from bot.bulletin.figures.sheet import LIGHT, Palette, Sheet, shortened, text_width
from bot.bulletin.numbers import interval, signed

ROW = 0.285
MARK = 0.24  # room for the mark of a risk of bias before a name


class Layout(Enum):
    """WIDE: names and numbers beside the lines. NARROW, for phones: names and numbers above each line."""

    WIDE = 8.4
    NARROW = 4.1


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One study. estimate, ci_low, ci_high: on the scale that is shown; weight: share of the pooled weight, None if not pooled.

    risk: the signed overall judgement of its risk of bias, "" while there is none.
    """

    label: str
    estimate: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    participants: int | None = None
    is_new: bool = False
    mark: str = ""
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands under the studies: the pooled estimate, or the published one. prediction: None where it is not shown.

    is_firm: False draws an empty diamond, for a number that is not to be leant on; the published one's outline is dashed.
    """

    label: str
    estimate: float
    ci_low: float
    ci_high: float
    prediction: tuple[float, float] | None = None
    is_firm: bool = True


@dataclass(frozen=True, slots=True)
class ForestPlot:
    """All that a forest plot shows. ratio: the measure is a ratio, so the axis is logarithmic and 1 means no difference."""

    title: str
    measure: str
    rows: tuple[ForestRow, ...]
    favours_left: str
    favours_right: str
    pooled: Summary | None = None
    benchmark: Summary | None = None
    remarks: tuple[str, ...] = ()
    notice: str = ""
    ratio: bool = False


def svg(plot: ForestPlot, *, layout: Layout = Layout.WIDE, palette: Palette = LIGHT, alt: str = "") -> bytes:
    """Return the forest plot as SVG; `alt` is what a screen reader says."""
    return drawn(plot, layout, palette).svg(alt or plot.title)


def png(plot: ForestPlot, *, layout: Layout = Layout.WIDE, palette: Palette = LIGHT) -> bytes:
    """Return the forest plot as PNG."""
    return drawn(plot, layout, palette).png()


@dataclass(slots=True)
class _Pen:
    """Where the next row goes, and what it is drawn with."""

    sheet: Sheet
    axis: Axis
    plot: ForestPlot
    wide: bool
    margin: float
    label_width: float
    y: float = 0.0


def drawn(plot: ForestPlot, layout: Layout, palette: Palette = LIGHT) -> Sheet:
    """Return the forest plot as a sheet."""
    wide, width = layout is Layout.WIDE, layout.value
    risks = {row.risk for row in plot.rows} - {""}
    remarks = (*plot.remarks, f"Risk of bias: {legend(risks)}.") if risks else plot.remarks
    around = frame(width, title=plot.title, notice=plot.notice, remarks=remarks)
    label_width = 2.75 if wide else width - 2 * MARGIN
    left, right = (MARGIN + label_width + 0.1, width - MARGIN - 0.62 - _numbers_width(plot)) if wide else (MARGIN, width - MARGIN)
    values = [(row.estimate, row.ci_low, row.ci_high) for row in plot.rows]
    values += [(item.estimate, item.ci_low, item.ci_high) for item in (plot.pooled, plot.benchmark) if item]
    values += [(plot.pooled.estimate, *plot.pooled.prediction)] if plot.pooled and plot.pooled.prediction else []
    sheet = Sheet(width, around.above + _height(plot, wide) + around.below, palette)
    pen = _Pen(sheet, axis_for(values, left=left, right=right, ratio=plot.ratio), plot, wide, MARGIN, label_width, around.begin(sheet))
    _draw_head(pen)
    _draw_body(pen)
    _draw_axis(pen)
    around.end(sheet, pen.y)
    return sheet


def _numbers_width(plot: ForestPlot) -> float:
    """Return how many inches the widest estimate takes: the axis ends before it."""
    items = [item for item in (plot.pooled, plot.benchmark) if item]
    return max((text_width(_numbers(one), BODY, "bold") for one in (*plot.rows, *items)), default=1.4)


def _numbers(one: ForestRow | Summary) -> str:
    return f"{signed(one.estimate)} {interval(one.ci_low, one.ci_high)}"


def _height(plot: ForestPlot, wide: bool) -> float:
    step = ROW if wide else 0.47
    rows = len(plot.rows) * step
    for item, gap in ((plot.pooled, 0.1), (plot.benchmark, 0.16)):
        if item:
            rows += step + gap + ((0.22 if wide else 0.42) if item.prediction else 0)
    return 0.3 + rows + 0.54


def _draw_head(pen: _Pen) -> None:
    soft, right = pen.sheet.palette.soft, pen.sheet.width - pen.margin
    numbers = f"{pen.plot.measure} (95% CI)"
    if pen.wide:
        pen.sheet.text(pen.margin, pen.y, "Study", size=SMALL, colour=soft)
        pen.sheet.text(pen.margin + pen.label_width, pen.y, "people", size=SMALL, colour=soft, align="right")
        pen.sheet.text(right - 0.5, pen.y, numbers, size=SMALL, colour=soft, align="right")
        if any(row.weight is not None for row in pen.plot.rows):
            pen.sheet.text(right, pen.y, "weight", size=SMALL, colour=soft, align="right")
    else:
        pen.sheet.text(pen.margin, pen.y, "Study, people", size=SMALL, colour=soft)
        pen.sheet.text(right, pen.y, numbers, size=SMALL, colour=soft, align="right")
    pen.y += 0.13
    pen.sheet.line([(pen.margin, pen.y), (right, pen.y)], colour=pen.sheet.palette.line)
    pen.y += 0.17


def _draw_body(pen: _Pen) -> None:
    top = pen.y - 0.12
    for row in pen.plot.rows:
        _draw_study(pen, row)
    palette = pen.sheet.palette
    if pen.plot.pooled:
        pen.y += 0.1
        _draw_summary(pen, pen.plot.pooled, palette.accent)
    if pen.plot.benchmark:
        pen.y += 0.16
        rule = pen.y - 0.235
        pen.sheet.line([(pen.margin, rule), (pen.sheet.width - pen.margin, rule)], colour=palette.line, dashes=(3, 2))
        _draw_summary(pen, pen.plot.benchmark, palette.benchmark, dashes=(3, 1.5))
    if pen.wide:
        _draw_null(pen, top, pen.y - 0.08)


def _draw_null(pen: _Pen, start: float, end: float) -> None:
    null = pen.axis.at(pen.axis.null)
    pen.sheet.line([(null, start), (null, end)], colour=pen.sheet.palette.soft, width=0.7)


def _draw_study(pen: _Pen, row: ForestRow) -> None:
    palette = pen.sheet.palette
    colour = palette.accent if row.is_new else palette.ink
    people = f"{row.participants:,}" if row.participants is not None else "–"
    weight = f"{100 * row.weight:.0f}%" if row.weight is not None else ""
    face = "bold" if row.is_new else "normal"
    _draw_words(pen, row.label + row.mark, people, _numbers(row), weight, colour, face, is_new=row.is_new, risk=row.risk)
    _draw_interval(pen, row.ci_low, row.ci_high, colour)
    half = 0.035 + 0.075 * math.sqrt(row.weight) if row.weight is not None else 0.06
    if pen.axis.holds(row.estimate):
        x, y = pen.axis.at(row.estimate), pen.y
        pen.sheet.shape([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)], colour=colour)
    pen.y += ROW if pen.wide else 0.27


def _draw_words(pen: _Pen, label: str, people: str, numbers: str, weight: str, colour: str, face: str, *, is_new: bool = False,
                risk: str = "") -> None:
    """Write the words of a row; afterwards `pen.y` is where its line goes."""
    sheet, right = pen.sheet, pen.sheet.width - pen.margin
    tag, start = "  new" if is_new else "", pen.margin
    if any(row.risk for row in pen.plot.rows):
        start += MARK
        if risk:
            draw_mark(sheet, pen.margin + RADIUS, pen.y, risk)
    if pen.wide:
        room = pen.label_width - (start - pen.margin) - text_width(tag, BODY, face) - text_width(people, BODY) - 0.12
        sheet.text(start, pen.y, shortened(label, room, BODY, face) + tag, size=BODY, colour=colour, weight=face)
        sheet.text(pen.margin + pen.label_width, pen.y, people, size=BODY, align="right")
        sheet.text(right - 0.5, pen.y, numbers, size=BODY, align="right", weight=face)
        sheet.text(right, pen.y, weight, size=BODY, align="right", colour=sheet.palette.soft)
        return
    after = f", {people}" if people else ""
    room = pen.label_width - (start - pen.margin) - text_width(numbers, BODY, face) - text_width(tag + after, BODY, face) - 0.15
    sheet.text(start, pen.y, shortened(label, room, BODY, face) + tag + after, size=BODY, colour=colour, weight=face)
    sheet.text(right, pen.y, numbers, size=BODY, align="right", weight=face)
    pen.y += 0.2


def _draw_interval(pen: _Pen, low: float, high: float, colour: str, *, width: float = 1.3, dashes: tuple[float, ...] = ()) -> None:
    """Draw a line from low to high. Where words stand between the lines, no difference is marked at each line by itself."""
    if not pen.wide:
        _draw_null(pen, pen.y - 0.1, pen.y + 0.1)
    pen.sheet.line([(pen.axis.at(low), pen.y), (pen.axis.at(high), pen.y)], colour=colour, width=width, dashes=dashes)
    _draw_arrows(pen, low, high, colour)


def _draw_arrows(pen: _Pen, low: float, high: float, colour: str) -> None:
    """Draw an arrow at each end of the axis that an interval goes beyond."""
    axis, y = pen.axis, pen.y
    start, end = axis.at(low), axis.at(high)
    if not axis.holds(low):
        pen.sheet.shape([(start, y), (start + 0.08, y - 0.045), (start + 0.08, y + 0.045)], colour=colour)
    if not axis.holds(high):
        pen.sheet.shape([(end, y), (end - 0.08, y - 0.045), (end - 0.08, y + 0.045)], colour=colour)


def _draw_summary(pen: _Pen, item: Summary, colour: str, *, dashes: tuple[float, ...] = ()) -> None:
    sheet, axis = pen.sheet, pen.axis
    _draw_words(pen, item.label, "", _numbers(item), "", colour, "bold")
    y, half = pen.y, 0.1
    if not pen.wide:
        _draw_null(pen, y - 0.1, y + 0.1)
    diamond = [(axis.at(item.ci_low), y), (axis.at(item.estimate), y - half), (axis.at(item.ci_high), y), (axis.at(item.estimate), y + half)]
    sheet.shape(diamond, colour=colour, filled="" if item.is_firm else sheet.palette.paper, dashes=() if item.is_firm else dashes)
    _draw_arrows(pen, item.ci_low, item.ci_high, colour)
    if item.prediction:
        _draw_prediction(pen, item.prediction, colour)
    pen.y += ROW if pen.wide else 0.27


def _draw_prediction(pen: _Pen, span: tuple[float, float], colour: str) -> None:
    sheet, soft = pen.sheet, pen.sheet.palette.soft
    pen.y += 0.22
    sheet.text(pen.margin, pen.y, "range expected in a new setting", size=SMALL, colour=soft)
    sheet.text(sheet.width - pen.margin - (0.5 if pen.wide else 0), pen.y, interval(*span), size=SMALL, align="right", colour=soft)
    pen.y += 0 if pen.wide else 0.2
    _draw_interval(pen, *span, colour, width=2.2, dashes=(1.2, 0.8))


def _draw_axis(pen: _Pen) -> None:
    sheet, axis, soft = pen.sheet, pen.axis, pen.sheet.palette.soft
    pen.y -= 0.08
    sheet.line([(axis.left, pen.y), (axis.right, pen.y)], colour=soft, width=0.9)
    for tick in axis.ticks:
        sheet.line([(axis.at(tick), pen.y), (axis.at(tick), pen.y + 0.05)], colour=soft, width=0.9)
        sheet.text(axis.at(tick), pen.y + 0.14, axis.tick_label(tick), size=SMALL, align="center", colour=soft)
    pen.y += 0.36
    _draw_sides(pen)
    pen.y += 0.24


def _draw_sides(pen: _Pen) -> None:
    """Write what each side favours beside no difference, or at the ends of the sheet where that is too narrow."""
    left, right = f"← {pen.plot.favours_left}", f"{pen.plot.favours_right} →"
    null, ends, gap = pen.axis.at(pen.axis.null), (pen.margin / 2, pen.sheet.width - pen.margin / 2), 0.08
    if null - gap - text_width(left, SMALL) >= ends[0] and null + gap + text_width(right, SMALL) <= ends[1]:
        pen.sheet.text(null - gap, pen.y, left, size=SMALL, align="right")
        pen.sheet.text(null + gap, pen.y, right, size=SMALL)
        return
    start, end = (max(pen.axis.left - 0.3, ends[0]), min(pen.axis.right + 0.3, ends[1])) if pen.wide else ends
    half = (end - start) / 2 - gap
    pen.sheet.text(start, pen.y, shortened(left, half, SMALL), size=SMALL)
    pen.sheet.text(end, pen.y, shortened(right, half, SMALL), size=SMALL, align="right")

"""Risk of bias of the results behind one outcome: a traffic light per domain, and how much of the weight has which judgement.

Judgements are those that people signed; a result nobody signed has empty rings. Signs: risk_marks.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.bulletin.figures.frame import BODY, MARGIN, SMALL, frame
from bot.bulletin.figures.risk_marks import MARKS, ORDER, draw_mark, legend
from bot.bulletin.figures.sheet import LIGHT, Palette, Sheet, shortened, text_width

ROW, HEAD_ROW = 0.29, 0.3
LEAST_LABEL = 1.3
COLUMN = 0.42
OVERALL = "All"


@dataclass(frozen=True, slots=True)
class BiasRow:
    """One result. domains: judgement per domain of the plot, "" where there is none. weight: share of the pooled weight, None if unknown."""

    label: str
    overall: str
    domains: tuple[str, ...]
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class BiasPlot:
    """The judgements of one outcome by one tool. domains: (sign of the column, name)."""

    title: str
    tool: str
    domains: tuple[tuple[str, str], ...]
    rows: tuple[BiasRow, ...]
    notice: str = ""


def traffic_light(plot: BiasPlot, width: float, palette: Palette = LIGHT) -> Sheet:
    """Return the table of signs: a row per result, a column per domain and one overall."""
    columns = [*(sign for sign, _ in plot.domains), OVERALL]
    label_width = max(LEAST_LABEL, width - 2 * MARGIN - COLUMN * len(columns))
    step = (width - 2 * MARGIN - label_width) / len(columns)
    around = frame(width, title=plot.title, notice=plot.notice, remarks=_remarks(plot))
    sheet = Sheet(width, around.above + HEAD_ROW + ROW * len(plot.rows) + 0.12 + around.below, palette)
    y = around.begin(sheet) + 0.05
    places = [MARGIN + label_width + step * (number + 0.5) for number in range(len(columns))]
    for x, name in zip(places, columns, strict=True):
        sheet.text(x, y, name, size=SMALL, colour=palette.soft, align="center", weight="bold" if name == OVERALL else "normal")
    y += 0.15
    sheet.line([(MARGIN, y), (width - MARGIN, y)], colour=palette.line)
    y += 0.18
    for row in plot.rows:
        sheet.text(MARGIN, y, shortened(row.label, label_width - 0.1, BODY), size=BODY)
        for x, judgement in zip(places, (*row.domains, row.overall), strict=True):
            draw_mark(sheet, x, y, judgement)
        y += ROW
    around.end(sheet, y)
    return sheet


def summary(plot: BiasPlot, width: float, palette: Palette = LIGHT) -> Sheet:
    """Return one bar per domain and one overall: how much of the pooled weight, or of the results where nothing is pooled, is judged how."""
    lines = [*((name, [row.domains[place] for row in plot.rows]) for place, (_, name) in enumerate(plot.domains)),
             ("Overall", [row.overall for row in plot.rows])]
    weights = [row.weight for row in plot.rows]
    known = all(weight is not None for weight in weights)
    shares = [weight if known and weight is not None else 1 / len(weights) for weight in weights]
    around = frame(width, title=plot.title, notice=plot.notice, remarks=_remarks(plot, "pooled weight" if known else "results"))
    narrow = width < 5
    step = 0.46 if narrow else ROW
    sheet = Sheet(width, around.above + step * len(lines) + 0.12 + around.below, palette)
    y = around.begin(sheet) + 0.08
    left = MARGIN if narrow else MARGIN + 2.6
    for name, judgements in lines:
        room, weight = (width if narrow else left) - 2 * MARGIN, "bold" if name == "Overall" else "normal"
        sheet.text(MARGIN, y, shortened(name, room, BODY, weight), size=BODY, weight=weight)
        y += 0.2 if narrow else 0
        _bar(sheet, left, width - MARGIN, y, judgements, shares)
        y += step - (0.2 if narrow else 0)
    around.end(sheet, y)
    return sheet


def shares_of(judgements: Sequence[str], shares: Sequence[float]) -> list[tuple[str, float]]:
    """Return each judgement that occurs, the best first, with its share; "" (nobody signed) comes last."""
    total = sum(shares) or 1.0
    summed = {one: sum(share for judged, share in zip(judgements, shares, strict=True) if judged == one) / total for one in (*ORDER, "")}
    return [(one, share) for one, share in summed.items() if share > 0]


def _bar(sheet: Sheet, left: float, right: float, y: float, judgements: Sequence[str], shares: Sequence[float]) -> None:
    palette, at = sheet.palette, left
    for judgement, share in shares_of(judgements, shares):
        sign, colour = MARKS.get(judgement, ("", "soft"))
        end, named = at + share * (right - left), str(getattr(palette, colour))
        sheet.shape([(at, y - 0.09), (end, y - 0.09), (end, y + 0.09), (at, y + 0.09)], colour=palette.paper,
                    filled=named if sign else palette.line)
        words = f"{sign} {100 * share:.0f}%"
        if sign and text_width(words, SMALL, "bold") < end - at - 0.04:
            sheet.text((at + end) / 2, y, words, size=SMALL, colour=palette.paper, align="center", weight="bold")
        at = end


def _remarks(plot: BiasPlot, of_what: str = "") -> tuple[str, ...]:
    used = {judgement for row in plot.rows for judgement in (*row.domains, row.overall)}
    signs = legend(used) + ("; an empty ring: not signed" if "" in used else "")
    names = "; ".join(f"{sign} {name[:1].lower()}{name[1:]}" for sign, name in plot.domains)
    said = f"{plot.tool}, as signed. {signs}."
    return (f"{said} Shares of the {of_what}.",) if of_what else (said, f"{names}.")

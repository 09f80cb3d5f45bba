"""The flow from records to studies as boxes. Numbers: prisma_flow.py.

One column: what goes on down the left, what leaves or waits on the right. Several columns, one for each part of the review's time: side by
side, with what leaves or waits as lines within its box, and what they come to below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.bulletin.figures.frame import BODY, MARGIN, SMALL, frame
from bot.bulletin.figures.sheet import LIGHT, Palette, Sheet, wrapped

GAP, PAD = 0.22, 0.09
LINE, SMALL_LINE = 0.17, 0.15
# Boxes on the left in their order, each with those that leave it to the right.
ROWS: Mapping[str, tuple[str, ...]] = {
    "identified": ("duplicates", "left_out", "awaiting"),
    "screened": ("excluded", "unclear"),
    "sought": ("not_retrieved", "awaiting_full_text"),
    "assessed": ("excluded_in_full", "unclear_in_full"),
    "included": (),
    "studies": (),
}


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box. parts: what it is made of, in words with numbers."""

    id: str
    label: str
    n: int
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowColumn:
    """A part of the review's time with its boxes."""

    title: str
    boxes: tuple[FlowBox, ...]


@dataclass(frozen=True, slots=True)
class _Laid:
    lines: tuple[str, ...]
    small: tuple[str, ...]

    @property
    def height(self) -> float:
        return 2 * PAD + LINE * len(self.lines) + SMALL_LINE * len(self.small)


def drawn(columns: Sequence[FlowColumn], below: Sequence[FlowBox], width: float, palette: Palette = LIGHT, *, title: str, notice: str = "",
          remarks: tuple[str, ...] = ()) -> Sheet:
    """Return the flow as a sheet: columns, and below them what they come to. `width` is for up to two columns; more make it wider."""
    if len(columns) == 1:
        return _one([*columns[0].boxes, *below], width, palette, title=title, notice=notice, remarks=remarks)
    room = (width - 2 * MARGIN - GAP) / 2
    return _side_by_side(columns, below, room, palette, title=title, notice=notice, remarks=remarks)


def _one(boxes: Sequence[FlowBox], width: float, palette: Palette, *, title: str, notice: str, remarks: tuple[str, ...]) -> Sheet:
    """Return the flow of one column. A box that the picture does not know stands on the left, below the others."""
    around = frame(width, title=title, notice=notice, remarks=remarks)
    column = (width - 2 * MARGIN - GAP) / 2
    known = {box.id: _laid(box, column) for box in boxes}
    sides = {name for names in ROWS.values() for name in names}
    mains = [name for name in ROWS if name in known] + [box.id for box in boxes if box.id not in ROWS and box.id not in sides]
    rows = [(name, [side for side in ROWS.get(name, ()) if side in known]) for name in mains]
    heights = [max(known[name].height, sum(known[side].height + 0.08 for side in side_names) - 0.08 if side_names else 0)
               for name, side_names in rows]
    sheet = Sheet(width, around.above + 0.05 + sum(heights) + GAP * len(rows) + around.below, palette)
    y = around.begin(sheet) + 0.05
    for number, ((name, side_names), height) in enumerate(zip(rows, heights, strict=True)):
        _draw_box(sheet, MARGIN, y, column, known[name], palette.ink)
        if number + 1 < len(rows):
            _draw_arrow(sheet, (MARGIN + column / 2, y + known[name].height), (MARGIN + column / 2, y + height + GAP))
        at = y
        for side in side_names:
            middle = at + known[side].height / 2
            # What stands lower than its box leaves on the way down.
            beside = middle < y + known[name].height - 0.06
            _draw_arrow(sheet, (MARGIN + (column if beside else column / 2), middle), (MARGIN + column + GAP, middle))
            _draw_box(sheet, MARGIN + column + GAP, at, column, known[side], palette.soft)
            at += known[side].height + 0.08
        y += height + GAP
    around.end(sheet, y)
    return sheet


def _side_by_side(columns: Sequence[FlowColumn], below: Sequence[FlowBox], room: float, palette: Palette, *, title: str, notice: str,
                  remarks: tuple[str, ...]) -> Sheet:
    width = 2 * MARGIN + len(columns) * room + (len(columns) - 1) * GAP
    around = frame(width, title=title, notice=notice, remarks=remarks)
    names = [name for name in ROWS if any(box.id == name for column in columns for box in column.boxes)]
    heads = [tuple(wrapped(column.title, room, BODY, "bold")) for column in columns]
    rows = [[_with_what_leaves(column, name, room) for column in columns] for name in names]
    heights = [max(laid.height for laid in row) for row in rows]
    ends = [_laid(box, width - 2 * MARGIN) for box in below]
    head = LINE * max(len(lines) for lines in heads) + 0.1
    drop = sum(one + GAP for one in (*heights, *(laid.height for laid in ends)))
    sheet = Sheet(width, around.above + 0.05 + head + drop + around.below, palette)
    y = around.begin(sheet) + 0.05
    lefts = [MARGIN + number * (room + GAP) for number in range(len(columns))]
    for x, lines in zip(lefts, heads, strict=True):
        for number, line in enumerate(lines):
            sheet.text(x, y + LINE * (number + 0.5), line, size=BODY, colour=palette.soft, weight="bold")
    y += head
    for row, height in zip(rows, heights, strict=True):
        for x, laid in zip(lefts, row, strict=True):
            _draw_box(sheet, x, y, room, laid, palette.ink)
            _draw_arrow(sheet, (x + room / 2, y + laid.height), (x + room / 2, y + height + GAP))
        y += height + GAP
    for number, laid in enumerate(ends):
        _draw_box(sheet, MARGIN, y, width - 2 * MARGIN, laid, palette.ink)
        if number + 1 < len(ends):
            _draw_arrow(sheet, (width / 2, y + laid.height), (width / 2, y + laid.height + GAP))
        y += laid.height + GAP
    around.end(sheet, y)
    return sheet


def _with_what_leaves(column: FlowColumn, name: str, width: float) -> _Laid:
    """Return a box laid out with what leaves it or waits as small lines."""
    boxes = {box.id: box for box in column.boxes}
    leaving = tuple(f"− {boxes[side].label}: {boxes[side].n:,}" for side in ROWS[name] if side in boxes)
    box = boxes.get(name, FlowBox(name, "", 0))
    return _laid(FlowBox(box.id, box.label, box.n, (*box.parts, *leaving)), width)


def _laid(box: FlowBox, width: float) -> _Laid:
    room = width - 2 * PAD
    return _Laid(tuple(wrapped(f"{box.label}: {box.n:,}", room, BODY, "bold")),
                 tuple(line for part in box.parts for line in wrapped(part, room, SMALL)))


def _draw_box(sheet: Sheet, x: float, y: float, width: float, laid: _Laid, colour: str) -> None:
    sheet.shape([(x, y), (x + width, y), (x + width, y + laid.height), (x, y + laid.height)], colour=colour, filled=sheet.palette.paper)
    at = y + PAD + LINE / 2
    for line in laid.lines:
        sheet.text(x + PAD, at, line, size=BODY, weight="bold")
        at += LINE
    for line in laid.small:
        sheet.text(x + PAD, at - 0.01, line, size=SMALL, colour=sheet.palette.soft)
        at += SMALL_LINE


def _draw_arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    colour, (x, y) = sheet.palette.soft, end
    sheet.line([start, end], colour=colour)
    back = [(x - 0.06, y - 0.035), (x - 0.06, y + 0.035)] if start[1] == y else [(x - 0.035, y - 0.06), (x + 0.035, y - 0.06)]
    sheet.shape([end, *back], colour=colour)

"""The pieces of a printed page: fonts, styles, tables, pictures as vectors, and a frame with the notice above and the page below.

ReportLab lays out; what is printed: pdf.py. The same pieces give the same bytes: no time of making, no random names.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from bot.bulletin.figures import glyphs
from bot.bulletin.figures.sheet import LIGHT, POINTS, Path, Sheet, printable

PLAIN, BOLD = "Perennial", "Perennial-Bold"
MARGIN = 18 * mm
ROOM = A4[0] - 2 * MARGIN
INK, SOFT, LINE, ACCENT = (colors.HexColor(one) for one in (LIGHT.ink, LIGHT.soft, LIGHT.line, LIGHT.accent))
LONGEST_WORD = 60


def _style(name: str, size: float, *, font: str = PLAIN, colour: Any = INK, above: float = 0, below: float = 3,
           left: float = 0, leads: bool = False) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.38, textColor=colour, spaceBefore=above, spaceAfter=below,
                          leftIndent=left, splitLongWords=1, keepWithNext=int(leads))


TITLE = _style("title", 19, font=BOLD, below=5)
HEAD = _style("head", 13, font=BOLD, colour=ACCENT, above=12, below=4, leads=True)
SUBHEAD = _style("subhead", 10.5, font=BOLD, above=7, below=2, leads=True)
TEXT = _style("text", 9.5)
LEAD = _style("lead", 11, below=5)
SMALL = _style("small", 8, colour=SOFT)
CELL = _style("cell", 8, below=0)
CELL_HEAD = _style("cell head", 8, font=BOLD, below=0)
ITEM = _style("item", 9, left=10, below=2)
_printing = threading.Lock()  # the fonts are shared by all threads


def paragraph(words: str, style: ParagraphStyle = TEXT, *, link: str = "") -> Paragraph:
    """Return words, whatever they hold, as a paragraph; link: an address that they lead to."""
    _register()
    safe = escape(_breakable(printable(words)))
    return Paragraph(f'<link href="{escape(link, {chr(34): "&quot;"})}" color="{LIGHT.accent}">{safe}</link>' if link else safe, style)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    """Return a table that may run over pages, its head on each; widths: shares of the width of the page."""
    shown = [[paragraph(cell, CELL_HEAD) for cell in head], *[[paragraph(cell, CELL) for cell in row] for row in rows]]
    made = Table(shown, colWidths=[share / sum(widths) * ROOM for share in widths], repeatRows=1, splitInRow=1)
    made.setStyle(TableStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("LINEBELOW", (0, 0), (-1, 0), 0.9, SOFT),
        ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6), ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]))
    return made


def picture(sheet: Sheet) -> list[Flowable]:
    """Return a picture as lines and letters, as wide as the page allows; one that is higher than a page is made smaller."""
    return [Spacer(0, 4), _Picture(sheet), Spacer(0, 6)]


def together(parts: Sequence[Flowable]) -> Flowable:
    """Return parts that stay on one page where they can."""
    return KeepTogether(list(parts))


def printed(parts: Sequence[Flowable], *, title: str, subject: str, authors: str, notice: str, foot: str) -> bytes:
    """Return a PDF. notice: on top of every page, "" for none; foot: beside the number of each page."""
    held = io.BytesIO()
    document = SimpleDocTemplate(held, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=20 * mm, bottomMargin=18 * mm,
                                 title=printable(title), subject=printable(subject), author=printable(authors), creator="Perennial",
                                 producer="Perennial", lang="en", invariant=1)

    def around(canvas: Any, _: Any) -> None:
        canvas.saveState()
        if notice:
            canvas.setFillColor(colors.HexColor(LIGHT.notice_paper))
            canvas.rect(0, A4[1] - 11 * mm, A4[0], 11 * mm, stroke=0, fill=1)
            canvas.setFillColor(colors.HexColor(LIGHT.notice_ink))
            canvas.setFont(BOLD, 8)
            canvas.drawCentredString(A4[0] / 2, A4[1] - 7 * mm, printable(notice))
        canvas.setFillColor(SOFT)
        canvas.setFont(PLAIN, 7.5)
        canvas.drawString(MARGIN, 10 * mm, printable(foot))
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {canvas.getPageNumber()}")
        canvas.restoreState()

    with _printing:
        document.build(list(parts), onFirstPage=around, onLaterPages=around)
    return held.getvalue()


class _Picture(Flowable):
    """A sheet on a page."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        _register()
        self.sheet = sheet
        most = A4[1] - 60 * mm
        self.scale = min(1.0, ROOM / (sheet.width * POINTS), most / (sheet.height * POINTS))
        self.width, self.height = sheet.width * POINTS * self.scale, sheet.height * POINTS * self.scale

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas: Any = self.canv
        canvas.scale(self.scale, self.scale)
        # A sheet counts downwards from its top, a page upwards from its foot.
        foot = self.sheet.height * POINTS
        for item in self.sheet.drawn:
            if isinstance(item, Path):
                _draw_path(canvas, item, foot)
                continue
            canvas.setFillColor(colors.HexColor(item.colour))
            canvas.setFont(BOLD if item.weight == "bold" else PLAIN, item.size)
            canvas.drawString(item.x * POINTS, foot - item.y * POINTS, item.words)


def _draw_path(canvas: Any, item: Path, foot: float) -> None:
    path = canvas.beginPath()
    for number, (x, y) in enumerate(item.points):
        (path.lineTo if number else path.moveTo)(x * POINTS, foot - y * POINTS)
    canvas.setStrokeColor(colors.HexColor(item.colour))
    canvas.setLineWidth(item.width)
    canvas.setDash([dash * item.width for dash in item.dashes] if item.dashes else [])
    if item.fill != "none":
        path.close()
        canvas.setFillColor(colors.HexColor(item.fill))
    canvas.drawPath(path, stroke=1, fill=int(item.fill != "none"))


def _breakable(words: str) -> str:
    """Return words in which no run of letters is too long for a line: an address may break after a slash or a hyphen."""
    return " ".join(word if len(word) <= LONGEST_WORD else word.replace("/", "/ ").replace("_", "_ ") for word in words.split())


def _register() -> None:
    if PLAIN not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(PLAIN, glyphs.file("normal")))
        pdfmetrics.registerFont(TTFont(BOLD, glyphs.file("bold")))
        pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)

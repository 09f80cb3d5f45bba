"""A sheet of paper in inches to draw on, saved as SVG or PNG with the same bytes each time. What is drawn: the other files here.

matplotlib is imported when a sheet is saved, never before. Text is drawn as outlines of the font that it ships (glyphs.py), so a picture
looks the same on every machine. The SVG is written here, with attributes instead of styles: a strict content policy shows it
unchanged, it has half the size of matplotlib's own, and it is made in milliseconds.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bot.bulletin.figures import glyphs

SETTINGS: dict[Any, Any] = {
    "font.family": glyphs.FONT, "path.simplify": False,
    "text.hinting": "none",  # widths are then the same in SVG and PNG
}
PNG_DPI = 160
PNG_COLOURS = 96
POINTS = 72
HALF_CAPITAL = 0.36  # half the height of a capital, in sizes: puts the middle of a line where it is asked for
Point = tuple[float, float]
_drawing = threading.Lock()  # matplotlib's settings are shared by all threads


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a picture: names say what they are for."""

    paper: str
    ink: str
    soft: str
    line: str
    accent: str
    benchmark: str
    notice_paper: str
    notice_ink: str
    good: str
    middling: str
    bad: str


def in_palette(svg: bytes, old: Palette, new: Palette) -> bytes:
    """Return a picture drawn in one palette in the colours of another; both name a colour of its own for everything."""
    swap = {getattr(old, name).encode(): getattr(new, name).encode() for name in Palette.__slots__}
    return re.sub(b"|".join(swap), lambda match: swap[match.group()], svg)


LIGHT = Palette(paper="#ffffff", ink="#1c2529", soft="#536067", line="#c9c5b8", accent="#0f5c5e", benchmark="#6b3fa0",
                notice_paper="#fdf2d8", notice_ink="#7a4b00", good="#23703a", middling="#8f5f00", bad="#a8201a")
DARK = Palette(paper="#1a2226", ink="#e6eaeb", soft="#a9b5ba", line="#46545c", accent="#84d3c9", benchmark="#c9aef0",
               notice_paper="#33290f", notice_ink="#f2cd84", good="#7fd495", middling="#e9b44c", bad="#ff9d92")


class Sheet:
    """A sheet `width` × `height` inches; x runs to the right and y downwards."""

    def __init__(self, width: float, height: float, palette: Palette) -> None:
        self.width, self.height, self.palette = width, height, palette
        self._drawn: list[Text | Path] = []

    @property
    def drawn(self) -> tuple[Text | Path, ...]:
        """What was drawn so far, the lowest first."""
        return tuple(self._drawn)

    def text(self, x: float, y: float, words: str, *, size: float = 9, colour: str = "", align: str = "left", weight: str = "normal") -> None:
        """Write one line whose middle is at height `y`; align: left, center or right of `x`."""
        words = printable(words)
        start = x - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * text_width(words, size, weight)
        baseline = y + HALF_CAPITAL * size / POINTS
        self._drawn.append(Text(start, baseline, words, size, colour or self.palette.ink, weight))

    def line(self, points: Sequence[Point], *, colour: str = "", width: float = 0.9, dashes: tuple[float, ...] = ()) -> None:
        """Draw a line through `points`; width in points, dashes in widths."""
        self._drawn.append(Path(tuple(points), colour or self.palette.ink, "none", width, dashes))

    def shape(self, points: Sequence[Point], *, colour: str, filled: str = "", dashes: tuple[float, ...] = ()) -> None:
        """Draw a closed shape; `filled` is the colour inside, "" fills it with `colour`."""
        self._drawn.append(Path(tuple(points), colour, filled or colour, 0.9, dashes))

    def svg(self, title: str) -> bytes:
        """Return the sheet as SVG with a title that screen readers speak."""
        width, height = f"{self.width * POINTS:.2f}", f"{self.height * POINTS:.2f}"
        used = sorted({(item.weight, character) for item in self._drawn if isinstance(item, Text) for character in item.words})
        outlines = "\n".join(f'<path id="{_glyph_id(*key)}" d="{glyphs.outline(*key)}"/>' for key in used)
        body = "\n".join(_text_svg(item) if isinstance(item, Text) else _path_svg(item) for item in self._drawn)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" width="{width}pt" height="{height}pt">\n'
                f'<title>{escape(printable(title))}</title>\n<defs>\n{outlines}\n</defs>\n'
                f'<rect width="{width}" height="{height}" fill="{self.palette.paper}"/>\n{body}\n</svg>\n').encode()

    def png(self) -> bytes:
        """Return the sheet as PNG of few colours: it goes out with every mail."""
        from PIL import Image

        size, pixels = self._drawn_by_matplotlib()
        full = Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1)
        held = io.BytesIO()
        # The highest level of compression takes nine times as long for a twentieth of the size.
        full.convert("RGB").quantize(PNG_COLOURS, dither=Image.Dither.NONE).save(held, format="PNG", compress_level=6)
        return held.getvalue()

    def _drawn_by_matplotlib(self) -> tuple[tuple[int, int], bytes]:
        """Return width and height, and the pixels as RGBA. Matplotlib's renderer alone: its artists take three times as long for the same."""
        import matplotlib
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.colors import to_rgba
        from matplotlib.transforms import Affine2D

        with _drawing, matplotlib.rc_context(SETTINGS):
            renderer = RendererAgg(int(self.width * PNG_DPI), int(self.height * PNG_DPI), PNG_DPI)
            to_pixels = Affine2D().scale(PNG_DPI, -PNG_DPI).translate(0, self.height * PNG_DPI)
            corners = ((0.0, 0.0), (self.width, 0.0), (self.width, self.height), (0.0, self.height))
            paper = Path(corners, self.palette.paper, self.palette.paper, 0.0, ())
            for item in (paper, *self._drawn):
                pen: Any = renderer.new_gc()
                pen.set_foreground(item.colour)
                if isinstance(item, Text):
                    x, y = to_pixels.transform((item.x, item.y))
                    renderer.draw_text(pen, x, renderer.height - y, item.words, _font(item.size, item.weight), 0)
                else:
                    _set_pen(pen, item)
                    renderer.draw_path(pen, _curve(item), to_pixels, None if item.fill == "none" else to_rgba(item.fill))
            return (int(renderer.width), int(renderer.height)), bytes(renderer.buffer_rgba())


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text: where it starts, on its baseline."""

    x: float
    y: float
    words: str
    size: float
    colour: str
    weight: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line, or a closed shape if `fill` is a colour."""

    points: tuple[Point, ...]
    colour: str
    fill: str
    width: float
    dashes: tuple[float, ...]


def _font(size: float, weight: str) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=glyphs.FONT, size=size, weight=weight)


def _set_pen(pen: Any, item: Path) -> None:
    pen.set_linewidth(item.width)
    pen.set_capstyle("butt")
    pen.set_joinstyle("miter")
    if item.dashes:
        pen.set_dashes(0, [dash * item.width for dash in item.dashes])


def _curve(item: Path) -> Any:
    from matplotlib.path import Path as Curve

    closed = item.fill != "none"
    ends = (item.points[0],) if closed and item.points[0] != item.points[-1] else ()
    return Curve((*item.points, *ends), closed=closed)


def _text_svg(item: Text) -> str:
    scale = item.size / glyphs.EM
    parts, at = [], 0.0
    for character in item.words:
        if not character.isspace():
            parts.append(f'<use href="#{_glyph_id(item.weight, character)}" x="{at:.0f}"/>')
        at += glyphs.advance(item.weight, character)
    place = f"translate({item.x * POINTS:.2f} {item.y * POINTS:.2f}) scale({scale:.5f} {-scale:.5f})"
    return f'<g fill="{item.colour}" transform="{place}">{"".join(parts)}</g>'


def _path_svg(item: Path) -> str:
    points = " L".join(f"{x * POINTS:.2f} {y * POINTS:.2f}" for x, y in item.points)
    dashes = f' stroke-dasharray="{" ".join(f"{dash * item.width:.2f}" for dash in item.dashes)}"' if item.dashes else ""
    return (f'<path d="M{points}{"" if item.fill == "none" else "Z"}" fill="{item.fill}" stroke="{item.colour}" '
            f'stroke-width="{item.width:g}"{dashes}/>')


def _glyph_id(weight: str, character: str) -> str:
    return f"{weight[0]}{ord(character):x}"


def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of `words` is, in inches, at a font size in points."""
    return sum(glyphs.advance(weight, character) for character in printable(words)) / glyphs.EM * size / POINTS


def shortened(words: str, width: float, size: float, weight: str = "normal") -> str:
    """Return `words` cut with an ellipsis so that they fit into `width` inches."""
    words = printable(words)
    if text_width(words, size, weight) <= width:
        return words
    room = width - text_width("…", size, weight)
    used, kept = 0.0, 0
    for character in words:
        used += glyphs.advance(weight, character) / glyphs.EM * size / POINTS
        if used > room:
            break
        kept += 1
    return words[:kept].rstrip() + "…"


def wrapped(words: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Return the lines into which `words` break so that each fits into `width` inches."""
    lines: list[str] = []
    for word in printable(words).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width, size, weight))
    return lines


def printable(words: str) -> str:
    """Return `words` on one line, with a question mark for what the font cannot draw."""
    known = glyphs.known()
    return "".join(character if ord(character) in known else "?" for character in " ".join(words.split()))

"""A sheet of paper in inches to draw on, saved as SVG or PNG with the same bytes each time. What is drawn: the other files here.

matplotlib is imported when a sheet is made, never before. Its text is drawn as outlines of the font it ships, so a picture
looks the same on every machine; SVG styles become attributes, so a strict content policy shows it unchanged.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

FONT = "DejaVu Sans"
SETTINGS: dict[Any, Any] = {
    "font.family": FONT, "svg.fonttype": "path", "svg.hashsalt": "perennial", "path.simplify": False, "axes.unicode_minus": True,
    "text.hinting": "none",  # widths are then the same in SVG and PNG
}
PNG_DPI = 160
PNG_COLOURS = 96
POINTS_PER_INCH = 72
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


def in_palette(svg: bytes, old: Palette, new: Palette) -> bytes:
    """Return a picture drawn in one palette in the colours of another; both name a colour of its own for everything."""
    swap = {getattr(old, name).encode(): getattr(new, name).encode() for name in Palette.__slots__}
    return re.sub(b"|".join(swap), lambda match: swap[match.group()], svg)


LIGHT = Palette(paper="#ffffff", ink="#1c2529", soft="#536067", line="#c9c5b8", accent="#0f5c5e", benchmark="#6b3fa0",
                notice_paper="#fdf2d8", notice_ink="#7a4b00")
DARK = Palette(paper="#1a2226", ink="#e6eaeb", soft="#a9b5ba", line="#46545c", accent="#84d3c9", benchmark="#c9aef0",
               notice_paper="#33290f", notice_ink="#f2cd84")


class Sheet:
    """A sheet `width` × `height` inches; x runs to the right and y downwards."""

    def __init__(self, width: float, height: float, palette: Palette) -> None:
        from matplotlib.figure import Figure

        self.width, self.height, self.palette = width, height, palette
        self._figure = Figure(figsize=(width, height), facecolor=palette.paper)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)

    def text(self, x: float, y: float, words: str, *, size: float = 9, colour: str = "", align: str = "left", weight: str = "normal") -> None:
        """Write one line whose middle is at height `y`; align: left, center or right of `x`."""
        self._axes.text(x, y, printable(words), fontsize=size, color=colour or self.palette.ink, ha=align, va="center_baseline",
                        fontweight=weight, parse_math=False, fontfamily=FONT)

    def line(self, points: Sequence[tuple[float, float]], *, colour: str = "", width: float = 0.9, dashes: tuple[float, ...] = ()) -> None:
        """Draw a line through `points`."""
        style: dict[str, Any] = {"linestyle": (0, dashes)} if dashes else {}
        self._axes.plot([x for x, _ in points], [y for _, y in points], color=colour or self.palette.ink, linewidth=width,
                        solid_capstyle="butt", **style)

    def shape(self, points: Sequence[tuple[float, float]], *, colour: str, filled: str = "", dashes: tuple[float, ...] = ()) -> None:
        """Draw a closed shape; `filled` is the colour inside, "" fills it with `colour`."""
        from matplotlib.patches import Polygon

        style: Any = (0, dashes) if dashes else "solid"
        self._axes.add_patch(Polygon(points, closed=True, facecolor=filled or colour, edgecolor=colour, linewidth=0.9, linestyle=style))

    def svg(self, title: str) -> bytes:
        """Return the sheet as SVG with a title that screen readers speak."""
        text = self._saved("svg", metadata={"Date": None, "Creator": None, "Title": printable(title)}).decode()
        return _styles_as_attributes(text).encode()

    def png(self) -> bytes:
        """Return the sheet as PNG of few colours: it goes out with every mail."""
        from PIL import Image

        full = Image.open(io.BytesIO(self._saved("png", dpi=PNG_DPI, metadata={"Software": None})))
        held = io.BytesIO()
        full.convert("RGB").quantize(PNG_COLOURS, dither=Image.Dither.NONE).save(held, format="PNG", optimize=True)
        return held.getvalue()

    def _saved(self, kind: str, **options: Any) -> bytes:
        import matplotlib

        held = io.BytesIO()
        with _drawing, matplotlib.rc_context(SETTINGS):
            self._figure.savefig(held, format=kind, facecolor=self.palette.paper, **options)
        return held.getvalue()


def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of `words` is, in inches, at a font size in points."""
    return sum(_advance(character, weight) for character in printable(words)) * size / POINTS_PER_INCH


def shortened(words: str, width: float, size: float, weight: str = "normal") -> str:
    """Return `words` cut with an ellipsis so that they fit into `width` inches."""
    words = printable(words)
    if text_width(words, size, weight) <= width:
        return words
    room = width - text_width("…", size, weight)
    used, kept = 0.0, 0
    for character in words:
        used += text_width(character, size, weight)
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
    known = _glyphs("normal")
    return "".join(character if ord(character) in known else "?" for character in " ".join(words.split()))


@lru_cache(maxsize=4)
def _font(weight: str) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(family=FONT, weight=weight), fallback_to_default=True))


@lru_cache(maxsize=4)
def _glyphs(weight: str) -> frozenset[int]:
    return frozenset(_font(weight).get_charmap())


@lru_cache(maxsize=2048)
def _advance(character: str, weight: str) -> float:
    """Return the width of a character for a font of size one."""
    font = _font(weight)
    with _drawing:
        font.set_size(100, POINTS_PER_INCH)
        return font.load_char(ord(character)).linearHoriAdvance / 65536 / 100


def _styles_as_attributes(svg: str) -> str:
    svg = re.sub(r"\n *<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"\n\s*", "\n", svg)
    # A thousandth of a point is seen by nobody; scales, below one, keep their digits.
    svg = re.sub(r"\b[1-9]\d*\.\d{4,}", lambda match: f"{float(match.group()):.3f}", svg)
    svg = svg.replace("<svg ", '<svg role="img" stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return re.sub(r' style="([^"]*)"', lambda match: _attributes(match.group(1)), svg)


def _attributes(style: str) -> str:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)

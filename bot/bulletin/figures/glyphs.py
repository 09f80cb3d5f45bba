"""Outlines and widths of the letters of the font that matplotlib ships, DejaVu Sans. Text on a sheet: sheet.py."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

FONT = "DejaVu Sans"
EM = 1000  # outlines and widths are in thousandths of the font's size
PIXELS = 100
_loading = threading.Lock()  # one font object serves all threads, and keeps the letter it loaded last
MOVE, LINE, QUADRATIC, CUBIC, CLOSE = 1, 2, 3, 4, 79
LETTERS = {MOVE: ("M", 1), LINE: ("L", 1), QUADRATIC: ("Q", 2), CUBIC: ("C", 3)}


@lru_cache(maxsize=1)
def known() -> frozenset[int]:
    """Return the code points that can be drawn."""
    return frozenset(_font("normal").get_charmap())


@lru_cache(maxsize=4096)
def advance(weight: str, character: str) -> float:
    """Return how far a letter moves the pen, in thousandths of the font's size."""
    with _loading:
        return _loaded(weight, character).linearHoriAdvance / 65536 * EM / PIXELS


@lru_cache(maxsize=4096)
def outline(weight: str, character: str) -> str:
    """Return the outline of a letter as the path data of SVG, y upwards."""
    with _loading:
        _loaded(weight, character)
        points, codes = _font(weight).get_path()
    parts, at = [], 0
    while at < len(codes):
        if codes[at] == CLOSE:
            parts.append("Z")
            at += 1
            continue
        letter, count = LETTERS[codes[at]]
        parts.append(letter + " ".join(f"{x * EM / PIXELS:.0f} {y * EM / PIXELS:.0f}" for x, y in points[at:at + count]))
        at += count
    return "".join(parts)


def _loaded(weight: str, character: str) -> Any:
    from matplotlib.ft2font import LoadFlags

    font = _font(weight)
    font.set_size(PIXELS, 72)
    return font.load_char(ord(character), flags=LoadFlags.NO_HINTING)


@lru_cache(maxsize=2)
def file(weight: str) -> str:
    """Return where the font's file lies. weight: `normal` or `bold`."""
    from matplotlib.font_manager import FontProperties, findfont

    return str(findfont(FontProperties(family=FONT, weight=weight), fallback_to_default=True))


@lru_cache(maxsize=2)
def _font(weight: str) -> Any:
    from matplotlib.ft2font import FT2Font

    # A font of its own: matplotlib keeps the ones it draws with, and may use them in another thread.
    return FT2Font(file(weight))

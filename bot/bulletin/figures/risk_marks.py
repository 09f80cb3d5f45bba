"""How a judgement of risk of bias is drawn: a disc with a sign in it, so that nobody needs the colour. Words: every legend has them."""

from __future__ import annotations

import math

from bot.bulletin.figures.frame import SMALL
from bot.bulletin.figures.sheet import Sheet

RADIUS = 0.085
CORNERS = 20
# Judgement (RoB 2 and ROBINS-I) → its sign, and which colour of a palette it has.
MARKS = {
    "low": ("+", "good"), "some concerns": ("−", "middling"), "moderate": ("−", "middling"), "high": ("×", "bad"),
    "serious": ("×", "bad"), "critical": ("!", "bad"), "no information": ("?", "soft"),
}
ORDER = tuple(MARKS)


def draw_mark(sheet: Sheet, x: float, y: float, judgement: str) -> None:
    """Draw a judgement around (x, y); an unknown or missing one as an empty ring."""
    sign, colour = MARKS.get(judgement, ("", "soft"))
    turns = [2 * math.pi * corner / CORNERS for corner in range(CORNERS)]
    points = [(x + RADIUS * math.cos(turn), y + RADIUS * math.sin(turn)) for turn in turns]
    named = str(getattr(sheet.palette, colour))
    sheet.shape(points, colour=named, filled=named if sign else sheet.palette.paper)
    if sign:
        sheet.text(x, y, sign, size=SMALL, colour=sheet.palette.paper, align="center", weight="bold")


def legend(used: set[str]) -> str:
    """Return what the signs of these judgements mean, in one line, the best first."""
    return "; ".join(f"{MARKS[one][0]} {one}" for one in ORDER if one in used)

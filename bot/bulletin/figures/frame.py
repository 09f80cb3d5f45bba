"""What every picture has around it: the notice on top, the title, and remarks beneath. What stands between: the other files here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.bulletin.figures.sheet import Sheet, wrapped

SMALL, BODY, HEAD = 7.8, 9.2, 11.5
MARGIN = 0.18
NOTICE_LINE, TITLE_LINE, REMARK_LINE = 0.17, 0.22, 0.165


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines that fit a sheet `width` inches wide. above, below: the inches that they take."""

    width: float
    notices: tuple[str, ...]
    title: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def above(self) -> float:
        """The height of notice and title."""
        return self._band + 0.2 + TITLE_LINE * len(self.title)

    @property
    def below(self) -> float:
        """The height of the remarks."""
        return REMARK_LINE * len(self.remarks) + 0.04

    @property
    def _band(self) -> float:
        return 0.09 + NOTICE_LINE * len(self.notices) if self.notices else 0.0

    def begin(self, sheet: Sheet) -> float:
        """Draw notice and title, and return how far down they reach."""
        palette, y = sheet.palette, self._band
        if self.notices:
            sheet.shape([(0, 0), (sheet.width, 0), (sheet.width, y), (0, y)], colour=palette.notice_paper)
        for number, line in enumerate(self.notices):
            sheet.text(sheet.width / 2, 0.135 + NOTICE_LINE * number, line, size=SMALL, colour=palette.notice_ink, align="center", weight="bold")
        y += 0.2
        for line in self.title:
            sheet.text(MARGIN, y, line, size=HEAD, weight="bold")
            y += TITLE_LINE
        return y

    def end(self, sheet: Sheet, y: float) -> None:
        """Draw the remarks from `y` on."""
        for line in self.remarks:
            sheet.text(MARGIN, y, line, size=SMALL, colour=sheet.palette.soft)
            y += REMARK_LINE


def frame(width: float, *, title: str, notice: str = "", remarks: tuple[str, ...] = ()) -> Frame:
    """Return the frame of a picture, its words broken into lines."""
    room = width - 2 * MARGIN
    return Frame(width, tuple(wrapped(notice, room, SMALL, "bold")) if notice else (), tuple(wrapped(title, room, HEAD, "bold")),
                 tuple(line for remark in remarks for line in wrapped(remark, room, SMALL)))

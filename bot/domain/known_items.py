"""Items that a strategy must find, and how many of them it did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A report that is known to be relevant. id: its number in the source; shaped: whether the strategy was written with it in view."""

    source: str
    id: str
    label: str
    shaped: bool
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """What a strategy found of the items that the source has. absent: those that it does not have under this number; they count for nothing.

    Items that shaped the strategy say little about what it misses: recall is that of the others.
    """

    found: tuple[KnownItem, ...]
    missed: tuple[KnownItem, ...]
    absent: tuple[KnownItem, ...]

    @property
    def sentence(self) -> str:
        """State recall for the others apart from those that shaped the strategy."""
        there = (*self.found, *self.missed)
        parts = [f"{sum(one.shaped is shaped for one in self.found)} of {sum(one.shaped is shaped for one in there)} {what}"
                 for shaped, what in ((False, "that did not shape the strategy"), (True, "that did"))]
        gone = f"; {len(self.absent)} not in this source" if self.absent else ""
        return f"known items found: {', '.join(parts)}{gone}"

    @property
    def miss(self) -> str:
        """Name what was missed; "" if nothing was."""
        return ", ".join(f"{one.id} ({one.label}{', which shaped the strategy' if one.shaped else ''})" for one in self.missed)


def recall(items: Sequence[KnownItem], *, there: Collection[str], found: Collection[str]) -> Recall:
    """Return what was found of the items. there: numbers that the source has; found: those of them that the strategy finds."""
    return Recall(tuple(one for one in items if one.id in found and one.id in there),
                  tuple(one for one in items if one.id in there and one.id not in found), tuple(one for one in items if one.id not in there))

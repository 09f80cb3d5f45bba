"""Cut a PubMed search into parts until each fits into what PubMed serves of one query. The parts of a search share no hit.

A part is a text, kept between two runs of the program: `edat 2020-01-01 2020-06-30 +hasabstract @9999`. Asking for it: pubmed.py.
Source of the limit and the tags: NBK25499 and PubMed's help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.errors import SourceError
from bot.sources import Window

# PubMed serves the first 9,999 hits of a query and no more.
MOST_HITS = 9_999
# PubMed has journals of the eighteenth century; before this day it has nothing.
BEGINNING = date(1700, 1, 1)
# Before this day PubMed took in little: a window from the beginning is cut here first.
MODERN = date(1975, 1, 1)
# A record that was taken in long ago can be found anew: when it gets its headings (mhda), or a notice about it (lr).
NOTICES = ('("retracted publication"[pt] OR hasretractionin OR hasexpressionofconcernin OR haserratumin OR hascorrectedrepublishedin '
           "OR hasretractedandrepublishedin)")
# What tells apart the hits of one day: with it and without it are two parts that share nothing.
FURTHER = ("hasabstract", "english[la]", "medline[sb]", "humans[mh]", "review[pt]", "pubmed pmc[sb]", "case reports[pt]", "letter[pt]",
           "comment[pt]", "clinical trial[pt]", "editorial[pt]", "female[mh]", "adult[mh]", "free full text[sb]")


@dataclass(frozen=True, slots=True)
class Slice:
    """The hits of one kind of date between two days. limits: `+x` with x, `-x` without it; start: how many hits to pass over."""

    tag: str
    first: date
    last: date
    limits: tuple[str, ...] = ()
    start: int = 0

    def __str__(self) -> str:
        return "\t".join((self.tag, str(self.first), str(self.last), *self.limits, *((f"@{self.start}",) if self.start else ())))

    @staticmethod
    def of(text: str) -> Slice:
        """Return the slice that a text stands for."""
        tag, first, last, *more = text.split("\t")
        starts = [int(one[1:]) for one in more if one.startswith("@")]
        limits = tuple(one for one in more if not one.startswith("@"))
        return Slice(tag, date.fromisoformat(first), date.fromisoformat(last), limits, starts[0] if starts else 0)

    def smaller(self) -> tuple[Slice, Slice]:
        """Return two slices that hold the same hits. Raises SourceError if a day cannot be cut any further."""
        if self.first < self.last:
            middle = self.first + (self.last - self.first) // 2
            if self.first < MODERN < self.last:
                middle = MODERN - timedelta(days=1)
            return replace(self, last=middle), replace(self, first=middle + timedelta(days=1))
        if len(self.limits) == len(FURTHER):
            raise SourceError(f"PubMed has more than {MOST_HITS:,} hits of one kind that entered on {self.first}, and gives no more. "
                              "Narrow the strategy")
        next_one = FURTHER[len(self.limits)]
        return replace(self, limits=(*self.limits, f"+{next_one}")), replace(self, limits=(*self.limits, f"-{next_one}"))

    def rest(self, served: int) -> Slice:
        """Return what remains of this slice when so many of its hits came."""
        return replace(self, start=self.start + served)

    def term(self, query: str, window: Window) -> str:
        """Return the query that finds the hits of this slice and no others."""
        term = f"({query}) AND {_between(self.first, self.last, self.tag)}"
        if self.tag == "lr":
            term = f"{term} AND {NOTICES}"
        for tag in EARLIER[self.tag]:
            term = f"({term}) NOT {_between(window.start or BEGINNING, window.end, tag)}"
        for limit in self.limits:
            term = f"({term}) {'AND' if limit[0] == '+' else 'NOT'} {limit[1:]}"
        return term


# What a slice leaves to the slices before it.
EARLIER = {"edat": (), "mhda": ("edat",), "lr": ("edat", "mhda")}


def whole(query: str, window: Window) -> str:
    """Return the query for everything in a window: what came in, what got its headings, what got a notice in it."""
    start = window.start or BEGINNING
    new = _between(start, window.end, "edat")
    if window.start is None:
        return f"({query}) AND {new}"
    return (f"({query}) AND ({new} OR {_between(start, window.end, 'mhda')} OR "
            f"({_between(start, window.end, 'lr')} AND {NOTICES}))")


def first_slices(window: Window) -> tuple[Slice, ...]:
    """Return the slices that hold what `whole` finds."""
    tags = ("edat",) if window.start is None else tuple(EARLIER)
    return tuple(Slice(tag, window.start or BEGINNING, window.end) for tag in tags)


def cut_whole(window: Window) -> tuple[Slice, ...]:
    """Return smaller slices that hold what `whole` finds."""
    first, *others = first_slices(window)
    # A single slice would ask for the same as the whole: it is cut at once.
    return (first, *others) if others else first.smaller()


def _between(first: date, last: date, tag: str) -> str:
    return f'("{first:%Y/%m/%d}"[{tag}] : "{last:%Y/%m/%d}"[{tag}])'

"""Where records come from. A source with an interface is one file here; files that people export: bot/sources/files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from bot.domain.notices import Notice
from bot.domain.records import Record
from bot.domain.trials import Trial
from bot.errors import SourceError

# The part of a search to begin with.
FIRST = ""


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which the source took a record in, both included. start None: from the beginning."""

    start: date | None
    end: date


@dataclass(frozen=True, slots=True)
class Found:
    """What one request found. hits: how many the source counts for the part that was asked for and what follows it, never less than len(ids).

    ids: those that came with the answer; parts: what is to be asked next, in the source's own words: together they hold the rest.
    as_sent, as_understood: the query as it went out, and as the source read it; reading: how it read the strategy itself, without
    the window: the same text as long as it reads the strategy the same way; address: where it was asked.
    warnings: what the source said besides, for a person to read; unread: what of the strategy it left out or took for something else.
    """

    hits: int
    ids: tuple[str, ...]
    as_sent: str
    as_understood: str
    reading: str
    address: str
    parts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What a whole search found: all ids, each once."""

    ids: tuple[str, ...]
    first: Found


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that were asked for, and the ids for which the source gave none. trials: what a register says besides of those it gave."""

    records: tuple[Record, ...]
    missing: tuple[str, ...]
    trials: tuple[Trial, ...] = ()


@runtime_checkable
class Source(Protocol):
    """A database or register that can be searched. Both verbs raise SourceError with a sentence when the source does not do it.

    batch: how many records `fetch` is asked for at a time.
    """

    name: str
    batch: int

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Put one request, and return what it found; never fewer hits in silence."""
        ...

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these ids, and say which of them it did not give."""
        ...


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper by what names it; doi and pmid are "" where they are not known, never both."""

    doi: str = ""
    pmid: str = ""


@runtime_checkable
class Watch(Protocol):
    """A source that tells of retractions, corrections and concerns. batch: about how many papers it is asked at a time."""

    name: str
    batch: int
    address: str

    def notices(self, papers: tuple[Paper, ...]) -> dict[Paper, tuple[Notice, ...]]:
        """Return what the source says about each paper that it knows; one that it does not know is left out. Raises SourceError."""
        ...


def search(source: Source, query: str, window: Window) -> SearchReply:
    """Return all that a query finds in a window, without keeping anything on the way. Raises SourceError if parts are missing."""
    first = source.ask(query, window)
    ids, waiting = dict.fromkeys(first.ids), list(first.parts)
    while waiting:
        found = source.ask(query, window, waiting.pop(0))
        ids |= dict.fromkeys(found.ids)
        waiting = [*found.parts, *waiting]
    require_all(source.name, first.hits, len(ids))
    return SearchReply(tuple(ids), first)


def require_all(name: str, hits: int, listed: int) -> None:
    """Raise SourceError if a source listed fewer ids than it counts hits. More are no fault: it took some in meanwhile."""
    if listed < hits:
        raise SourceError(f"{name} counts {hits:,} hits and lists {listed:,} of them; nothing is known about the others. Search again")

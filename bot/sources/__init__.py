"""Where records come from. A source with an interface is one file here; files that people export: bot/sources/files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from bot.domain.records import Record


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which the source took a record in, both included. start None: from the beginning."""

    start: date | None
    end: date


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What a search found: all ids, and how the source understood it. warnings: what it said besides, for a person to read."""

    ids: tuple[str, ...]
    as_sent: str
    as_understood: str
    address: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that were asked for, and the ids for which the source gave none."""

    records: tuple[Record, ...]
    missing: tuple[str, ...]


@runtime_checkable
class Source(Protocol):
    """A database or register that can be searched. Both verbs raise SourceError with a sentence when the source does not do it."""

    name: str

    def search(self, query: str, window: Window) -> SearchReply:
        """Return the ids of everything that the query finds in the window; never fewer in silence."""
        ...

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these ids."""
        ...

"""What is wrong with records before they are compared, in sentences. Such records are kept and never joined silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.records import Record
from bot.methods.dedup.words import plain


@dataclass(frozen=True, slots=True)
class Oddity:
    """positions: of the records in their sequence; sentence: what is wrong, and what became of them."""

    positions: tuple[int, ...]
    sentence: str


def oddities_of(records: Sequence[Record], too_large: Sequence[tuple[int, ...]] = ()) -> tuple[Oddity, ...]:
    """Return what a person should know of these records: no title, one id twice, clusters too large to believe."""
    found = [Oddity((position,), _untitled(record)) for position, record in enumerate(records) if not plain(record.title)]
    named = defaultdict[tuple[str, str], list[int]](list)
    for position, record in enumerate(records):
        if record.source_id:
            named[record.source, record.source_id].append(position)
    for (source, source_id), positions in named.items():
        if len({records[position] for position in positions}) > 1:
            sentence = f"{len(positions)} records of {source} have the id {source_id} and do not say the same; all were kept."
            found.append(Oddity(tuple(positions), sentence))
    for group in too_large:
        title = records[min(group)].title[:80]
        sentence = f"{len(group)} records seem to cite one report ({title!r}); they were left apart: look at the source first."
        found.append(Oddity(tuple(sorted(group)), sentence))
    return tuple(found)


def _untitled(record: Record) -> str:
    what = record.source_id or record.doi or record.pmid or "a record without an id"
    only = " and has only an abstract" if record.abstract and not (record.authors or record.journal) else ""
    return f"{record.source} {what} has no title{only}; it was kept, and joins no other by itself."

"""Labelled records for benchmarks/dedup.py: read from CSV, damaged at random, multiplied. What is measured on them is not known here."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.domain.records import Record

COLUMNS = {
    "title": ("title",),
    "abstract": ("abstract",),
    "journal": ("journal", "booktitle", "secondary_title", "source"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "doi": ("doi",),
    "pmid": ("pmid", "accession_number"),
    "language": ("language",),
}
IDS = ("id", "record_id", "key")
SHARE = 1 / 3
CUT = 60


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """records and the work that each cites, as somebody judged it; an empty label is a work of its own."""

    name: str
    records: tuple[Record, ...]
    works: tuple[str, ...]


def read_sets(folder: Path) -> list[LabelledSet]:
    """Return every CSV file of a folder that has a column gold_cluster. Raises ValueError where an id stands twice."""
    return [found for path in sorted(folder.glob("*.csv")) if (found := _read(path))]


def _read(path: Path) -> LabelledSet | None:
    csv.field_size_limit(1 << 30)
    with path.open(newline="", encoding="utf-8-sig") as lines:
        found = csv.DictReader(lines)
        rows = [
            {name.lower(): value.strip() for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
            for row in found
        ]
    if not rows or "gold_cluster" not in rows[0]:
        return None
    column = next((name for name in IDS if name in rows[0]), "")
    ids = [row.get(column, "") or str(number) for number, row in enumerate(rows)]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{path.name}: an id stands twice; each record needs one of its own.")
    works = tuple(row["gold_cluster"] or f"alone {key}" for row, key in zip(rows, ids, strict=True))
    records = tuple(_record(row, key) for row, key in zip(rows, ids, strict=True))
    return LabelledSet(path.stem, records, works)


def _record(row: dict[str, str], key: str) -> Record:
    fields: dict[str, Any] = {field: next((row[name] for name in names if row.get(name)), "") for field, names in COLUMNS.items()}
    year = re.search(r"\d{4}", row.get("year", ""))
    written = row.get("author", "") or row.get("authors", "")
    names = re.split(r"\s+and\s+" if " and " in written or ";" not in written else r"\s*;\s*", written)
    authors = tuple(name for name in names if name)
    return Record(source="bench", source_id=key, authors=authors, year=int(year.group()) if year else None, **fields)


def renumbered(labelled: LabelledSet, seed: int) -> LabelledSet:
    """Return the same records in another order, with other ids."""
    chance = random.Random(seed)
    order = chance.sample(range(len(labelled.records)), len(labelled.records))
    records = tuple(replace(labelled.records[old], source_id=f"new {chance.random()}") for old in order)
    return LabelledSet(labelled.name, records, tuple(labelled.works[old] for old in order))


def damaged_set(labelled: LabelledSet, seed: int) -> LabelledSet:
    """Return the same records, each damaged in some of its fields."""
    chance = random.Random(seed)
    return LabelledSet(labelled.name, tuple(damaged(record, chance) for record in labelled.records), labelled.works)


def damaged(record: Record, chance: random.Random) -> Record:
    """Return a record of which each third loses its DOI, has its title cut, its authors' given names abbreviated, its year off by one."""
    if chance.random() < SHARE:
        record = replace(record, doi="")
    if chance.random() < SHARE:
        record = replace(record, title=record.title[:CUT])
    if chance.random() < SHARE:
        record = replace(record, authors=tuple(_initials(name) for name in record.authors))
    if chance.random() < SHARE and record.year:
        record = replace(record, year=record.year + chance.choice((-1, 1)))
    return record


def _initials(name: str) -> str:
    family, _, given = name.partition(",")
    letters = "".join(word[0] for word in re.findall(r"\w+", given)).upper()
    return f"{family} {letters}".strip()


def multiplied(sets: Sequence[LabelledSet], size: int, seed: int) -> LabelledSet:
    """Return so many records: those of all sets, then damaged copies of them, in any order."""
    chance = random.Random(seed)
    whole = [(record, f"{one.name} {work}") for one in sets for record, work in zip(one.records, one.works, strict=True)]
    made = chance.sample(whole, min(size, len(whole)))
    while len(made) < size:
        record, work = chance.choice(whole)
        made.append((damaged(record, chance), work))
    chance.shuffle(made)
    return LabelledSet(f"{size} records", tuple(record for record, _ in made), tuple(work for _, work in made))


def strangers(sets: Sequence[LabelledSet], size: int, seed: int) -> list[Record]:
    """Return so many records that cite no two times one work: real ones, then others put together of halves of titles and other places."""
    chance = random.Random(seed)
    whole = [record for one in sets for record in one.records]
    made = list(whole[:size])
    while len(made) < size:
        one, two = chance.choice(whole), chance.choice(whole)
        title = " ".join(one.title.split()[: chance.randint(3, 9)] + two.title.split()[-chance.randint(3, 9) :])
        year, volume, page = chance.randint(1990, 2025), chance.randint(1, 200), chance.randint(2, 3000)
        made.append(
            replace(one, title=title, authors=two.authors, year=year, volume=str(volume), pages=f"{page}-{page + 9}", doi="")
        )
    return made

"""Keys of a record: two records of one report share at least one. Comparing those that do: match.py."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from bot.domain.records import Record

SHORTEST_TITLE = 20


class Key(NamedTuple):
    """Something to look a record up by."""

    kind: str
    value: str


def keys_of(record: Record) -> tuple[Key, ...]:
    """Return the keys of a record: DOI, PMID, whole title, beginning of the title."""
    title = plain(record.title)
    found = [Key("pmid", record.pmid) if record.pmid else None, Key("doi", record.doi) if is_doi(record.doi) else None]
    if len(title) >= SHORTEST_TITLE:
        found += [Key("title", title[:200]), Key("head", title[:40])]
    elif title:
        found.append(Key("short", f"{title}|{record.year or ''}"))
    return tuple(key for key in found if key)


def plain(text: str) -> str:
    """Return a text in small letters and digits alone, without accents, markup or spaces: what survives every platform."""
    bare = re.sub(r"<[^>]+>", "", text)
    flat = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "", flat)


def is_doi(text: str) -> bool:
    """Return whether a text is a DOI: "NA" and the like are none."""
    return text.startswith("10.") and "/" in text

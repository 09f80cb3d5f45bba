"""The best of each field of several records of one report. Whether they are of one report: match.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from bot.domain.records import Record

# Whose word counts first where two give the same field: those who check what they index.
PREFERRED = ("pubmed", "medline_ovid", "embase", "psycinfo", "central")


def merged(records: Sequence[Record]) -> Record:
    """Return one record: each field from the preferred source that fills it; abstracts and lists the longest. Order does not matter."""
    ordered = sorted(records, key=lambda one: (PREFERRED.index(one.source) if one.source in PREFERRED else len(PREFERRED), one.source, one.source_id,
                                               repr(one)))
    best = ordered[0]
    for field in fields(Record):
        values = [value for one in ordered if (value := getattr(one, field.name))]
        if not values:
            continue
        longest = field.name == "abstract" or isinstance(values[0], tuple)
        best = replace(best, **{field.name: max(values, key=len) if longest else values[0]})
    return best

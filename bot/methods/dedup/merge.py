"""The best of each field of several records of one report. Whether they are of one report: match.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of
from bot.methods.dedup.words import plain

# Whose word counts first where two give the same field: those who check what they index.
PREFERRED = ("pubmed", "medline_ovid", "embase", "psycinfo", "central")
# Fields that describe one place in print: taken from one record, so that no volume meets another version's pages.
PLACE = ("journal", "volume", "issue", "pages")
SINGLE = ("pmid", "pmcid", "issn", "language", "url", "entered")
LISTS = ("registrations", "publication_types", "keywords", "mesh", "relations", "decisions")


def merged(records: Sequence[Record]) -> Record:
    """Return one record of several (at least one). The order in which they are given does not matter.

    By field: source and id of the preferred source; title of the preferred source, but the whole one where that is cut short; the longest
    abstract; the most authors; journal, volume, issue, pages and year together from the record that gives most of them; a DOI only if it is one;
    lists united; everything else from the preferred source that has it.
    """
    ordered = sorted(records, key=_preference)
    best = ordered[0]
    place = max(ordered, key=lambda one: sum(bool(getattr(one, name)) for name in PLACE))
    dated = [one for one in (place, *ordered) if one.year]
    return replace(
        best,
        title=_title(ordered),
        abstract=max((one.abstract for one in ordered), key=len),
        authors=max((one.authors for one in ordered), key=lambda names: (len(names), sum(map(len, names)))),
        year=dated[0].year if dated else None,
        date=max((one.date for one in ordered if dated and one.date[:4] in ("", str(dated[0].year))), key=len, default="")
        or _first(ordered, "date"),
        doi=next((doi for one in ordered if (doi := doi_of(one.doi))), ""),
        **{name: getattr(place, name) for name in PLACE},
        **{name: _first(ordered, name) for name in SINGLE},
        **{name: tuple(dict.fromkeys(value for one in ordered for value in getattr(one, name))) for name in LISTS},
    )


def _preference(record: Record) -> tuple[int, str, str, str]:
    rank = PREFERRED.index(record.source) if record.source in PREFERRED else len(PREFERRED)
    return rank, record.source, record.source_id, repr(record)


def _first(ordered: Sequence[Record], name: str) -> str:
    return next((value for one in ordered if (value := getattr(one, name))), "")


def _title(ordered: Sequence[Record]) -> str:
    """Return the first title, or the longest of those that begin with it: it was cut short."""
    titled = [one.title for one in ordered if one.title.strip()]
    if not titled:
        return ""
    start = plain(titled[0])
    return max((title for title in titled if plain(title).startswith(start)), key=len) if start else titled[0]

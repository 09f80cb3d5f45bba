"""MEDLINE text: what efetch gives and PubMed saves as .nbib. Tags: NLM's MEDLINE/PubMed data element descriptions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from Bio import Medline

from bot.domain.records import Record, Relation
from bot.sources.files import Refused, fields

FIRST_LINE = re.compile(r"^(PMID- |OWN - |STAT- )", re.MULTILINE)
RELATIONS = {"RIN": "retraction_in", "ROF": "retraction_of", "EIN": "erratum_in", "EFR": "erratum_for", "CON": "comment_on", "CIN": "comment_in",
             "UIN": "update_in", "UOF": "update_of", "RPI": "republished_in", "RPF": "republished_from", "ECI": "concern_in", "ECF": "concern_for"}
PMID_IN = re.compile(r"PMID:\s*(\d+)")
SECTION = re.compile(r"(?<=[.!?)\]%]) (?=[A-Z][A-Z0-9 ,/&'()-]{3,48}: )")


def claims(text: str) -> bool:
    """Return whether this is MEDLINE text."""
    return bool(re.match(r"\s*(PMID- |OWN - )", text))


def parse(text: str, source: str) -> tuple[list[Record], list[Refused]]:
    """Return the records of a file, and what could not be taken."""
    records, refused = [], []
    for number, (line, entry) in enumerate(_entries(text), start=1):
        if not entry.get("TI") and not entry.get("BTI") and not entry.get("TT"):
            refused.append(Refused(number, line, "no title (TI): a record has at least one"))
        else:
            records.append(_record(entry, source))
    return records, refused


def records_in(text: str, *, source: str) -> list[Record]:
    """Return the records of MEDLINE text; an entry without a PMID is none."""
    return [_record(entry, source) for entry in Medline.parse(io.StringIO(text)) if entry.get("PMID", "").isdigit()]


def _entries(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return (line, entry) of each part of a file that blank lines set apart."""
    line = 1
    for part in re.split(r"(\n\s*\n)", text):
        if part.strip():
            for entry in Medline.parse(io.StringIO(part.strip("\n") + "\n")):
                yield line, entry
        line += part.count("\n")


def _record(entry: Mapping[str, Any], source: str) -> Record:
    ids = entry.get("AID", []) + _many(entry, "LID")
    authors = _many(entry, "AU") or _many(entry, "FAU")
    published = str(entry.get("DP", ""))
    return Record(
        source=source,
        source_id=str(entry.get("PMID", "")),
        title=fields.one_line(entry.get("TI") or entry.get("BTI") or entry.get("TT") or ""),
        abstract=SECTION.sub("\n", fields.one_line(str(entry.get("AB", "")))),
        authors=(*authors, *_many(entry, "CN")),
        year=fields.year(published),
        date=fields.iso_date(published),
        entered=fields.iso_date(str(entry.get("EDAT", ""))),
        journal=str(entry.get("JT") or entry.get("TA") or ""),
        volume=str(entry.get("VI", "")),
        issue=str(entry.get("IP", "")),
        pages=str(entry.get("PG", "")),
        doi=next((found for one in ids if "[doi]" in one and (found := fields.doi(one))), ""),
        pmid=str(entry.get("PMID", "")),
        pmcid=str(entry.get("PMC", "")),
        issn=next((found.group(0) for one in _many(entry, "IS") if (found := re.search(r"\d{4}-\d{3}[\dXx]", one))), ""),
        registrations=fields.registrations(" ".join(_many(entry, "SI")), str(entry.get("AB", ""))),
        language=", ".join(_many(entry, "LA")),
        publication_types=tuple(_many(entry, "PT")),
        keywords=tuple(_many(entry, "OT")),
        mesh=tuple(_many(entry, "MH")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{entry['PMID']}/" if entry.get("PMID") else "",
        relations=tuple(_relations(entry)),
    )


def _many(entry: Mapping[str, Any], tag: str) -> list[str]:
    value = entry.get(tag, [])
    values: Sequence[str] = [value] if isinstance(value, str) else value
    return [one for one in values if one]


def _relations(entry: Mapping[str, Any]) -> Iterator[Relation]:
    for tag, kind in RELATIONS.items():
        for one in _many(entry, tag):
            found = PMID_IN.search(one)
            yield Relation(kind=kind, citation=one, pmid=found.group(1) if found else "", doi=fields.doi(one))

"""RIS as the platforms write it, each in its own way. Parsed by rispy, one record at a time, so that rubbish costs one record.

Ways met: shared/standards/pitfalls.md (Files): numbers before TY, text after ER, lone CR, headers before the first record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import rispy

from bot.domain.records import Record
from bot.sources.files import Refused, fields

TYPE = re.compile(r"^\s*(?:\d+\.\s*)?TY {1,2}- ?\s*(\S*)", re.MULTILINE)
TAG = re.compile(r"^([A-Z][A-Z0-9]) {1,2}- ?")
END = re.compile(r"^ER {1,2}-", re.MULTILINE)
JOURNAL = ("journal_name", "secondary_title", "alternate_title3", "alternate_title2", "alternate_title1")


def claims(text: str) -> bool:
    """Return whether this is RIS: somewhere a record begins with TY."""
    return TYPE.search(text) is not None


def parse(text: str, source: str) -> tuple[list[Record], list[Refused]]:
    """Return the records of a file, and what could not be taken."""
    records, refused = [], []
    for number, (line, part) in enumerate(_parts(text, refused), start=1):
        try:
            record = _record(_entry(part), source)
        except (ValueError, KeyError, IndexError, rispy.parser.ParseError if hasattr(rispy.parser, "ParseError") else OSError) as error:
            refused.append(Refused(number, line, f"cannot be read as RIS: {error}"))
            continue
        if not record.title:
            refused.append(Refused(number, line, "no title (TI or T1): a record has at least one"))
        else:
            records.append(record)
    return records, sorted(refused, key=lambda one: one.line)


def _parts(text: str, refused: list[Refused]) -> Iterator[tuple[int, str]]:
    """Return (line, text) of each record, from TY to ER; what stands between them and is not blank is named once."""
    begins = list(TYPE.finditer(text))
    for number, (begin, after) in enumerate(zip(begins, [*begins[1:], None], strict=True), start=1):
        part = text[begin.start():after.start() if after else len(text)]
        line = text.count("\n", 0, begin.start()) + 1 + (len(part) - len(part.lstrip("\n")))
        end = END.search(part)
        if end is None:
            refused_here = f"the record does not end (ER is missing){'' if after else '; was the file cut off?'}"
            if after is None:
                refused.append(Refused(number, line, refused_here))
                continue
        yield line, part[:end.start()] if end else part


def _entry(part: str) -> Mapping[str, Any]:
    lines: list[str] = []
    for line in part.strip("\n").split("\n"):
        cleaned = re.sub(r"^\s*\d+\.\s*(?=TY)", "", line)
        if TAG.match(cleaned):
            lines.append(TAG.sub(r"\1  - ", cleaned))
        elif lines and cleaned.strip():
            # A line without a tag goes on where the one before it ended.
            lines[-1] = f"{lines[-1].rstrip()} {cleaned.strip()}"
    return rispy.loads("\n".join([*lines, "ER  - ", ""]), skip_unknown_tags=False)[0]


def _record(entry: Mapping[str, Any], source: str) -> Record:
    unknown = entry.get("unknown_tag", {})
    title = fields.one_line(str(entry.get("title") or entry.get("primary_title") or ""))
    year_text = str(entry.get("year") or entry.get("publication_year") or entry.get("date") or "")
    date_text = str(entry.get("date") or entry.get("year") or entry.get("publication_year") or "")
    abstract = str(entry.get("abstract") or entry.get("notes_abstract") or "")
    doi = next((found for one in _texts(entry, "doi", "urls", "custom3", "notes") if (found := fields.doi(one))), "")
    start, end = str(entry.get("start_page") or ""), str(entry.get("end_page") or "")
    urls = [one for one in _texts(entry, "urls") if one.lower().startswith(("http://", "https://"))]
    numbers = " ".join(str(one) for one in (entry.get("accession_number", ""), *unknown.get("C2", []), *_texts(entry, "notes")))
    pmid = re.search(r"\bPMID:?\s*(\d{4,9})\b", numbers, re.IGNORECASE)
    return Record(
        source=source,
        source_id=str(entry.get("accession_number") or (unknown.get("U2") or [""])[0] or entry.get("id") or "").strip(),
        title=title,
        abstract=fields.one_line(abstract),
        authors=tuple(fields.one_line(one) for one in (entry.get("authors") or entry.get("first_authors") or []) if one.strip()),
        year=fields.year(year_text),
        date=fields.iso_date(date_text),
        journal=next((fields.one_line(str(entry[name])) for name in JOURNAL if entry.get(name)), ""),
        volume=str(entry.get("volume") or ""),
        issue=str(entry.get("number") or ""),
        pages=f"{start}-{end}" if start and end and "-" not in start else start,
        doi=doi,
        pmid=pmid.group(1) if pmid else "",
        issn=next((found.group(0) for one in _texts(entry, "issn") if (found := re.search(r"\d{4}-?\d{3}[\dXx]", one))), ""),
        registrations=fields.registrations(title, abstract, *_texts(entry, "notes", "keywords")),
        language=str(entry.get("language") or ""),
        publication_types=tuple(dict.fromkeys(one for one in (str(entry.get("type_of_work") or ""), ) if one)),
        keywords=tuple(fields.one_line(one) for one in entry.get("keywords", []) if one.strip()),
        url=urls[0] if urls else "",
    )


def _texts(entry: Mapping[str, Any], *names: str) -> list[str]:
    found: list[str] = []
    for name in names:
        value = entry.get(name) or []
        found += [value] if isinstance(value, str) else [str(one) for one in value]
    return found

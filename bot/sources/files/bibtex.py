"""BibTeX, as Scopus, Zotero and others export it: values in braces or quotes, which may hold braces themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, decisions, fields, tex

BEGIN = re.compile(r"^[ \t]*@(\w+)[ \t]*\{[ \t]*([^,\s]*)[ \t]*,", re.MULTILINE)
NAME = re.compile(r"\s*,?\s*([\w-]+)\s*=\s*")
CONCATENATED = re.compile(r"\s*#\s*")
BARE_END = re.compile(r"[,}\n]")
# Braces and quotes count, but not those that are escaped.
SIGN = re.compile(r'\\.|[{}"]', re.DOTALL)
PMID = re.compile(r"\bPMID:?\s*(\d{4,9})\b", re.IGNORECASE)
PMCID = re.compile(r"\bPMC\d{4,9}\b")
KINDS = {"inproceedings": "Conference paper", "conference": "Conference paper", "phdthesis": "Thesis", "mastersthesis": "Thesis",
         "thesis": "Thesis", "book": "Book", "incollection": "Book chapter", "inbook": "Book chapter", "techreport": "Report",
         "report": "Report", "unpublished": "Unpublished work"}
# A line that is longer than this was not broken to fit a page: its end is the end of a paragraph.
WRAPPED = 120
NO_RECORD = frozenset({"comment", "string", "preamble"})


def claims(head: str) -> bool:
    """Return whether a file that begins so is BibTeX."""
    return BEGIN.search(head) is not None


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    number, line, at, end = 0, 1, 0, 0
    for found in BEGIN.finditer(text):
        # What looks like a beginning inside an abstract is none.
        if found.group(1).lower() in NO_RECORD or found.start() < end:
            continue
        number += 1
        line, at = line + text.count("\n", at, found.start()), found.start()
        try:
            given, end = _fields(text, found.end())
        except ValueError:
            yield Refused(number, line, "its braces do not close; was the file cut off?")
            continue
        record = _record(given, found.group(1).lower(), source)
        yield record if record.title else Refused(number, line, "no title: a record has at least one")


def _fields(text: str, at: int) -> tuple[dict[str, str], int]:
    """Return (name → value of the entry whose fields begin at a place, where it ends). Raises ValueError if it does not end."""
    given: dict[str, str] = {}
    while (found := NAME.match(text, at)) is not None:
        value, at = _value(text, found.end())
        while (more := CONCATENATED.match(text, at)) is not None:
            further, at = _value(text, more.end())
            value += further
        given.setdefault(found.group(1).lower(), value)
    return given, at


def _value(text: str, at: int) -> tuple[str, int]:
    """Return (value, where it ends)."""
    opening = text[at:at + 1]
    if opening not in ('"', "{"):
        end = BARE_END.search(text, at)
        if end is None:
            raise ValueError
        return text[at:end.start()].strip(), end.start()
    depth, closing = 0, "}" if opening == "{" else '"'
    for found in SIGN.finditer(text, at + 1):
        one = found.group(0)
        if depth == 0 and one == closing:
            return text[at + 1:found.start()], found.end()
        depth += (one == "{") - (one == "}")
    raise ValueError


def _names(value: str) -> list[str]:
    """Return the names in a field, split at "and" where that stands outside of braces."""
    names, depth = [""], 0
    for part in re.split(r"([{}]|\s+and\s+)", value):
        if part.strip() == "and" and depth == 0:
            names.append("")
        else:
            depth += (part == "{") - (part == "}")
            names[-1] += part
    return [name for one in names if (name := fields.one_line(tex.plain(one)))]


def _paragraphs(value: str) -> str:
    """Return a text with its paragraphs, which are not the lines of a file that was broken to fit a page."""
    if max(map(len, value.split("\n"))) < WRAPPED:
        value = "\n".join(" ".join(part.split("\n")) for part in re.split(r"\n\s*\n", value))
    return fields.lines(tex.plain(value))


def _record(given: dict[str, str], kind: str, source: str) -> Record:
    plain = {name: fields.one_line(tex.plain(value)) for name, value in given.items() if name not in ("abstract", "author", "file")}
    get, notes = plain.get, f"{plain.get('note', '')} {plain.get('annote', '')} {plain.get('extra', '')}"
    abstract = _paragraphs(given.get("abstract", ""))
    pmid, pmcid = PMID.search(notes), PMCID.search(notes)
    return Record(
        source=source,
        source_id="",
        title=get("title", ""),
        abstract=abstract,
        authors=tuple(_names(given.get("author", ""))),
        year=fields.year(get("year", "")) or fields.year(get("date", "")),
        date=fields.iso_date(get("date", "")) or fields.iso_date(f"{get('year', '')} {get('month', '')}"),
        journal=get("journal") or get("journaltitle") or get("booktitle") or "",
        volume=get("volume", ""),
        issue=get("number") or get("issue") or "",
        pages=re.sub(r"-{2,}|–", "-", get("pages", "")) or get("art_number", ""),
        doi=fields.doi(get("doi", "")) or fields.doi(get("url", "")),
        pmid=get("pmid", "") if get("pmid", "").isdigit() else get("pubmed_id", "") or (pmid.group(1) if pmid else ""),
        pmcid=get("pmcid", "") or (pmcid.group(0) if pmcid else ""),
        issn=fields.issn(get("issn", "")),
        registrations=fields.registrations(get("title", ""), abstract, notes),
        language=get("language", "") or get("langid", ""),
        publication_types=tuple(filter(None, (get("document_type") or get("type") or KINDS.get(kind, ""),))),
        keywords=tuple(dict.fromkeys(word for name in ("author_keywords", "keywords") for part in re.split(r"[;,]", get(name, ""))
                                     if (word := part.strip()))),
        url=get("url", ""),
        decisions=decisions.from_notes((given.get("note", ""), given.get("annote", ""))),
    )

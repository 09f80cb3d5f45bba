"""Tables: CSV with commas, semicolons or tabs, as Embase.com, PubMed, Scopus, Zotero, the Cochrane Library and Covidence write them.

Which column is what is told from its heading; a table without a title column is none of ours.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, fields

# What a field is called, as people and platforms call it, the best name first. Headings are compared in small letters.
COLUMNS = {
    "title": ("title", "article title", "primary title", "primary_title", "document title", "ti"),
    "abstract": ("abstract", "abstract note", "notes_abstract", "ab"),
    "authors": ("authors", "author", "author names", "author(s)", "first_authors", "author full names", "au"),
    "year": ("publication year", "published year", "publication_year", "year", "py"),
    "date": ("date", "publication date", "date of publication"),
    "journal": ("publication title", "journal/book", "source title", "journal", "journal title", "journal_name", "secondary_title", "source"),
    "volume": ("volume", "vol"), "issue": ("issue", "number"), "pages": ("pages", "page(s)"),
    "start": ("page start", "start page", "start_page", "first page"), "end": ("page end", "end page", "end_page", "last page"),
    "doi": ("doi", "doi link"), "pmid": ("pmid", "pubmed id", "medline pmid", "pubmed"), "pmcid": ("pmcid", "pmc"),
    "accession": ("accession number", "embase accession id", "pui", "ut (unique wos id)", "eid", "cochrane id", "cn number", "id"),
    "issn": ("issn",), "language": ("language", "language of original document"),
    "types": ("document type", "publication type", "publication types", "type of publication", "type_of_reference"),
    "keywords": ("keywords", "author keywords", "manual tags", "index terms"), "more_keywords": ("automatic tags", "emtree medical index terms"),
    "registrations": ("clinical trial numbers", "registration", "registration number", "trial registration"),
    "notes": ("notes", "extra", "note"), "url": ("url", "link", "pubmed url"), "entered": ("create date", "date added to central", "entry date"),
}
# How Embase.com writes a source: Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: …
EMBASE_SOURCE = re.compile(
    r"(?P<journal>.+?) \((?P<year>\d{4})\)(?: (?P<volume>[^:. ]+))?(?:[:] ?(?P<issue>[^ (.]+))?(?: \((?P<pages>[^)]+)\))?")
PMID = re.compile(r"\bPMID:?\s*(\d{4,9})\b", re.IGNORECASE)
SEPARATORS = ",;\t|"


def claims(head: str) -> bool:
    """Return whether a file that begins so is a table with a title column."""
    headings = _headings(head)
    return len(headings) > 1 and any(name in headings for name in COLUMNS["title"])


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff\n"), newline=""), delimiter=_separator(text))
    headings = [_flat(one) for one in next(reader)]
    places = {field: [headings.index(name) for name in names if name in headings] for field, names in COLUMNS.items()}
    number, line = 0, reader.line_num + 1
    for row in reader:
        if any(cell.strip() for cell in row):
            number += 1
            given = {field: next((words for at in found if at < len(row) and (words := row[at].strip())), "") for field, found in places.items()}
            yield _record(given, source) if given["title"] else Refused(number, line, "no title: a record has at least one")
        line = reader.line_num + 1


def _headings(head: str) -> list[str]:
    first = head.lstrip("\ufeff\n")
    return [_flat(one) for one in next(csv.reader(io.StringIO(first), delimiter=_separator(first)), [])] if first.strip() else []


def _separator(text: str) -> str:
    first = text.lstrip("\ufeff\n").partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _flat(heading: str) -> str:
    return " ".join(heading.strip().strip('"').lower().split())


def _record(given: dict[str, str], source: str) -> Record:
    abstract, notes = fields.lines(given["abstract"]), given["notes"]
    placed = EMBASE_SOURCE.match(given["journal"])
    parts = {name: value or "" for name, value in placed.groupdict().items()} if placed else {}
    year = given["year"] or parts.get("year", "") or given["date"]
    accession, pmid = given["accession"].strip(), given["pmid"] or (found.group(1) if (found := PMID.search(notes)) else "")
    return Record(
        source=source,
        source_id=accession if sum(map(str.isdigit, accession)) >= 6 and " " not in accession else "",
        title=fields.one_line(given["title"]),
        abstract=abstract,
        authors=_authors(given["authors"]),
        year=fields.year(year),
        date=max(fields.iso_date(given["date"]), fields.iso_date(year), key=len),
        entered=fields.iso_date(given["entered"]),
        journal=fields.one_line(parts.get("journal") or given["journal"]),
        volume=given["volume"] or parts.get("volume", ""),
        issue=given["issue"] or parts.get("issue", ""),
        pages=given["pages"] or fields.pages(given["start"], given["end"]) or parts.get("pages", ""),
        doi=fields.doi(given["doi"]) or fields.doi(given["url"]),
        pmid=pmid if pmid.isdigit() else "",
        pmcid=given["pmcid"],
        issn=fields.issn(given["issn"]),
        registrations=fields.registrations(given["registrations"], abstract, notes[:2000]),
        language=given["language"],
        publication_types=tuple(filter(None, (given["types"],))),
        keywords=tuple(word for name in ("keywords", "more_keywords") for part in re.split(r"[;\n]|, (?=[a-z*])", given[name])
                       if (word := part.strip())),
        url=given["url"] if given["url"].startswith("http") else "",
    )


def _authors(text: str) -> tuple[str, ...]:
    """Return the names in a cell: "Okour, Malek; Barnett, Rodger", "Liu R., Adler D.G.", "Lim SM, Shiau CWC."."""
    split = text.split(";") if ";" in text else text.split(", ") if re.search(r"\b[A-Z][A-Z.\-]*\.?(, |\.?$)", text) else [text]
    return tuple(name for one in split if (name := fields.one_line(one).rstrip(".") if ";" not in text else fields.one_line(one)))

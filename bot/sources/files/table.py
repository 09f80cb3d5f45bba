"""Tables: CSV with commas, semicolons or tabs, as Embase.com, PubMed, Scopus, Zotero, the Cochrane Library, Covidence and Rayyan write them;
Excel's sheets as spreadsheet.py gives them.

Which column is what is told from its heading; a table without a title column is none of ours.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, decisions, fields

# What a field is called, as people and platforms call it, the best name first. Headings are compared in small letters.
COLUMNS = {
    "title": ("title", "article title", "primary title", "primary_title", "document title", "scientific title", "scientific_title",
              "public title", "public_title", "ti"),
    "abstract": ("abstract", "abstract note", "notes_abstract", "ab"),
    "authors": ("authors", "author", "author names", "author(s)", "first_authors", "author full names", "au"),
    "year": ("publication year", "published year", "publication_year", "year", "py"),
    "date": ("date", "publication date", "date of publication"),
    "journal": ("publication title", "journal/book", "source title", "journal", "journal title", "journal_name", "secondary_title", "source"),
    "volume": ("volume", "vol"), "issue": ("issue", "number"), "pages": ("pages", "page(s)"),
    "start": ("page start", "start page", "start_page", "first page"), "end": ("page end", "end page", "end_page", "last page"),
    "doi": ("doi", "doi link"), "pmid": ("pmid", "pubmed id", "medline pmid", "pubmed"), "pmcid": ("pmcid", "pmc"),
    "accession": ("accession number", "embase accession id", "pui", "ut (unique wos id)", "eid", "cochrane id", "cn number", "trialid", "id"),
    "issn": ("issn",), "language": ("language", "language of original document"),
    "types": ("document type", "publication type", "publication types", "type of publication", "type_of_reference"),
    "keywords": ("keywords", "author keywords", "manual tags", "index terms"), "more_keywords": ("automatic tags", "emtree medical index terms"),
    "registrations": ("clinical trial numbers", "registration", "registration number", "trial registration"),
    "notes": ("notes", "extra", "note"), "url": ("url", "link", "pubmed url"), "entered": ("create date", "date added to central", "entry date"),
    "trial": ("trialid", "nct number"), "registered": ("date registration3", "date_registration3", "date registration"),
    "sponsor": ("primary sponsor", "primary_sponsor"),
}
# How Embase.com writes a source: Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: …
EMBASE_SOURCE = re.compile(
    r"(?P<journal>.+?) \((?P<year>\d{4})\)(?: (?P<volume>[^:. ]+))?(?:[:] ?(?P<issue>[^ (.]+))?(?: \((?P<pages>[^)]+)\))?")
PMID = re.compile(r"\bPMID:?\s*(\d{4,9})\b", re.IGNORECASE)
SEPARATORS = ",;\t|"


# Some platforms write a few lines about the search before the headings; Excel one about the separator.
MOST_LINES_BEFORE = 12
# What stands for given names: "A", "A.B.", "J.-P.", "S. M.".
INITIALS = re.compile(r"(?:[^\W\d_]\.?[ \-]?){1,4}")


def claims(head: str) -> bool:
    """Return whether a file that begins so is a table with a title column."""
    return _begin(head) is not None


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    found = _begin(text)
    assert found is not None
    at, separator, first_line = found
    csv.field_size_limit(10_000_000)
    lines = _Lines(text[at:])
    reader = csv.reader(lines, delimiter=separator)
    headings = [_flat(one) for one in next(reader)]
    line, before = first_line + reader.line_num + 1, 0
    for row in reader:
        yield from of_rows(headings, [(line, row)], source, before=before)
        before += any(cell.strip() for cell in row)
        line = first_line + reader.line_num + 1
        if not lines.kept_open(reader.line_num):
            continue
        yield Refused(before, line, "a quotation mark does not close; what stands behind it was read as one cell. Was the file cut off?")


def of_rows(headings: list[str], rows: Iterable[tuple[int, list[str]]], source: str, *, before: int = 0) -> Iterator[Record | Refused]:
    """Return the record of each (line, row) under headings in small letters; rows without a word are passed over.

    before: rows counted already.
    """
    places = {field: [headings.index(name) for name in names if name in headings] for field, names in COLUMNS.items()}
    number = before
    for line, row in rows:
        if any(cell.strip() for cell in row):
            number += 1
            given = {field: next((words for at in found if at < len(row) and (words := row[at].strip())), "") for field, found in places.items()}
            whole = {heading: cell for heading, cell in zip(headings, row, strict=False) if heading}
            yield _record(given, whole, source) if given["title"] else Refused(number, line, "no title: a record has at least one")


def headings_of(rows: list[list[str]]) -> tuple[int, list[str]] | None:
    """Return (which row, the headings in small letters) of the first rows that name a title among others; None if none does."""
    for at, row in enumerate(rows[:MOST_LINES_BEFORE]):
        headings = [_flat(one) for one in row]
        if sum(map(bool, headings)) > 1 and any(name in headings for name in COLUMNS["title"]):
            return at, headings
    return None


def _begin(text: str) -> tuple[int, str, int] | None:
    """Return (where the headings begin, what separates them, how many lines stand before) in a text; None if it has no title column."""
    at = 0
    for number in range(MOST_LINES_BEFORE):
        line = text[at:].partition("\n")[0] if at < len(text) else ""
        separator = max(SEPARATORS, key=line.count)
        if line.count(separator):
            first = next(csv.reader(io.StringIO(text[at:at + 65_536], newline=""), delimiter=separator), [])
            if headings_of([first]):
                return at, separator, number
        at += len(line) + 1
    return None


class _Lines:
    """Lines of a text for the reader, which remembers where the row that it is at began: a quotation mark may not close."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at = 0
        self._row_began = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._at += 1
            yield f"{line}\n"

    def kept_open(self, read: int) -> bool:
        """Return whether the row that ends at a line was ended by the end of the file and not by its own."""
        began, self._row_began = self._row_began, read
        if read < len(self._lines):
            return False
        row = "\n".join(self._lines[began:read])
        return row.count('"') % 2 == 1 and "\n" in row.strip()


def _flat(heading: str) -> str:
    return " ".join(heading.strip().strip('"').lower().split())


def _record(given: dict[str, str], whole: dict[str, str], source: str) -> Record:
    abstract, notes = fields.lines(given["abstract"]), given["notes"]
    placed = EMBASE_SOURCE.match(given["journal"])
    parts = {name: value or "" for name, value in placed.groupdict().items()} if placed else {}
    year = given["year"] or parts.get("year", "") or given["date"] or given["registered"]
    accession, pmid = given["accession"].strip(), given["pmid"] or (found.group(1) if (found := PMID.search(notes)) else "")
    return Record(
        source=source,
        source_id=accession if sum(map(str.isdigit, accession)) >= 6 and " " not in accession else "",
        title=fields.one_line(given["title"]),
        abstract=abstract,
        authors=_authors(given["authors"]) if given["authors"] else tuple(filter(None, (given["sponsor"],))),
        year=fields.year(year),
        date=max(fields.iso_date(given["date"]), fields.day_first(year), key=len),
        entered=fields.iso_date(given["entered"]),
        journal=fields.one_line(parts.get("journal") or given["journal"]),
        volume=given["volume"] or parts.get("volume", ""),
        issue=given["issue"] or parts.get("issue", ""),
        pages=given["pages"] or fields.pages(given["start"], given["end"]) or parts.get("pages", ""),
        doi=fields.doi(given["doi"]) or fields.doi(given["url"]),
        pmid=pmid if pmid.isdigit() else "",
        pmcid=given["pmcid"],
        issn=fields.issn(given["issn"]),
        registrations=fields.registrations(given["trial"], given["registrations"], abstract, notes[:2000]),
        language=given["language"],
        publication_types=tuple(filter(None, (given["types"],))),
        keywords=tuple(word for name in ("keywords", "more_keywords") for word in _words(given[name])),
        url=given["url"] if given["url"].startswith("http") else "",
        decisions=decisions.from_columns(whole, notes),
    )


def _authors(text: str) -> tuple[str, ...]:
    """Return the names in a cell: "Okour, Malek; Barnett, Rodger", "Liu R., Adler D.G.", "Lim SM, Shiau CWC."."""
    names = _listed(text)
    if names is None:
        names = text.split(";") if ";" in text else _comma_listed(text)
    names = [name for one in names if (name := fields.one_line(one))]
    # PubMed ends the list with a full stop; where every name has one it belongs to the initials.
    if names and not any(name.endswith(".") for name in names[:-1]):
        names[-1] = names[-1].removesuffix(".")
    return tuple(names)


def _comma_listed(text: str) -> list[str]:
    """Return the names of "Lim SM, Shiau CWC." and of "Lim, S. M., Shiau, C."; a single name with a given one behind a comma stays whole."""
    if not re.search(r"\b[A-Z][A-Z.\-]*\.?(, |\.?$)", text):
        return [text]
    parts = text.split(", ")
    if len(parts) % 2 == 0 and all(INITIALS.fullmatch(one) for one in parts[1::2]):
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    return parts


def _words(text: str) -> list[str]:
    """Return the keywords in a cell; a comma inside brackets ends none: "cyst (diagnosis, surgery), tumour"."""
    words = _listed(text)
    if words is None:
        words = re.split(r"[;\n]", text) if re.search(r"[;\n]", text) else re.split(r", (?![^()]*\))", text)
    return [word for one in words if (word := one.strip())]


def _listed(text: str) -> list[str] | None:
    """Return the values of a list that a program wrote into a cell, as in "['Marx, Karl', 'Lindgren, Astrid']"; None if it is none."""
    if not (text.startswith(("['", '["')) and text.endswith(("']", '"]'))):
        return None
    return [one or other for one, other in re.findall(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", text)]

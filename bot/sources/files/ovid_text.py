"""Ovid's plain text, as its exports to text and its AutoAlert mails hold it: "<1>", then labels flush left, each value indented below.

Not tried with a real file: labels as Ovid's help pages on output formats and public parsers of such exports name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, fields

BEGIN = re.compile(r"^<(\d+)>[ \t]*$", re.MULTILINE)
LABEL = re.compile(r"[A-Z][A-Za-z/() -]{2,50}$")
KNOWN = frozenset({"title", "authors", "author", "abstract", "source", "accession number", "unique identifier"})
SOURCE_PAGES = re.compile(r"(?:pp?\.? ?|\): ?|: ?)([A-Za-z]?\d+(?:-[A-Za-z]?\d+)?)")


def claims(head: str) -> bool:
    """Return whether a text that begins so is Ovid's: a number in angle brackets, then labels that it uses."""
    found = BEGIN.search(head)
    return found is not None and len({line.strip().lower() for line in head[found.end():].split("\n")} & KNOWN) > 1


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a text, or why it could not be taken."""
    begins = list(BEGIN.finditer(text))
    line, at = 1, 0
    for number, (found, end) in enumerate(zip(begins, [*(one.start() for one in begins[1:]), len(text)], strict=True), start=1):
        line, at = line + text.count("\n", at, found.start()), found.start()
        record = _record(_fields(text[found.end():end]), source)
        yield record if record.title else Refused(number, line, "no title: a record has at least one")


def _fields(body: str) -> dict[str, str]:
    given: dict[str, str] = {}
    label = ""
    for line in body.split("\n"):
        if LABEL.fullmatch(line):
            label = line.strip().lower()
        elif label and line[:1] in (" ", "\t") and line.strip():
            given[label] = f"{given[label]}\n{line.strip()}" if label in given else line.strip()
        elif line.strip():
            # What stands flush left and is no label is written around the records.
            label = ""
    return given


def _record(given: dict[str, str], source: str) -> Record:
    def get(*names: str) -> str:
        return next((given[name] for name in names if given.get(name)), "")

    def each(*names: str) -> tuple[str, ...]:
        return tuple(word for one in re.split(r"[\n;]", get(*names)) if (word := fields.one_line(one).rstrip(".")))

    abstract, placed = fields.lines(get("abstract")), fields.one_line(get("source", "citation"))
    number = fields.one_line(get("accession number", "unique identifier", "pmid"))
    pages = SOURCE_PAGES.search(placed)
    dated = fields.one_line(get("publication date", "date of publication"))
    published = fields.one_line(get("year of publication", "year")) or dated or placed
    return Record(
        source=source,
        source_id=number if sum(map(str.isdigit, number)) >= 6 and " " not in number else "",
        title=fields.one_line(get("title", "article title")),
        abstract=abstract,
        authors=each("authors", "author", "authors full name"),
        year=fields.year(published),
        date=fields.iso_date(dated) or fields.iso_date(str(fields.year(published) or "")),
        journal=fields.one_line(get("journal name", "journal")) or re.split(r"[.:] |\. ?(?:Vol|\d)", placed)[0],
        pages=pages.group(1) if pages else "",
        doi=fields.doi(get("doi", "digital object identifier", "link to the ovid full text or citation")),
        pmid=get("pmid") if get("pmid").isdigit() else "",
        issn=fields.issn(get("issn", "issn print", "issn linking")),
        registrations=fields.registrations(get("title"), abstract, get("clinical trial number", "trial registration number")),
        language=fields.one_line(get("language")),
        publication_types=each("publication type"),
        keywords=each("keywords", "keyword heading", "key concepts"),
        mesh=each("mesh subject headings", "subject headings"),
    )

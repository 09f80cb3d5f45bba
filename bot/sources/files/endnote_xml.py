"""EndNote's XML, as EndNote, Zotero and Mendeley write it: words in <style> wrappers, `&#xD;` between lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree  # type: ignore[attr-defined]  compiled, without stubs

from bot.domain.records import Record
from bot.sources.files import Refused, fields

PMID = re.compile(r"\bPMID:?\s*(\d{4,9})\b", re.IGNORECASE)
PMCID = re.compile(r"PMC\d{4,9}")
MEDLINE = re.compile(r"medline|pubmed|^nlm$", re.IGNORECASE)


def claims(head: str) -> bool:
    """Return whether a file that begins so is EndNote XML."""
    return bool(re.search(r"<xml>\s*<records>|<records>\s*<record>", head[:4000]))


def entries(file: IO[bytes], source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    number = 0
    # Mendeley writes a tag called xml, which a strict reader refuses; recover reads on.
    stream = etree.iterparse(file, events=("end",), tag="record", load_dtd=False, no_network=True, resolve_entities=False, recover=True)
    try:
        for _, element in stream:
            number += 1
            record = _record(element, source)
            yield record if record.title else Refused(number, element.sourceline or 0, "no title: a record has at least one")
            element.clear()
            # In a file that is mended while it is read a record may have a neighbour and be in nothing.
            while element.getprevious() is not None and (around := element.getparent()) is not None:
                del around[0]
    except etree.XMLSyntaxError as error:
        yield Refused(number + 1, error.lineno or 0, f"is no XML any more: {error.msg}")


def _record(element: Any, source: str) -> Record:
    abstract, notes = _text(element, "abstract", one=fields.lines), " ".join(_all(element, "notes") + _all(element, "research-notes"))
    year, dates = _text(element, "dates/year"), _all(element, "dates/pub-dates/date")
    accession = _text(element, "accession-num")
    databases = " ".join(_text(element, name) for name in ("remote-database-name", "remote-database-provider"))
    found = PMID.search(notes)
    pmid = accession if MEDLINE.search(databases) and accession.isdigit() else found.group(1) if found else ""
    urls = _all(element, "urls/related-urls/url") + _all(element, "urls/web-urls/url")
    return Record(
        source=source,
        source_id=accession if sum(map(str.isdigit, accession)) >= 6 and " " not in accession else "",
        title=_text(element, "titles/title"),
        abstract=abstract,
        authors=tuple(_all(element, "contributors/authors/author")),
        year=fields.year(year) or next((found_year for one in dates if (found_year := fields.year(one))), None),
        date=max((fields.iso_date(one if fields.year(one) else f"{year} {one}") for one in (*dates, year)), key=len),
        journal=_text(element, "periodical/full-title") or _text(element, "titles/secondary-title"),
        volume=_text(element, "volume"),
        issue=_text(element, "number") or _text(element, "issue"),
        pages=_text(element, "pages"),
        doi=next((doi for one in (_text(element, "electronic-resource-num"), *urls) if (doi := fields.doi(one))), ""),
        pmid=pmid,
        pmcid=next((one.group(0) for name in ("custom2", "notes") if (one := PMCID.search(_text(element, name)))), ""),
        issn=fields.issn(_text(element, "isbn")),
        registrations=fields.registrations(abstract, notes),
        language=_text(element, "language"),
        publication_types=tuple(filter(None, (_text(element, "work-type"),))),
        keywords=tuple(word for one in element.findall("keywords/keyword") for line in re.split(r"[\r\n]", "".join(one.itertext()))
                       if (word := fields.one_line(line))),
        url=next((one for one in urls if one.startswith("http")), ""),
    )


def _text(element: Any, path: str, one: Any = fields.one_line) -> str:
    found = element.find(path)
    return one("".join(found.itertext()).replace("\r", "\n")) if found is not None else ""


def _all(element: Any, path: str) -> list[str]:
    return [words for one in element.findall(path) if (words := fields.one_line("".join(one.itertext()).replace("\r", " ")))]

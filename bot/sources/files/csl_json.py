"""CSL JSON, as Zotero and Mendeley export it ("CSL JSON"): a list of items. Not tried with a real export.

Keys: the schema of the Citation Style Language (csl-data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.domain.records import Record
from bot.sources.files import Refused, fields

KINDS = {"paper-conference": "Conference paper", "thesis": "Thesis", "book": "Book", "chapter": "Book chapter", "report": "Report",
         "manuscript": "Unpublished work"}
NOTED = re.compile(r"^(PMID|PMCID|DOI): *(\S+)", re.MULTILINE | re.IGNORECASE)


def claims(head: str) -> bool:
    """Return whether a file that begins so is CSL JSON: a list of items with a type and a title or authors, and no interface's reply."""
    return bool(re.match(r"\s*\[\s*\{", head) and re.search(r'"type"\s*:\s*"[\w-]+"', head)
                and re.search(r'"(container-title|title-short|issued|family|citation-key)"', head))


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    at, number, decoder = text.index("[") + 1, 0, json.JSONDecoder()
    while (found := re.compile(r"[\s,]*(?=\{)").match(text, at)) is not None:
        number, line = number + 1, text.count("\n", 0, found.end()) + 1
        try:
            item, at = decoder.raw_decode(text, found.end())
        except ValueError:
            yield Refused(number, line, "the item does not end as JSON does; was the file cut off?")
            return
        record = _record(item, source)
        yield record if record.title else Refused(number, line, "no title: a record has at least one")


def _record(item: dict[str, Any], source: str) -> Record:
    def get(name: str) -> str:
        value = item.get(name, "")
        return fields.one_line(str(value[0] if isinstance(value, list) and value else value if not isinstance(value, list | dict) else ""))

    noted = {name.upper(): value for name, value in NOTED.findall(str(item.get("note", "")))}
    issued = _date(item.get("issued"))
    kind = KINDS.get(get("type"), "")
    return Record(
        source=source,
        source_id="",
        title=get("title"),
        abstract=fields.lines(str(item.get("abstract") or "")),
        authors=tuple(name for one in item.get("author") or () if isinstance(one, dict) and (name := _name(one))),
        year=fields.year(issued),
        date=issued,
        journal=get("container-title"),
        volume=get("volume"), issue=get("issue"), pages=get("page"),
        doi=fields.doi(get("DOI")) or fields.doi(noted.get("DOI", "")) or fields.doi(get("URL")),
        pmid=get("PMID") or noted.get("PMID", ""),
        pmcid=get("PMCID") or noted.get("PMCID", ""),
        issn=fields.issn(get("ISSN")),
        registrations=fields.registrations(get("title"), str(item.get("abstract") or ""), str(item.get("note") or "")[:1000]),
        language=get("language"),
        publication_types=(kind,) if kind else (),
        keywords=tuple(word for one in get("keyword").split(",") if (word := one.strip())),
        url=get("URL"),
    )


def _name(one: dict[str, Any]) -> str:
    family = " ".join(str(one[key]) for key in ("non-dropping-particle", "family") if one.get(key))
    given = str(one.get("given") or "")
    return fields.one_line(f"{family}, {given}" if family and given else family or str(one.get("literal") or given))


def _date(issued: Any) -> str:
    parts = (issued.get("date-parts") or [[]])[0] if isinstance(issued, dict) else []
    if parts and parts[0]:
        return "-".join([f"{int(parts[0]):04d}", *(f"{int(one):02d}" for one in parts[1:3] if one)])
    return fields.iso_date(str(issued.get("raw") or issued.get("literal") or "")) if isinstance(issued, dict) else ""

"""Web of Science's own text (.ciw, .txt): a tag of two characters, a blank, a value; what goes on begins with three blanks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, fields

BEGIN = re.compile(r"^PT ", re.MULTILINE)
# Tags whose lines are values of their own; in the others a line only goes on.
LISTS = frozenset({"AU", "AF", "CR", "C1"})
NONE = [""]


def claims(head: str) -> bool:
    """Return whether a file that begins so is Web of Science's text."""
    return bool(re.match(r"\s*(FN |PT [A-Z]\n)", head)) and BEGIN.search(head) is not None


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    begins, line, at = [found.start() for found in BEGIN.finditer(text)], 1, 0
    for number, (begin, stop) in enumerate(zip(begins, [*begins[1:], len(text)], strict=True), start=1):
        body, end, _ = text[begin:stop].partition("\nER")
        line, at = line + text.count("\n", at, begin), begin
        if not end and stop == len(text):
            yield Refused(number, line, "the record does not end (ER is missing); was the file cut off?")
            continue
        given = _fields(body)
        yield _record(given, source) if given.get("TI") else Refused(number, line, "no title (TI): a record has at least one")


def _fields(body: str) -> dict[str, list[str]]:
    given: dict[str, list[str]] = defaultdict(list)
    tag = ""
    for line in body.split("\n"):
        if line[:3] != "   " and line[2:3] == " ":
            tag = line[:2]
            given[tag].append(line[3:].strip())
        elif tag and line.strip():
            if tag in LISTS:
                given[tag].append(line.strip())
            else:
                given[tag][-1] += f" {line.strip()}"
    return given


def _record(given: dict[str, list[str]], source: str) -> Record:
    def one(*tags: str) -> str:
        return fields.one_line(next((given[tag][0] for tag in tags if given.get(tag)), ""))

    def many(*tags: str) -> tuple[str, ...]:
        return tuple(word for tag in tags for value in given.get(tag, ()) for part in value.split(";") if (word := part.strip()))

    abstract, accession = one("AB"), one("UT", "AN")
    return Record(
        source=source,
        source_id=accession,
        title=one("TI"),
        abstract=abstract,
        authors=tuple(re.sub(r"\s*\(\S+@\S+\)", "", name) for name in given.get("AU", ())) or many("CA"),
        year=fields.year(one("PY")) or fields.year(one("PD")),
        date=fields.iso_date(one("PD") if fields.year(one("PD")) else f"{one('PY')} {one('PD')}") or fields.iso_date(one("PY")),
        journal=one("SO"),
        volume=one("VL"),
        issue=one("IS"),
        pages=fields.pages(one("BP"), one("EP")) or one("PS", "AR"),
        doi=fields.doi(one("DI")),
        pmid=one("PM") if one("PM").isdigit() else "",
        issn=fields.issn(one("SN", "EI")),
        registrations=fields.registrations(abstract),
        language=one("LA"),
        publication_types=many("DT"),
        keywords=many("DE", "ID"),
        url=f"https://doi.org/{fields.doi(one('DI'))}" if fields.doi(one("DI")) else "",
    )

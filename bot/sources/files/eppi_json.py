"""EPPI-Reviewer's JSON export: References, with the codes that people gave them; the names of the codes stand under CodeSets.

Not tried with a real export: keys as EPPI-Reviewer's public documentation and public code that reads it name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.records import ImportedDecision, Record
from bot.errors import UnreadableFileError
from bot.sources.files import Refused, fields

STATUS = {"I": "include", "E": "exclude"}
CODE = re.compile(r"\b(include|exclude)d?\b", re.IGNORECASE)
FULL_TEXT = re.compile(r"full[ -]?(text|report)", re.IGNORECASE)


def claims(head: str) -> bool:
    """Return whether a file that begins so is EPPI-Reviewer's JSON."""
    return bool(re.match(r"\s*\{", head) and re.search(r'"(CodeSets|References)"\s*:', head)
                and re.search(r'"(SetName|AttributesList|ItemId|CodeSets)"', head))


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken. Raises UnreadableFileError if it is no whole JSON."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise UnreadableFileError(f"begins as EPPI-Reviewer's JSON and is none ({error}); was it cut off? Export it again") from error
    names = dict(_codes(whole.get("CodeSets") or (), ""))
    for number, item in enumerate(whole.get("References") or (), start=1):
        record = _record(item, names, source)
        yield record if record.title else Refused(number, 0, "no title: a record has at least one")


def _codes(sets: Any, above: str) -> Iterator[tuple[int, str]]:
    """Return (id, name with the set's name before it) of every code, whatever its depth."""
    for one in sets:
        name = str(one.get("SetName") or one.get("AttributeName") or "")
        if "AttributeId" in one:
            yield int(one["AttributeId"]), f"{above}: {name}" if above else name
        yield from _codes((one.get("Attributes") or {}).get("AttributesList") or (), above or name)


def _record(item: dict[str, Any], names: Mapping[int, str], source: str) -> Record:
    def get(name: str) -> str:
        return fields.one_line(str(item.get(name) or ""))

    abstract = fields.lines(str(item.get("Abstract") or ""))
    return Record(
        source=source,
        source_id="",
        title=get("Title"),
        abstract=abstract,
        authors=tuple(name for one in get("Authors").split(";") if (name := one.strip())),
        year=fields.year(get("Year")),
        date=fields.iso_date(f"{get('Year')} {get('Month')}"),
        journal=get("ParentTitle"),
        volume=get("Volume"), issue=get("Issue"), pages=get("Pages"),
        doi=fields.doi(get("DOI")) or fields.doi(get("URL")),
        issn=fields.issn(get("StandardNumber")),
        registrations=fields.registrations(get("Title"), abstract),
        publication_types=tuple(filter(None, (get("TypeName"),))),
        keywords=tuple(word for one in re.split(r"[;\r\n]", str(item.get("Keywords") or "")) if (word := fields.one_line(one))),
        url=get("URL"),
        decisions=tuple(_decisions(item, names)),
    )


def _decisions(item: dict[str, Any], names: Mapping[int, str]) -> Iterator[ImportedDecision]:
    """Return a decision for each code that includes or excludes; else what the item's status says, with all codes as labels."""
    given = [(names.get(int(one["AttributeId"]), ""), str(one.get("AdditionalText") or "")) for one in item.get("Codes") or ()
             if one.get("AttributeId")]
    labels = tuple(name for name, _ in given if name and not CODE.search(name))
    made = [(CODE.search(name), name, note) for name, note in given]
    decided = [(found.group(1).lower(), name, note) for found, name, note in made if found]
    for verdict, name, note in decided:
        yield ImportedDecision("eppi", verdict, stage="full_text" if FULL_TEXT.search(name) else "title_abstract",
                               reasons=(name,) if verdict == "exclude" else (), labels=labels, note=note)
    if not decided and (verdict := STATUS.get(str(item.get("ItemStatus") or ""), "")):
        yield ImportedDecision("eppi", verdict, labels=labels)

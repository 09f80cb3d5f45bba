"""BibTeX, as Scopus, Zotero and others export it: values in braces or quotes, which may hold braces themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.domain.records import Record
from bot.sources.files import Refused, fields

BEGIN = re.compile(r"^[ \t]*@(\w+)[ \t]*\{[ \t]*([^,\s]*)[ \t]*,", re.MULTILINE)
NAME = re.compile(r"\s*,?\s*([\w-]+)\s*=\s*")
ACCENT = re.compile(r"""\{?\\([`'^"~=.uvHcdbkr])\s*\{?\\?([A-Za-z])\}?\}?""")
ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "c": "\u0327", "v": "\u030c", "u": "\u0306",
           "=": "\u0304", ".": "\u0307", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331"}
COMMANDS = {r"\&": "&", r"\%": "%", r"\_": "_", r"\$": "$", r"\#": "#", r"\ss": "ß", r"\o": "ø", r"\O": "Ø", r"\ae": "æ", r"\aa": "å",
            r"\textendash": "–", r"\textemdash": "—", r"\textquoteright": "’", r"\textquoteleft": "‘", "``": "“", "''": "”", "~": " "}
NO_RECORD = frozenset({"comment", "string", "preamble"})


def claims(head: str) -> bool:
    """Return whether a file that begins so is BibTeX."""
    return BEGIN.search(head) is not None


def entries(text: str, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    number = 0
    for found in BEGIN.finditer(text):
        if found.group(1).lower() in NO_RECORD:
            continue
        number += 1
        line = text.count("\n", 0, found.start()) + 1
        try:
            given = _fields(text, found.end())
        except ValueError:
            yield Refused(number, line, "its braces do not close; was the file cut off?")
            continue
        yield _record(given, source) if given.get("title") else Refused(number, line, "no title: a record has at least one")


def _fields(text: str, at: int) -> dict[str, str]:
    """Return name → value of the entry whose fields begin at a place. Raises ValueError if it does not end."""
    given: dict[str, str] = {}
    while (found := NAME.match(text, at)) is not None:
        value, at = _value(text, found.end())
        given[found.group(1).lower()] = value
    return given


def _value(text: str, at: int) -> tuple[str, int]:
    """Return (value, where it ends)."""
    opening = text[at:at + 1]
    if opening not in ('"', "{"):
        end = re.compile(r"[,}\n]").search(text, at)
        if end is None:
            raise ValueError
        return text[at:end.start()].strip(), end.start()
    depth, place = 0, at + 1
    while place < len(text):
        one = text[place]
        if one == "\\":
            place += 1
        elif one == "{":
            depth += 1
        elif depth == 0 and one == ("}" if opening == "{" else '"'):
            return text[at + 1:place], place + 1
        elif one == "}":
            depth -= 1
        place += 1
    raise ValueError


def _plain(value: str) -> str:
    """Return a value without TeX: accents on their letters, commands as the signs they stand for."""
    if "\\" in value or "~" in value or "''" in value:
        value = ACCENT.sub(lambda found: unicodedata.normalize("NFC", found.group(2) + ACCENTS[found.group(1)]), value)
        for command, sign in COMMANDS.items():
            value = value.replace(command, sign)
    return fields.one_line(value.replace("{", "").replace("}", ""))


def _record(given: dict[str, str], source: str) -> Record:
    plain = {name: _plain(value) for name, value in given.items()}
    get = plain.get
    abstract, note = get("abstract", ""), get("note", "")
    return Record(
        source=source,
        source_id="",
        title=plain["title"],
        abstract=abstract,
        authors=tuple(_plain(name) for name in re.split(r"\s+and\s+", given.get("author", "")) if name.strip()),
        year=fields.year(get("year", "")) or fields.year(get("date", "")),
        date=fields.iso_date(get("date", "")) or fields.iso_date(f"{get('year', '')} {get('month', '')}"),
        journal=get("journal") or get("journaltitle") or get("booktitle") or "",
        volume=get("volume", ""),
        issue=get("number") or get("issue") or "",
        pages=get("pages", "").replace("--", "-") or get("art_number", ""),
        doi=fields.doi(get("doi", "")) or fields.doi(get("url", "")),
        pmid=get("pmid", "") if get("pmid", "").isdigit() else get("pubmed_id", ""),
        pmcid=get("pmcid", ""),
        issn=fields.issn(get("issn", "")),
        registrations=fields.registrations(abstract, note),
        language=get("language", ""),
        publication_types=tuple(filter(None, (get("document_type") or get("type"),))),
        keywords=tuple(dict.fromkeys(word for name in ("author_keywords", "keywords") for part in re.split(r"[;,]", get(name, ""))
                                     if (word := part.strip()))),
        url=get("url", ""),
    )

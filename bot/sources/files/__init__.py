"""Files that people export from a source's own site. The format is told from the content, never from the name.

One file per format, each with `claims(head) -> bool`, where head is how the file begins, and `entries(text, source)`, which gives each
record, or why it was refused. The formats in XML read bytes, for these say themselves how they are encoded.
"""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.records import Record
from bot.errors import UnreadableFileError

MAX_BYTES = 400_000_000
HEAD = 65_536
# In this order: who claims first reads. The tables come last, for any text with commas might be one.
IN_BYTES = {"PubMed XML": "pubmed_xml", "EndNote XML": "endnote_xml"}
IN_TEXT = {"MEDLINE (.nbib)": "nbib", "RIS": "ris", "Web of Science": "web_of_science", "BibTeX": "bibtex", "CSV": "table"}
NOT_AN_EXPORT = {
    r"\s*[{\[]": "is JSON, as a program gets it from an interface; that source is searched by itself, or exported as RIS",
    r"\s*(<!doctype html|<html)": "is a web page; save what the source's Export button gives, not the page",
    r"%PDF": "is a PDF; take in the citation, as RIS",
    r"PK\x03\x04": "is a ZIP archive or an Excel file; unpack it, or save the sheet as CSV",
    r"\s*(interactions|http_interactions|---)": "is YAML, recorded by a program; export RIS instead",
    r"\s*<": "is XML of a kind that is not known here (known are PubMed's and EndNote's)",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a file that could not be taken. record: its number from 1; line: where it begins, from 1."""

    record: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    records: tuple[Record, ...]
    refused: tuple[Refused, ...]
    format: str

    def json_lines(self) -> list[str]:
        """Return each record as one line of JSON."""
        return [json.dumps(dataclasses.asdict(one), ensure_ascii=False) for one in self.records]


def read(content: bytes, name: str, source: str) -> Parsed:
    """Return the records of a file, and what could not be taken. Raises UnreadableFileError if it is of no known format."""
    if len(content) > MAX_BYTES:
        raise UnreadableFileError(f"{name} has {len(content):,} bytes; at most {MAX_BYTES:,} are read at a time. Export it in parts")
    label, given = _entries(content, name, source)
    records: list[Record] = []
    refused: list[Refused] = []
    for one in given:
        (records if isinstance(one, Record) else refused).append(one)  # type: ignore[arg-type]
    return Parsed(tuple(records), tuple(sorted(refused, key=lambda one: (one.line, one.record))), label)


def _entries(content: bytes, name: str, source: str) -> tuple[str, Iterable[Record | Refused]]:
    """Return (name of the format, what is in the file)."""
    head = decoded(content[:HEAD], whole=len(content) <= HEAD)
    for label, module in IN_BYTES.items():
        one = importlib.import_module(f"bot.sources.files.{module}")
        if one.claims(head):
            return label, one.entries(io.BytesIO(content), source)
    for label, module in IN_TEXT.items():
        one = importlib.import_module(f"bot.sources.files.{module}")
        if one.claims(head):
            return label, one.entries(decoded(content), source)
    raise UnreadableFileError(f"{name} {_why_not(head)}. Export it as RIS, .nbib or PubMed XML")


def _why_not(head: str) -> str:
    if not head.strip():
        return "is empty"
    known = next((reason for pattern, reason in NOT_AN_EXPORT.items() if re.match(pattern, head, re.IGNORECASE)), "")
    formats = ", ".join((*IN_BYTES, *IN_TEXT))
    return known or f"is of no format that is known here ({formats}): it begins with {head[:60]!r}"


def decoded(content: bytes, *, whole: bool = True) -> str:
    """Return the text of a file: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; line ends made one kind.

    whole: False for the beginning of a file, which may end inside a character. NUL, which no text has, is left out.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig") if whole else content.decode("utf-8-sig", "ignore")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")

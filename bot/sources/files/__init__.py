"""Files that people export from a source's own site. The format is told from the content, never from the name.

One file per format, each with `claims(head) -> bool`, where head is how the file begins, and `entries(content, source)`, which gives each
record, or why it was refused. The formats in XML read the file as it is, for it says itself how it is encoded; those of tagged lines read
bytes record by record, which is faster than one long text, and costs a record in another encoding than the rest nothing; others read text.
"""

from __future__ import annotations

import codecs
import dataclasses
import importlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.domain.records import Record
from bot.errors import UnreadableFileError
from bot.sources.files import platforms

MAX_BYTES = 400_000_000
HEAD = 65_536
# In this order: who claims first reads. The tables come last, for any text with commas might be one.
IN_BYTES = {"PubMed XML": "pubmed_xml", "EndNote XML": "endnote_xml", "ICTRP XML": "ictrp_xml"}
IN_LINES = {"MEDLINE (.nbib)": "nbib", "RIS": "ris"}
IN_TEXT = {"Web of Science": "web_of_science", "Ovid text": "ovid_text", "BibTeX": "bibtex", "CSL JSON": "csl_json", "EPPI JSON": "eppi_json",
           "CSV": "table"}
NOT_AN_EXPORT = {
    r"\s*[{\[]": "is JSON, as a program gets it from an interface; that source is searched by itself, or exported as RIS",
    r"\s*(<!doctype html|<html)": "is a web page; save what the source's Export button gives, not the page",
    r"%PDF": "is a PDF; take in the citation, as RIS",
    r"ÐÏ\x11à|\xd0\xcf\x11": "is a file of an old Excel or Word (.xls, .doc); save the sheet as CSV or .xlsx",
    r"7z|Rar!|\x1f‹|\x1f\x8b": "is packed; unpack it, or pack it as ZIP",
    r"\s*(interactions|http_interactions|---)": "is YAML, recorded by a program; export RIS instead",
    r"\s*<": "is XML of a kind that is not known here (known are PubMed's, EndNote's and ICTRP's)",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a file that could not be taken. record: its number from 1; line: where it begins, from 1."""

    record: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds. platform: who wrote it, "" if its words do not tell; verified: whether a real file like it was at hand.

    format: "ZIP" for an archive, whose files may be of several.
    """

    records: tuple[Record, ...]
    refused: tuple[Refused, ...]
    format: str
    platform: str = ""
    verified: bool = True

    def json_lines(self) -> list[str]:
        """Return each record as one line of JSON."""
        return [json.dumps(as_plain(one), ensure_ascii=False) for one in self.records]


def as_plain(record: Record) -> dict[str, Any]:
    """Return a record as values that JSON knows; dataclasses.asdict copies all it finds, and takes ten times as long."""
    plain: dict[str, Any] = {name: getattr(record, name) for name in NAMES}
    for name in NESTED:
        if plain[name]:
            plain[name] = [dataclasses.asdict(one) for one in plain[name]]
    return plain


NAMES = tuple(one.name for one in dataclasses.fields(Record))
NESTED = ("relations", "decisions")


def read(content: bytes, name: str, source: str) -> Parsed:
    """Return the records of a file, and what could not be taken. Raises UnreadableFileError if it is of no known format.

    A ZIP archive is read file by file; one in it that is not understood is named among what was refused.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFileError(f"{name} has {len(content):,} bytes; at most {MAX_BYTES:,} are read at a time. Export it in parts")
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        packed = importlib.import_module("bot.sources.files.packed")
        return packed.read_packed(content, name, source)
    label, head, given = _entries(content, name, source)
    platform, verified = platforms.told(head, label)
    return gathered(given, label, platform, verified=verified)


def gathered(given: Iterable[Record | Refused], label: str, platform: str, *, verified: bool) -> Parsed:
    """Return what a reader gave: the records, and what was refused in the order of its lines."""
    records: list[Record] = []
    refused: list[Refused] = []
    for one in given:
        (records if isinstance(one, Record) else refused).append(one)  # type: ignore[arg-type]
    return Parsed(tuple(records), tuple(sorted(refused, key=lambda one: (one.line, one.record))), label, platform, verified)


def _entries(content: bytes, name: str, source: str) -> tuple[str, str, Iterable[Record | Refused]]:
    """Return (name of the format, how the file begins, what is in it)."""
    head = decoded(content[:HEAD], whole=len(content) <= HEAD)
    for label, module in IN_BYTES.items():
        one = importlib.import_module(f"bot.sources.files.{module}")
        if one.claims(head):
            return label, head, one.entries(io.BytesIO(content), source)
    for label, module in (*IN_LINES.items(), *IN_TEXT.items()):
        one = importlib.import_module(f"bot.sources.files.{module}")
        if one.claims(head):
            return label, head, one.entries(lined(content) if label in IN_LINES else decoded(content), source)
    raise UnreadableFileError(f"{name} {_why_not(head)}. Export it as RIS, .nbib or PubMed XML")


def _why_not(head: str) -> str:
    if not head.strip():
        return "is empty"
    known = next((reason for pattern, reason in NOT_AN_EXPORT.items() if re.match(pattern, head, re.IGNORECASE)), "")
    formats = ", ".join((*IN_BYTES, *IN_LINES, *IN_TEXT, "Excel", "ZIP of these"))
    return known or f"is of no format that is known here ({formats}): it begins with {head[:60]!r}"


def lined(content: bytes) -> bytes:
    """Return a file of text as UTF-8 without a mark, or as the one-byte encoding it has; line ends made one kind, NUL left out."""
    wide = _wide(content)
    if wide:
        content = content.decode(wide, "replace").encode("utf-8", "replace")
    content = content.removeprefix(codecs.BOM_UTF8)
    # To look for one byte is a hundred times as fast as to replace none.
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    # Files put one behind the other each bring their mark.
    return content.replace(codecs.BOM_UTF8, b"") if codecs.BOM_UTF8 in content else content


def text_of(piece: bytes) -> str:
    """Return the text of some lines: UTF-8, or where a line is none Windows-1252."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "\n".join([_line_of(line) for line in piece.split(b"\n")])


def _line_of(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def decoded(content: bytes, *, whole: bool = True) -> str:
    """Return the text of a file: UTF-8 with or without a mark, UTF-16, else Windows-1252; line ends made one kind.

    whole: False for the beginning of a file, which may end inside a character.
    """
    lines = lined(content)
    while not whole and lines and lines[-1] >= 0x80:
        lines = lines[:-1]
    return text_of(lines)


def _wide(content: bytes) -> str:
    """Return the encoding of a file whose characters have two or four bytes, "" if they have not."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: half of what Latin letters take is NUL, always the same half.
    first, second = content[:400:2].count(0), content[1:400:2].count(0)
    if len(content) >= 8 and max(first, second) > 0.3 * len(content[:400:2]) and min(first, second) == 0:
        return "utf-16-le" if second > first else "utf-16-be"
    return ""

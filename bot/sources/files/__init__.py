"""Files that people export from a source's own site. The format is told from the content, never from the name.

One file per format, each with `claims(text) -> bool` and `parse(text, source) -> (records, refused)`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from bot.domain.records import Record
from bot.errors import UnreadableFileError

MAX_BYTES = 200_000_000


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
    from bot.sources.files import nbib, pubmed_xml, ris

    if len(content) > MAX_BYTES:
        raise UnreadableFileError(f"{name} has {len(content):,} bytes; at most {MAX_BYTES:,} are read at a time. Export it in parts")
    formats = {"PubMed XML": pubmed_xml, "MEDLINE (.nbib)": nbib, "RIS": ris}
    text = decoded(content)
    for label, one in formats.items():
        if one.claims(text):
            records, refused = one.parse(text, source)
            return Parsed(tuple(records), tuple(refused), label)
    raise UnreadableFileError(f"{name} is of no format that is known here ({', '.join(formats)}): it begins with {text[:60]!r}. "
                              "Export it again as RIS, .nbib or PubMed XML")


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; line ends made one kind."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")

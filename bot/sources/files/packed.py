"""ZIP archives: Excel workbooks, which are some, and exports that people packed together. Nothing is written to disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from bot.errors import UnreadableFileError
from bot.sources.files import MAX_BYTES, Parsed, Refused, gathered, platforms, read, spreadsheet, table

MAX_FILES = 200


def read_packed(content: bytes, name: str, source: str) -> Parsed:
    """Return what a workbook or an archive of exports holds. Raises UnreadableFileError if nothing in it can be read."""
    if spreadsheet.is_workbook(content):
        return _workbook(content, name, source)
    found: list[Parsed] = []
    refused: list[Refused] = []
    for inside, piece in _files(content, name):
        try:
            parsed = read(piece, inside, source)
        except UnreadableFileError as error:
            refused.append(Refused(0, 0, str(error)))
            continue
        found.append(parsed)
        refused += [replace(one, reason=f"{inside}: {one.reason}") for one in parsed.refused]
    if not found:
        why = "; ".join(one.reason for one in refused[:3])
        raise UnreadableFileError(f"{name} is a ZIP archive in which nothing can be read{f' ({why})' if why else ''}. "
                                  "Unpack it, and export as RIS, .nbib or PubMed XML")
    named = sorted({one.platform for one in found} - {""})
    return Parsed(tuple(record for one in found for record in one.records), tuple(refused), "ZIP", ", ".join(named),
                  all(one.verified for one in found))


def _files(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Return (name, bytes) of each file in an archive that people would mean; no archive inside an archive, no bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and not _is_of_the_system(one.filename)]
            if len(members) > MAX_FILES or sum(one.file_size for one in members) > MAX_BYTES:
                raise UnreadableFileError(f"{name} holds more than {MAX_FILES} files or {MAX_BYTES:,} bytes; pack it in parts")
            for one in members:
                with archive.open(one) as file:
                    # One more than it says of itself: an archive that lies about its size is no export.
                    piece = file.read(one.file_size + 1)
                if piece.startswith(b"PK\x03\x04") and not spreadsheet.is_workbook(piece):
                    raise UnreadableFileError(f"{name} holds an archive ({one.filename}); unpack that one first")
                yield one.filename, piece
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise UnreadableFileError(f"{name} is a ZIP archive or an Excel file that cannot be unpacked ({error}). Unpack it, "
                                  "or export as RIS or CSV") from error


def _is_of_the_system(name: str) -> bool:
    """Return whether a file in an archive was put there by the operating system: it is nobody's export."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _workbook(content: bytes, name: str, source: str) -> Parsed:
    try:
        for rows in spreadsheet.sheets(content):
            if (found := table.headings_of(rows)) is not None:
                at, headings = found
                below = [(number, row) for number, row in enumerate(rows[at + 1:], start=at + 2)]
                platform, _ = platforms.told("\n".join(",".join(row) for row in rows[:50]), "Excel")
                return gathered(table.of_rows(headings, below, source), "Excel", platform, verified=False)
    except UnreadableFileError as error:
        raise UnreadableFileError(f"{name} {error}") from error
    raise UnreadableFileError(f"{name} is an Excel workbook without a sheet that has a column of titles. Name it Title, or export as RIS")


"""Excel workbooks (.xlsx): the rows of the first sheet that has a title column, as text. What a column holds: table.py.

Read here, not by openpyxl: the format of the cells alone is needed, and formulas, macros and links are never looked at.
Source of the format: ECMA-376, parts sharedStrings and worksheets. Not tried with a platform's own export.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO

from lxml import etree  # type: ignore[attr-defined]  compiled, without stubs

from bot.errors import UnreadableFileError

MAX_UNPACKED = 400_000_000
MAX_COLUMNS = 1_000
NAMESPACE = "{*}"
CELL = re.compile(r"([A-Z]{1,3})\d+")


def is_workbook(content: bytes) -> bool:
    """Return whether these bytes are an Excel workbook; any other ZIP archive is none."""
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def sheets(content: bytes) -> Iterator[list[list[str]]]:
    """Return the rows of each sheet. Raises UnreadableFileError if the workbook cannot be read, or unpacks to far too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            if sum(one.file_size for one in book.infolist()) > MAX_UNPACKED:
                raise UnreadableFileError(f"unpacks to more than {MAX_UNPACKED:,} bytes; save the sheet as CSV, in parts")
            shared = list(_shared(book.open("xl/sharedStrings.xml"))) if "xl/sharedStrings.xml" in book.namelist() else []
            for name in sorted(one for one in book.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", one)):
                yield list(_rows(book.open(name), shared))
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFileError(f"is an Excel workbook that cannot be read ({error}); save the sheet as CSV") from error


def _shared(file: IO[bytes]) -> Iterator[str]:
    for _, element in _stream(file, "si"):
        yield "".join(one.text or "" for one in element.iter(f"{NAMESPACE}t"))
        element.clear()


def _rows(file: IO[bytes], shared: list[str]) -> Iterator[list[str]]:
    for _, element in _stream(file, "row"):
        row: list[str] = []
        for cell in element.iter(f"{NAMESPACE}c"):
            found = CELL.match(cell.get("r") or "")
            place = _place(found.group(1)) if found else len(row)
            if place < MAX_COLUMNS:
                row.extend([""] * (place + 1 - len(row)))
                row[place] = _value(cell, shared)
        yield row
        element.clear()


def _stream(file: IO[bytes], tag: str) -> Iterator[tuple[str, etree._Element]]:
    return etree.iterparse(file, events=("end",), tag=f"{NAMESPACE}{tag}", load_dtd=False, no_network=True, resolve_entities=False)


def _place(letters: str) -> int:
    place = 0
    for one in letters:
        place = place * 26 + ord(one) - 64
    return place - 1


def _value(cell: etree._Element, shared: list[str]) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return "".join(one.text or "" for one in cell.iter(f"{NAMESPACE}t"))
    found = cell.find(f"{NAMESPACE}v")
    text = (found.text or "") if found is not None else ""
    if kind == "s":
        return shared[int(text)] if text.isdigit() and int(text) < len(shared) else ""
    # Whole numbers are written as 2020, 2020.0 or 2.02E3.
    if kind == "n" and re.fullmatch(r"-?\d+(\.0+)?([eE]\+?\d+)?", text):
        return str(int(float(text))) if abs(float(text)) < 1e15 else text
    return text


"""Read a table of results, as CSV or Excel, with the names of starting_set.csv or of our own effects.csv (metafor's): text in, rows out.

What a row must hold: bot/protocols/starting_set.py. What comes of the rows: bot/steps/exchange/move_in_numbers.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Names of metafor's columns, and of effects.csv, beside those of starting_set.csv.
ALSO = {"n1i": "n_e", "m1i": "mean_e", "sd1i": "sd_e", "n2i": "n_c", "m2i": "mean_c", "sd2i": "sd_c", "ai": "events_e", "ci": "events_c",
        "months": "months_since_randomisation", "smd": "smd_reported"}
NAMING = ("study", "outcome")
MOST_LINES_BEFORE = 20
# Rows of effects.csv that do not stand any more.
GONE = ("withdrawn", "superseded")
_YEAR = re.compile(r"\b(19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class NumbersTable:
    """rows: (line, column → cell). unused: headings that mean nothing here. gone: how many rows do not stand any more."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    unused: tuple[str, ...] = ()
    gone: int = 0


def rows_of_csv(text: str) -> list[tuple[int, list[str]]]:
    """Return (line, cells) of each row; what separates the cells is told from the first lines."""
    separator = max((",", ";", "\t"), key=text[:20_000].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found, line = list[tuple[int, list[str]]](), 1
    for cells in reader:
        found.append((line, cells))
        line = reader.line_num + 1
    return found


def table_of(rows: Sequence[tuple[int, Sequence[str]]], known: Iterable[str]) -> NumbersTable | None:
    """Return the results under the first row that names a study and an outcome; None if there is none. known: columns that are used."""
    for at, (_, cells) in enumerate(rows[:MOST_LINES_BEFORE]):
        headings = [ALSO.get(name := "_".join(cell.split()).casefold().lstrip("\ufeff"), name) for cell in cells]
        if all(name in headings for name in NAMING):
            used = set(known) | {"state"}
            unused = tuple(cell for cell, name in zip(cells, headings, strict=True) if name and name not in used)
            given = [(line, _named(headings, row)) for line, row in rows[at + 1:] if any(cell.strip() for cell in row)]
            standing = [(line, row) for line, row in given if row.get("state", "") not in GONE]
            return NumbersTable(tuple(standing), unused, len(given) - len(standing))
    return None


def year_in(study: str) -> str:
    """Return the year that the name of a study carries, "" if none: "Sebela 2025"."""
    found = _YEAR.search(study)
    return found.group() if found else ""


def _named(headings: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    # The mark that a table has before text which a spreadsheet would run is no part of it.
    return {name: cell.strip().removeprefix("'") for name, cell in zip(headings, row, strict=False) if name}

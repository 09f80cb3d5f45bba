"""Read known_items.csv: reports that a review's strategies must find. It is data, not protocol: no part of the protocol's hash.

Running strategies against them: bot/steps/records/check_known_items.py.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from bot.domain.known_items import KnownItem
from bot.errors import ProtocolError

FILE = "known_items.csv"
COLUMNS = ("source", "id", "label", "shaped", "seen")


def read(folder: Path) -> tuple[KnownItem, ...]:
    """Return the known items of a review, () if it names none. Raises ProtocolError with the line of the first fault."""
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ProtocolError(f"{path}:1: the columns are {', '.join(COLUMNS)}, in this order")
        return tuple(_item(row, f"{path}:{line}") for line, row in enumerate(rows, start=2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProtocolError(f"{path}: cannot be read ({error})") from error


def _item(row: dict[str, str | None], place: str) -> KnownItem:
    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not given["source"] or not re.fullmatch(r"[\w./:-]{1,60}", given["id"]):
        raise ProtocolError(f"{place}: source and id must be given, the id without blanks; a PMID, say")
    if given["shaped"] not in ("yes", "no"):
        raise ProtocolError(f"{place}: shaped is {given['shaped']!r}; allowed: yes (the strategy was written with it in view), no")
    return KnownItem(given["source"], given["id"], given["label"], given["shaped"] == "yes", given["seen"])

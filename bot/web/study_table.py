"""The table of a bulletin's studies, sorted and filtered by the address: `?sort=-year&text=chat&outcome=anxiety`. It works without JavaScript.

Every row is on the page; those that do not match are hidden, so that templates/web/static/study_table.js need not ask again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

MOST = 100
# Column → heading, and what it is sorted by: (is missing, value), so that what nobody knows comes last either way.
COLUMNS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
    "study": ("Study", lambda row: _folded(row["label"])),
    "year": ("Year", lambda row: row["year"]),
    "people": ("People", lambda row: row["people"]),
    "outcomes": ("Outcomes with numbers", lambda row: len(row["outcomes"])),
    "comparator": ("Compared with", lambda row: _folded(row["comparator"]) or None),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. sort: a column, with a minus in front for the largest first; "" as the bulletin has them."""

    sort: str = ""
    text: str = ""
    outcome: str = ""


def study_table(content: Mapping[str, Any] | None, wanted: Wanted, address: str) -> dict[str, Any] | None:
    """Return what the template shows, None without a bulletin. What is asked for and does not exist is passed over."""
    if content is None:
        return None
    labels = [one["label"] for one in content["outcomes"] if one["trials"]]
    asked = Wanted(wanted.sort if wanted.sort.removeprefix("-") in COLUMNS else "", wanted.text[:MOST].strip(),
                   wanted.outcome if wanted.outcome in labels else "")
    rows = _sorted([_row(content, study) for study in content["studies"]], asked.sort)
    shown = [row | {"hidden": not _matches(row, asked)} for row in rows]
    return {"rows": shown, "count": sum(not row["hidden"] for row in shown), "wanted": asked, "outcomes": labels, "address": address,
            "columns": [_column(name, heading, asked, address) for name, (heading, _) in COLUMNS.items()]}


def _row(content: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
    people = [trial["participants"] for outcome in content["outcomes"] for trial in outcome["trials"]
              if trial["study_id"] == study["id"] and trial["participants"] is not None]
    row = {**{name: study[name] for name in ("id", "label", "title", "year", "outcomes", "comparator", "is_new", "doi")},
           "people": max(people, default=None)}
    words = [study["label"], study["title"], study["experimental"], study["comparator"], study["journal"], study["registration"]]
    return row | {"words": _folded(" ".join(words)), "keys": {name: key(row) for name, (_, key) in COLUMNS.items()}}


def _sorted(rows: Sequence[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    if not sort:
        return list(rows)
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    known = [row for row in rows if row["keys"][name] is not None]
    return sorted(known, key=lambda row: row["keys"][name], reverse=backwards) + [row for row in rows if row["keys"][name] is None]


def _matches(row: Mapping[str, Any], asked: Wanted) -> bool:
    return _folded(asked.text) in row["words"] and (not asked.outcome or asked.outcome in row["outcomes"])


def _column(name: str, heading: str, asked: Wanted, address: str) -> dict[str, str]:
    """Return a heading with where it leads: the first time the smallest first, then the largest."""
    towards = f"-{name}" if asked.sort == name else name
    given = {key: value for key, value in (("sort", towards), ("text", asked.text), ("outcome", asked.outcome)) if value}
    state = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "none")
    return {"name": name, "heading": heading, "href": f"{address}?{urlencode(given)}#table", "state": state}


def _folded(words: str) -> str:
    """Return words as they are compared: without case, accents and characters that cannot be printed."""
    plain = unicodedata.normalize("NFKD", words)
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and letter.isprintable()).casefold()

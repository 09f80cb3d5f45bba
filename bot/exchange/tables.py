"""Tables as CSV that R and a spreadsheet open. One row per effect, with metafor's names beside ours.

Names of metafor's columns: its documentation of escalc (yi, vi, m1i, sd1i, n1i, ai, ci, …); 1 is the intervention arm, 2 the comparison.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from bot.domain.holdings import Row

# A cell that a spreadsheet would run as a formula is text with one of these in front.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
EFFECT_COLUMNS = (
    "effect", "study", "year", "study_id", "outcome", "instrument", "higher_is_better", "time_point", "months", "window", "design", "yi", "vi",
    "measure", "favours", "n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i", "ai", "ci", "smd", "experimental", "comparator", "route", "formula",
    "raw", "analysis", "n_randomised_1", "n_randomised_2", "state", "basis", "extracted_by", "verified_by", "confirmed_by", "risk_of_bias",
    "corrects", "doi", "pmid", "registration", "source", "quote", "note", "question", "answer", "checks", "made_at")
_FROM_RAW = {"m1i": "mean_e", "sd1i": "sd_e", "m2i": "mean_c", "sd2i": "sd_c", "ai": "events_e", "ci": "events_c", "smd": "smd"}


def effects_table(effects: Sequence[Row]) -> str:
    """Return one line per effect under EFFECT_COLUMNS. yi is aligned by the outcome (see `favours`); ratios are logarithms."""
    return table(EFFECT_COLUMNS, [{**row, **{name: row["numbers"].get(ours) for name, ours in _FROM_RAW.items()}} for row in effects])


def table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return rows as CSV (RFC 4180) with a heading; what a row lacks is empty, numbers keep every digit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def columns_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the names of all rows' fields, in the order in which they first come."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if isinstance(value, str) and text.startswith(_STARTS_A_FORMULA) else text

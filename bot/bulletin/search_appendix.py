"""The ledger of searches as people read it: a CSV of its rows, a paragraph of methods, an appendix with each strategy as it was run (PRISMA-S).

The rows: bot/steps/records/ledger.py. Nothing is said here that no row holds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.rendering import plural

# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A number of PRISMA-S's items that a row answers: 1 database and platform, 8 strategy, 9 limits, 13 date, 15 records.
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One source and run. kind: `api` (the program asked) or `file` (a person searched, and this file came in).

    time: UTC, when the run began or the file came in; window_from: "" is the beginning; hits: what the source counted, None for a file;
    failed: hits that the source did not give, or records of a file that could not be taken; strategy: as it was sent, or as it was to be pasted;
    understood: as the source read it; known_items: how many of them the strategy found.
    """

    source: str
    label: str
    platform: str
    cycle: str
    attempt: int
    kind: str
    state: str
    time: str
    window_from: str
    window_to: str
    hits: int | None
    fetched: int
    new: int
    failed: int
    strategy: str
    understood: str
    address: str
    strategy_sha256: str
    strategy_state: str
    strategy_author: str
    peer_reviewer: str
    file: str
    file_sha256: str
    file_format: str
    error: str
    warnings: str
    software: str
    known_items: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def as_csv(rows: Sequence[LedgerRow]) -> str:
    """Return the rows as CSV with headings; a cell that a spreadsheet would take for a formula is marked as text."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([one.name for one in fields(LedgerRow)])
    for row in rows:
        writer.writerow([_cell(value) for value in row.as_dict().values()])
    return made.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else "" if value is None else value


def paragraph(rows: Sequence[LedgerRow]) -> str:
    """Return in one paragraph which sources were searched, how, when last, how often, and with how many records."""
    said = []
    for source in dict.fromkeys(row.source for row in rows):
        mine = [row for row in rows if row.source == source]
        good = [row for row in mine if row.state == "ok"]
        last = max(good, key=lambda row: (row.window_to, row.time), default=None)
        first = mine[0]
        where = f"{first.label}{f' ({first.platform})' if first.platform and first.platform not in first.label else ''}"
        if last is None:
            said.append(f"{where} could not be searched: {mine[-1].error or 'every attempt failed'}.")
            continue
        how = "through its interface" if last.kind == "api" else "by a person, whose exports were taken in"
        # Which days a person searched, no file says.
        since = f", from {min(row.window_from for row in good) or 'its beginning'}" if last.kind == "api" else ""
        said.append(f"{where} was searched {how}, {plural(len(good), 'time')}, last up to {last.window_to}{since}: "
                    f"{plural(sum(row.fetched for row in good), 'record')}, {sum(row.new for row in good)} of them new to the review"
                    + (f"; {plural(len(mine) - len(good), 'attempt')} failed" if len(good) < len(mine) else "")
                    + (f"; {last.known_items}" if last.known_items else "") + ".")
    unreviewed = list(dict.fromkeys(row.label for row in rows if row.peer_reviewer.casefold() in ("", "none")))
    reviewed = list(dict.fromkeys(f"{row.label} by {row.peer_reviewer}" for row in rows if row.peer_reviewer.casefold() not in ("", "none")))
    said += [f"The strategies were peer reviewed (PRESS): {', '.join(reviewed)}."] if reviewed else []
    said += [f"Search not peer reviewed: {', '.join(unreviewed)}."] if unreviewed else []
    return " ".join(said) if rows else "No source has been searched yet."


def _when(row: LedgerRow) -> str:
    if row.kind == "file":
        return f"Taken in {row.time} UTC from the file {row.file} ({row.file_format}, SHA-256 {row.file_sha256}): {row.fetched:,} records."
    return (f"Searched {row.time} UTC, from {row.window_from or 'the beginning'} to {row.window_to}: {row.hits or 0:,} hits, "
            f"{row.fetched:,} records, {row.new:,} new.")


def appendix(rows: Sequence[LedgerRow]) -> str:
    """Return every strategy exactly as it was run last in each source, as the source read it, with date and counts; as text."""
    parts = []
    for source in dict.fromkeys(row.source for row in rows):
        good = [row for row in rows if row.source == source and row.state == "ok"] or [row for row in rows if row.source == source]
        last = max(good, key=lambda row: (row.window_to, row.time))
        parts.append("\n".join(filter(None, (
            f"## {last.label}{f', {last.platform}' if last.platform else ''}",
            _when(last),
            f"Strategy ({last.strategy_state}, by {last.strategy_author or 'nobody named'}; "
            f"peer reviewed: {'no' if last.peer_reviewer.casefold() in ('', 'none') else last.peer_reviewer}):", "", last.strategy, "",
            f"As {last.label} read it:\n\n{last.understood}\n" if last.understood else "", f"Asked at: {last.address}" if last.address else "",
            f"Failed: {last.error}" if last.state == FAILED else "", f"The source warned: {last.warnings}" if last.warnings else "",
            f"{last.known_items[:1].upper()}{last.known_items[1:]}." if last.known_items else "",
            f"Software: {last.software}" if last.software else ""))))
    return "\n\n".join(parts) + "\n"

"""Take in results that another team or program extracted, from a table: looked at first, then kept as candidates, each with its fault if not.

They are candidates like the starting set: a named person confirms each before anything is pooled (confirm_starting_set.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.domain.starting_set import StartingEffect
from bot.errors import ProtocolError, UnreadableFileError
from bot.exchange.numbers_in import NumbersTable, rows_of_csv, table_of, year_in
from bot.methods.studies.extraction import read_again
from bot.protocols import starting_set
from bot.sources.files import decoded
from bot.sources.files.spreadsheet import is_workbook, sheets
from bot.steps.studies.import_starting_set import effect_of_row, import_starting_set, is_known
from db.session import Database

NEEDED = ("study", "outcome", "instrument", "higher_is_better", "time_point", "window", "design", "experimental", "comparator", "n_e", "n_c",
          "and mean_e, sd_e, mean_c, sd_c · or events_e, events_c · or smd_reported")
_NUMBERS = ("n_e", "n_c", "mean_e", "sd_e", "mean_c", "sd_c", "events_e", "events_c")
_OPTIONAL = ("doi", "pmid", "registration", "months_since_randomisation", "note", "question", "answer")


@dataclass(frozen=True, slots=True)
class MoveInNumbersAccount:
    """new, known: rows that are (or would be) taken in, and that are here already. left: (line, study, why) of what is not.

    unused: headings that mean nothing here. gone: rows that the table itself calls withdrawn or superseded.
    """

    new: int
    known: int
    left: tuple[tuple[int, str, str], ...]
    unused: tuple[str, ...]
    gone: int


def preview_numbers(*, database: Database, review_id: int, protocol: Protocol, name: str, content: bytes, now: datetime) -> MoveInNumbersAccount:
    """Return what would be taken in of a table and what not, storing nothing. Raises UnreadableFileError if it is none."""
    table = _table(name, content)
    rows, left = _checked(table, protocol, name, now)
    with database.reading() as session:
        known = sum(is_known(session, review_id, row, protocol) for row in rows)
    return MoveInNumbersAccount(len(rows) - known, known, tuple(left), table.unused, table.gone)


def move_in_numbers(*, database: Database, review_id: int, protocol: Protocol, name: str, content: bytes, by: str,
                    now: datetime) -> MoveInNumbersAccount:
    """Keep what `preview_numbers` shows as candidates; again, it keeps only what is new. Raises UnreadableFileError."""
    table = _table(name, content)
    rows, left = _checked(table, protocol, name, now)
    done = import_starting_set(database=database, review_id=review_id, protocol=protocol, rows=rows, available_until=None, by=by, now=now)
    return MoveInNumbersAccount(done.new + done.changed, done.known, tuple(left), table.unused, table.gone)


def _table(name: str, content: bytes) -> NumbersTable:
    known = starting_set.StartingEffectForm.model_fields
    if is_workbook(content):
        for sheet in sheets(content):
            if (found := table_of(list(enumerate(sheet, start=1)), known)) is not None:
                return found
    elif (found := table_of(rows_of_csv(decoded(content)), known)) is not None:
        return found
    raise UnreadableFileError(f"{name} has no columns called study and outcome in its first lines. It needs: {', '.join(NEEDED)}")


def _checked(table: NumbersTable, protocol: Protocol, name: str, now: datetime) -> tuple[list[StartingEffect], list[tuple[int, str, str]]]:
    rows, left = list[StartingEffect](), list[tuple[int, str, str]]()
    for line, given in table.rows:
        try:
            _require_whole(given)
            row = starting_set.effect_of(starting_set.Row(line, _completed(given, f"{name}, line {line}", now)))
            effect_of_row(row, protocol)
            rows.append(row)
        except (ProtocolError, ValueError) as error:
            left.append((line, given.get("study", ""), str(error).removeprefix(f"{starting_set.FILE}, line {line}, ")))
    return rows, left


def _require_whole(given: Mapping[str, str]) -> None:
    """Raise ValueError if a row of effects.csv was made of more numbers than its columns hold: without them its variance would be wrong."""
    made_of = {part.partition("=")[0] for part in given.get("raw", "").split(", ") if part}
    if strange := sorted(made_of - {*_NUMBERS, "smd"}):
        raise ValueError(f"it was computed with {', '.join(strange)} as well, which a row cannot carry; enter it on the study's page")


def _completed(given: Mapping[str, str], source: str, now: datetime) -> dict[str, str]:
    """Return a row with all columns of starting_set.csv: what papers print as numbers read, what need not be there left empty."""
    cells = dict.fromkeys(starting_set.StartingEffectForm.model_fields, "") | dict.fromkeys(_OPTIONAL, "")
    cells |= {name: cell for name, cell in given.items() if name in cells}
    for column in _NUMBERS:
        if cells[column]:
            cells[column] = read_again(column, cells[column])
    if cells["smd_reported"]:
        cells["smd_reported"] = read_again("smd", cells["smd_reported"])
    if not cells["route"]:
        cells["route"] = "means" if cells["mean_e"] else "events" if cells["events_e"] else "smd"
    cells["higher_is_better"] = cells["higher_is_better"].casefold()
    return cells | {
        "year": cells["year"] or year_in(cells["study"]), "window_reason": cells["window_reason"] or "as the table says",
        "available_from": cells["available_from"] or f"{now:%Y-%m}", "source": cells["source"] or source}

"""Read starting_set.csv: the effects a review starts with. It is data, not protocol: no part of the protocol's hash.

Importing them as candidates: bot/steps/studies. Effects and variances from the raw numbers: bot/methods/synthesis.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.domain.starting_set import StartingEffect
from bot.errors import ProtocolError
from bot.protocols.forms import Finite, Form, Name, OptionalText, Positive, Text
from bot.protocols.snapshot import text_of

FILE = "starting_set.csv"
NEEDED = {
    "means": ("mean_e", "sd_e", "mean_c", "sd_c"),
    "events": ("events_e", "events_c"),
    "smd": ("smd_reported",),
}


def _none_if_empty(text: str) -> str | None:
    return text if text.strip() else None


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return text == "yes"


Number = Annotated[Finite | None, BeforeValidator(_none_if_empty)]
Spread = Annotated[Positive | None, BeforeValidator(_none_if_empty)]
Count = Annotated[int, Field(ge=0)]
MaybeCount = Annotated[Count | None, BeforeValidator(_none_if_empty)]
Months = Annotated[Annotated[float, Field(ge=0, le=600)] | None, BeforeValidator(_none_if_empty)]


class StartingEffectForm(Form):
    """A row of the file; every cell is text."""

    # Cells of a CSV file are text: here numbers are read from it, elsewhere text is no number.
    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    study: Text
    year: int = Field(ge=1900, le=2200)
    doi: OptionalText
    pmid: Annotated[str, Field(pattern=r"^\d*$")]
    registration: OptionalText
    design: Literal["randomised", "non_randomised"]
    outcome: Name
    instrument: Text
    higher_is_better: Annotated[bool, BeforeValidator(_yes_or_no)]
    time_point: Text
    months_since_randomisation: Months
    window: Name
    window_reason: Text
    experimental: Text
    comparator: Text
    route: Literal["means", "events", "smd"]
    n_e: int = Field(ge=2)
    mean_e: Number
    sd_e: Spread
    n_c: int = Field(ge=2)
    mean_c: Number
    sd_c: Spread
    events_e: MaybeCount
    events_c: MaybeCount
    smd_reported: Number
    available_from: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    source: Text
    note: OptionalText
    question: OptionalText
    answer: OptionalText

    @model_validator(mode="after")
    def has_what_its_route_needs(self) -> StartingEffectForm:
        missing = [name for name in NEEDED[self.route] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"route {self.route} needs {', '.join(missing)}")
        for events, n, arm in ((self.events_e, self.n_e, "experimental"), (self.events_c, self.n_c, "comparator")):
            if events is not None and events > n:
                raise ValueError(f"{events} events among {n} in the {arm} arm; there cannot be more than n")
        return self


class RowsError(ProtocolError):
    """The starting set is no table."""

    def __init__(self, line: int, fault: str, allowed: str) -> None:
        super().__init__(f"{FILE}, line {line}: {fault}. Allowed: {allowed}")
        self.line, self.fault, self.allowed = line, fault, allowed


@dataclass(frozen=True, slots=True)
class Row:
    """A row as text, with its line in the file."""

    line: int
    cells: dict[str, str]


def read(folder: Path) -> tuple[StartingEffect, ...]:
    """Return the starting set of a review, in the order of its file; () if it has none.

    Raises ProtocolError with file, line and column of the first fault; `./perennial check` lists them all.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    return tuple(effect_of(row) for row in rows_of(text_of(path.read_bytes())))


def rows_of(text: str) -> list[Row]:
    """Return the rows of a starting set. Raises RowsError if the heading or a row has other columns than it should."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = next(reader, [])
        _check_heading(heading)
        return [Row(line, cells) for line, cells in _cells(reader, heading)]
    except csv.Error as error:
        raise RowsError(reader.line_num, f"this is no CSV ({error})", "cells with commas in double quotes, quotes in pairs") from error


def _check_heading(heading: list[str]) -> None:
    wanted = list(StartingEffectForm.model_fields)
    if sorted(heading) != sorted(wanted):
        missing = ", ".join(name for name in wanted if name not in heading) or "none"
        unknown = ", ".join(name for name in heading if name not in wanted) or "none"
        raise RowsError(1, f"columns missing: {missing}; unknown: {unknown}", ", ".join(wanted))


def _cells(reader: Any, heading: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and cells; a cell with line breaks makes a row longer than its line."""
    line = 2
    for cells in reader:
        if len(cells) != len(heading):
            raise RowsError(line, f"{len(cells)} cells", f"{len(heading)}, as in the heading")
        yield line, dict(zip(heading, cells, strict=True))
        line = reader.line_num + 1


def effect_of(row: Row) -> StartingEffect:
    """Return a row as an effect. Raises ProtocolError with its line and column, and what is allowed."""
    try:
        return StartingEffect(**StartingEffectForm.model_validate(row.cells).model_dump(), line=row.line)
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(str(part) for part in first["loc"])
        raise ProtocolError(f"{FILE}, line {row.line}, {column or row.cells['study']}: {first['msg']}") from error

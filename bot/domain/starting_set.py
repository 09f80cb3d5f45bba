"""An effect of the starting set, as its file gives it: raw numbers with their source, nothing computed.

What becomes of it in a review: bot/steps/studies. Reading the file: bot/protocols/starting_set.py.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartingEffect:
    """One row of starting_set.csv.

    route: `means` (mean, sd and n per arm), `events` (events and n per arm) or `smd` (a standardised difference as reported, with n per arm;
    experimental minus comparator on the instrument as it is). higher_is_better belongs to the instrument.
    available_from: YYYY-MM, when the report was public. months_since_randomisation: None where the source does not state it.
    question: what is open about the row, "" if nothing; answer: how that stands. line: of the file, the heading is 1.
    """

    study: str
    year: int
    doi: str
    pmid: str
    registration: str
    design: str
    outcome: str
    instrument: str
    higher_is_better: bool
    time_point: str
    months_since_randomisation: float | None
    window: str
    window_reason: str
    experimental: str
    comparator: str
    route: str
    n_e: int
    n_c: int
    mean_e: float | None
    sd_e: float | None
    mean_c: float | None
    sd_c: float | None
    events_e: int | None
    events_c: int | None
    smd_reported: float | None
    available_from: str
    source: str
    note: str
    question: str
    answer: str
    line: int

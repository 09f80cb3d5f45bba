"""A registered trial: what a register says of it now, and the results posted there. Its entry as a citation: bot/domain/records.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as a register gives it.

    registration: NCT…; state: in the register's words (`RECRUITING` …). Days: YYYY-MM or YYYY-MM-DD, "" if not given; a day is expected
    as long as `*_expected` says so. enrolment: people planned or, once the trial is over, taken in; None if not known.
    publications: PMIDs that the register names. results: PostedResults as plain values, {} while nothing is posted.
    """

    registration: str
    source: str
    title: str
    state: str
    started: str = ""
    primary_completion: str = ""
    primary_completion_expected: bool = False
    completion: str = ""
    completion_expected: bool = False
    results_posted: str = ""
    updated: str = ""
    enrolment: int | None = None
    link: str = ""
    publications: tuple[str, ...] = ()
    results: dict[str, Any] = field(default_factory=dict)

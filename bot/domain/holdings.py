"""All that people made of a review, as plain rows: what moving out writes. Who gathers them: bot/steps/exchange/gather.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.records import Record

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldReport:
    """A report, and what was decided on it for good. study: the label of its study, "" if it is in none.

    decisions: (stage, verdict, reason in words) of each round that settled it, oldest first.
    """

    id: int
    record: Record
    study: str = ""
    decisions: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """review: what it is and as of when. The rest one row for each outcome, study, effect (every one, withdrawn ones too), field of an effect
    that its verifier read otherwise, statement that there is no number, signed appraisal, estimate, report, single vote of a closed round,
    notice about a report.

    What an open round holds is left out: it would tell how others voted.
    """

    review: Row
    outcomes: tuple[Row, ...]
    studies: tuple[Row, ...]
    effects: tuple[Row, ...]
    differences: tuple[Row, ...]
    statements: tuple[Row, ...]
    appraisals: tuple[Row, ...]
    estimates: tuple[Row, ...]
    reports: tuple[HeldReport, ...]
    votes: tuple[Row, ...]
    notices: tuple[Row, ...]

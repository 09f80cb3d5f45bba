"""A result of a trial as a person entered it from a report: raw numbers and where they stand. Nothing computed.

The effect that follows from it: bot/domain/effects.py. Rules of entry: bot/methods/studies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one result as the report gives them, by route; what the route does not use is None.

    n_e, n_c: analysed in the intervention arm and in the comparison arm. means: mean and SD of the instrument's own scores.
    events: how many had the event. smd: a reported standardised difference, intervention minus comparison in the instrument's
    own direction.
    """

    route: str
    n_e: int
    n_c: int
    mean_e: float | None = None
    sd_e: float | None = None
    mean_c: float | None = None
    sd_c: float | None = None
    events_e: int | None = None
    events_c: int | None = None
    smd: float | None = None
    more: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, route: str, values: Mapping[str, Any]) -> Numbers:
        """Return the numbers of a route from what was read or kept, by field name."""
        own = {field.name for field in fields(cls)} - {"route", "more"}
        more = tuple(sorted((name, value) for name, value in values.items() if name not in own))
        return cls(route=route, more=more, **{name: value for name, value in values.items() if name in own})

    def as_entered(self) -> dict[str, int | float]:
        """Return the numbers that the route uses, by field name."""
        own = {name: value for name, value in asdict(self).items() if name not in ("route", "more") and value is not None}
        return own | dict(self.more)

    def analysed(self, arm: str) -> int:
        """Return how many were analysed in an arm (`e` or `c`), with those of a further arm that is combined with it."""
        return int((self.n_e if arm == "e" else self.n_c) + dict(self.more).get(f"n_{arm}2", 0))


@dataclass(frozen=True, slots=True)
class Result:
    """One result for one outcome, with where it stands in the report.

    report_id: None where no report is in the database. higher_is_better: of the instrument, not of the outcome.
    months: since randomisation; programme_months: length of the assigned programme; None if not reported (or without an end).
    says: whom the report's words favour, `intervention`, `comparison` or "". randomised_e, randomised_c: None if not reported.
    analysis: who was analysed, "" if not stated. source: table, page or section; quote: the sentence. note: a caveat.
    question, answer: what is open about it, and how that stands.
    """

    outcome: str
    report_id: int | None
    instrument: str
    higher_is_better: bool
    experimental: str
    comparator: str
    design: str
    time_point: str
    months: float | None
    programme_months: float | None
    numbers: Numbers
    says: str
    randomised_e: int | None
    randomised_c: int | None
    analysis: str
    source: str
    quote: str
    note: str
    question: str
    answer: str

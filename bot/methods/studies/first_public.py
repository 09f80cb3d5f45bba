"""When a study's results first became public, from what sources say of its reports. Which window a measurement is in: windows.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def first_public(dates: Iterable[str]) -> date | None:
    """Return the earliest day on which a study's results may have been public; None if no source gives one, or one cannot be read.

    dates: YYYY, YYYY-MM or YYYY-MM-DD; "" is passed over. A year or a month counts from its first day: where it is not known when in 2025
    a report came out, it may have been in January.
    """
    known = [text for text in dates if text]
    days = [_first_day(text) for text in known]
    return None if not days or None in days else min(day for day in days if day is not None)


def dates_of_report(*, printed: str, entered: str) -> tuple[str, ...]:
    """Return the dates that count of one report. printed: as its source gives it; entered: when PubMed took it in, "" if it did not.

    Both count, so that what stood on the web before it was printed is not taken for new. A bare year says less than a day of entry in
    that very year: then the day alone counts, for PubMed takes a report in as it comes out.
    """
    return (entered,) if entered and printed == entered[:4] else (printed, entered)


def _first_day(text: str) -> date | None:
    try:
        return date.fromisoformat({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
    except ValueError:
        return None

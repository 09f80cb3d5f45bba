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


def _first_day(text: str) -> date | None:
    try:
        return date.fromisoformat({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
    except ValueError:
        return None

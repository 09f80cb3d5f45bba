"""Since when results may have been public: the earliest that any source allows, so that no trial is counted twice."""

from __future__ import annotations

from datetime import date

import pytest

from bot.methods.studies.first_public import dates_of_report, first_public


@pytest.mark.parametrize(("dates", "day"), [
    (["2025-08"], date(2025, 8, 1)),
    (["2025-08-12", "2025-08"], date(2025, 8, 1)),
    (["2026-01", "2024-12-20"], date(2024, 12, 20)),  # printed in 2026, on the web before
    (["2025"], date(2025, 1, 1)),  # may have been January
    (["", "2025-09"], date(2025, 9, 1)),
    (["", ""], None),
    (["2025-08", "spring 2024"], None),
    (["2025-13"], None),
])
def test_the_earliest_day_that_any_source_allows_counts(dates: list[str], day: date | None) -> None:
    assert first_public(dates) == day


@pytest.mark.parametrize(("printed", "entered", "day"), [
    ("2025", "2025-08-01", date(2025, 8, 1)),  # as PubMed gives Sebela 2025: a bare year, and the day of entry
    ("2025", "2026-01-10", date(2025, 1, 1)),
    ("2025-06", "2024-12-20", date(2024, 12, 20)),
    ("2025-02", "2025-08-01", date(2025, 2, 1)),
    ("2025", "", date(2025, 1, 1)),
    ("", "2025-08-01", date(2025, 8, 1)),
])
def test_a_bare_year_gives_way_to_the_day_on_which_pubmed_took_the_report_in(printed: str, entered: str, day: date) -> None:
    assert first_public(dates_of_report(printed=printed, entered=entered)) == day

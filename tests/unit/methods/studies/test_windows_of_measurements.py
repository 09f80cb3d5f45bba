"""Into which window a measurement falls, and which of a study's measurements is pooled."""

from __future__ import annotations

import pytest

from bot.domain.outcomes import Window
from bot.methods.studies.windows import DURING, WEEKS_PER_MONTH, Measurement, first_after_end, place, span

WINDOWS = (
    Window("post_treatment", "Post-treatment", "", None, 0),
    Window("short", "Short follow-up", "", 0, 6),
    Window("longer", "Longer follow-up", "", 6, None),
)


@pytest.mark.parametrize(("weeks", "programme_weeks", "window"), [
    (8, 8, "post_treatment"), (9, 8, "post_treatment"), (13, None, "post_treatment"), (17.4, None, "post_treatment"), (26, 8, "short"),
    (52, 8, "longer"), (4, 26, DURING)])
def test_the_suggested_window_follows_from_the_time_since_the_end(weeks: float, programme_weeks: float | None, window: str) -> None:
    programme = None if programme_weeks is None else programme_weeks / WEEKS_PER_MONTH
    assert place(months=weeks / WEEKS_PER_MONTH, programme_months=programme, windows=WINDOWS, open_ended_months=3).window == window


def test_an_unknown_time_suggests_no_window() -> None:
    assert place(months=None, programme_months=2, windows=WINDOWS, open_ended_months=3).window is None


def test_open_ended_access_says_what_counts_as_its_end() -> None:
    reason = place(months=3, programme_months=None, windows=WINDOWS, open_ended_months=3).reason
    assert reason.startswith("Measured 3 months after randomisation; access has no end, so 3 months after randomisation count as the end")


def measured(number: int, window: str, months: float | None = None, *, study: int = 1, rank: int = 0) -> Measurement:
    return Measurement(number, study, window, months, rank)


def test_the_first_measurement_after_the_end_is_taken_whatever_its_window() -> None:
    chosen = first_after_end([measured(1, "longer", 12), measured(2, "short", 6), measured(3, DURING, 1)], WINDOWS)
    assert [one.id for one in chosen] == [2]


def test_a_measurement_during_the_programme_is_never_taken() -> None:
    assert first_after_end([measured(1, DURING, 1)], WINDOWS) == ()


def test_of_two_instruments_at_one_time_the_protocols_first_is_taken() -> None:
    assert [one.id for one in first_after_end([measured(1, "short", 4, rank=3), measured(2, "short", 4, rank=1)], WINDOWS)] == [2]


def test_a_known_time_goes_before_an_unknown_one_of_the_same_window() -> None:
    assert [one.id for one in first_after_end([measured(1, "short"), measured(2, "short", 5)], WINDOWS)] == [2]


def test_each_study_gives_one_measurement() -> None:
    chosen = first_after_end([measured(1, "short", study=2), measured(2, "post_treatment", study=1), measured(3, "short", study=1)], WINDOWS)
    assert [(one.study_id, one.id) for one in chosen] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(("months", "words"), [(1, "1 month"), (3, "3 months"), (1.84, "8 weeks"), (2.5, "2.5 months"), (12, "12 months")])
def test_spans_are_told_in_the_unit_people_use(months: float, words: str) -> None:
    assert span(months) == words

"""What may be entered for a result, and the sentence that says what to enter instead."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.methods.studies.extraction import FIELDS, Subject, read_numbers, read_optional, signed

SUBJECT = Subject("Lee 2021", "Depression", "PHQ-9")
MEANS = {"n_e": "20", "mean_e": "6.4", "sd_e": "4.2", "n_c": "21", "mean_c": "8.2", "sd_c": "5.7"}


def messages(**changed: str) -> dict[str, str]:
    _, problems = read_numbers(MEANS | changed, route="means", subject=SUBJECT)
    return {problem.field: problem.message for problem in problems}


def test_a_standard_deviation_of_zero_is_refused_with_study_outcome_arm_and_what_to_enter_instead() -> None:
    said = messages(sd_c="0")["sd_c"]
    assert said.startswith("Lee 2021, Depression, PHQ-9, comparison arm: sd = 0; it must be above 0.")
    assert "standard error" in said


def test_one_participant_in_an_arm_is_refused() -> None:
    assert "intervention arm: n = 1; at least 2 are needed" in messages(n_e="1")["n_e"]


@pytest.mark.parametrize("text", ["", " ", "-", "NR", "n/a", "NaN", "nan", "inf", "-inf"])
def test_a_missing_number_is_refused_and_never_read_as_zero(text: str) -> None:
    assert "mean is missing" in messages(mean_e=text)["mean_e"]


def test_a_decimal_comma_and_a_typeset_minus_are_understood() -> None:
    numbers, problems = read_numbers(MEANS | {"sd_e": "0,45", "mean_e": "−0.3", "mean_c": "–12,5"}, route="means", subject=SUBJECT)
    assert problems == ()
    assert numbers is not None
    assert (numbers.sd_e, numbers.mean_e, numbers.mean_c) == (0.45, -0.3, -12.5)


@pytest.mark.parametrize(("text", "words"), [("1,234", "that is 1234 or 1.234"), ("1.234,5", "that is no number"),
                                             ("1,2,3", "that is no number"),
                                             ("12,345,678", "that is 12345678 or")])
def test_a_comma_that_may_mean_thousands_is_refused_with_both_readings(text: str, words: str) -> None:
    assert words in messages(mean_e=text)["mean_e"]


@pytest.mark.parametrize("text", ["4.2 (1.1)", "5%", "1e3", "0x10", "٣", "1 000", "--4", "<script>"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert "that is no number" in messages(mean_e=text)["mean_e"]


def test_a_fraction_of_a_participant_is_refused() -> None:
    assert "enter a whole number" in messages(n_c="20.5")["n_c"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(messages(sd_e="0", n_c="1", mean_c="")) == {"sd_e", "n_c", "mean_c"}


def test_more_events_than_participants_are_refused_as_a_percentage_perhaps() -> None:
    _, problems = read_numbers({"n_e": "52", "events_e": "57", "n_c": "71", "events_c": "19"}, route="events", subject=SUBJECT)
    assert [problem.field for problem in problems] == ["events_e"]
    assert "not the percentage" in problems[0].message


def test_a_difference_in_points_is_no_standardised_difference() -> None:
    _, problems = read_numbers({"n_e": "52", "n_c": "71", "smd": "12"}, route="smd", subject=SUBJECT)
    assert "Enter means and SDs" in problems[0].message


def test_fields_of_other_routes_are_left_alone() -> None:
    numbers, problems = read_numbers(MEANS | {"smd": "rubbish"}, route="means", subject=SUBJECT)
    assert problems == ()
    assert numbers is not None
    assert numbers.as_entered() == {"n_e": 20, "mean_e": 6.4, "sd_e": 4.2, "n_c": 21, "mean_c": 8.2, "sd_c": 5.7}


def test_an_optional_number_may_be_empty_but_not_negative() -> None:
    assert read_optional("since", "", subject=SUBJECT) == (None, ())
    value, problems = read_optional("since", "-4", subject=SUBJECT)
    assert value is None
    assert "cannot be below 0" in problems[0].message


@pytest.mark.parametrize(("favours", "higher_is_better", "expected"), [
    ("intervention", False, -0.3), ("intervention", True, 0.3), ("comparison", False, 0.3), ("comparison", True, -0.3)])
def test_a_reported_size_gets_its_sign_from_the_words(favours: str, higher_is_better: bool, expected: float) -> None:
    assert signed(0.3, favours=favours, higher_is_better=higher_is_better) == expected


@given(st.dictionaries(st.sampled_from(sorted({name for names in FIELDS.values() for name in names})), st.text(max_size=30)),
       st.sampled_from(["means", "events", "smd"]))
def test_whatever_is_typed_gives_finite_numbers_or_a_sentence(fields: dict[str, str], route: str) -> None:
    numbers, problems = read_numbers(fields, route=route, subject=SUBJECT)
    if numbers is None:
        assert problems
        assert all(str(SUBJECT) in problem.message for problem in problems)
    else:
        assert all(math.isfinite(value) for value in numbers.as_entered().values())
        assert min(numbers.n_e, numbers.n_c) >= 2

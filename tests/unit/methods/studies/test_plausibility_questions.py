"""Numbers that look wrong are asked about by name: the traps of shared/standards/pitfalls.md ("Figures from papers"), on their own rows.

The numbers are those of shared/evidence/effects.csv and starting_set.csv where a study is named.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.outcomes import Instrument
from bot.domain.results import Numbers, Result
from bot.methods.studies.plausibility import Entry, Other, questions

PHQ9 = Instrument("PHQ-9", (), "scale", higher_is_better=False, low=0, high=27, reference_sd=5.02)
MEANS = Numbers(route="means", n_e=50, n_c=50, mean_e=9.0, sd_e=5.0, mean_c=11.0, sd_c=5.2)
RESULT = Result(
    outcome="depression", report_id=None, instrument="PHQ-9", higher_is_better=False, experimental="peers", comparator="waitlist",
    design="randomised", time_point="post-treatment", months=2.0, programme_months=2.0, numbers=MEANS, says="", randomised_e=None,
    randomised_c=None, analysis="", source="table 2", quote="", note="", question="", answer="")


def asked(result: Result = RESULT, *others: Other, size: float = -0.39, instrument: Instrument | None = PHQ9) -> list[str]:
    return [one.id for one in questions(Entry(result, instrument, size, favours_below=True), others)]


def other(same_study: bool = True, **changed: object) -> Other:
    return Other(same_study, "Lee 2021", "Anxiety", replace(RESULT, **{"outcome": "anxiety", "instrument": "GAD-7"} | changed))  # type: ignore[arg-type]


def test_an_ordinary_result_is_not_asked_about() -> None:
    assert asked() == []


def test_a_huge_effect_is_asked_about() -> None:
    assert asked(size=-2.4) == ["large"]


def test_a_standard_error_in_the_place_of_an_sd_is_asked_about() -> None:
    # An SE of 0.71 with n = 50 is an SD of 5.02: what this scale's SDs are.
    assert asked(replace(RESULT, numbers=replace(MEANS, sd_e=0.71, sd_c=0.72))) == ["sd_like_se"]


def test_a_mean_outside_the_scale_is_asked_about() -> None:
    assert asked(replace(RESULT, numbers=replace(MEANS, mean_e=-4.0))) == ["mean_outside_scale"]


def test_more_analysed_than_randomised_is_asked_about() -> None:
    assert asked(replace(RESULT, randomised_e=40)) == ["n_above_randomised"]


def test_far_fewer_analysed_than_randomised_is_asked_about_as_in_dean_2016() -> None:
    dean = replace(RESULT, numbers=replace(MEANS, n_e=103, n_c=101), randomised_e=431, randomised_c=432)
    assert asked(dean) == ["few_analysed"]


def test_arms_as_unequal_as_in_sebela_2025_are_asked_about_and_a_reported_d_is_too() -> None:
    sebela = replace(RESULT, numbers=Numbers(route="smd", n_e=173, n_c=315, smd=-0.30), says="intervention")
    assert asked(sebela, size=-0.30) == ["arms_unequal", "between_arms"]


def test_numbers_against_the_reports_words_are_asked_about() -> None:
    assert asked(replace(RESULT, says="comparison")) == ["sign_against_words"]
    assert asked(replace(RESULT, says="intervention")) == []


def test_months_entered_as_weeks_are_asked_about() -> None:
    assert asked(replace(RESULT, time_point="3 months", months=3 / 4.348)) == ["months_or_weeks"]
    assert asked(replace(RESULT, time_point="3 months", months=3.0)) == []


def test_n_that_is_not_that_of_the_other_outcomes_is_asked_about() -> None:
    assert asked(RESULT, other(numbers=replace(MEANS, n_e=80, n_c=80, mean_e=1.0))) == ["n_unlike_others"]


def test_arms_that_two_reports_swap_are_asked_about_as_in_horyzons() -> None:
    horyzons = replace(RESULT, numbers=replace(MEANS, n_e=84, n_c=86))
    assert asked(horyzons, other(numbers=replace(MEANS, n_e=86, n_c=84))) == ["arms_swapped"]


def test_the_same_numbers_for_another_study_are_asked_about() -> None:
    assert asked(RESULT, other(same_study=False)) == ["same_numbers"]


def test_a_result_entered_twice_is_asked_about() -> None:
    assert asked(RESULT, Other(True, "Lee 2021", "Depression", replace(RESULT, numbers=replace(MEANS, mean_e=9.1)))) == ["entered_twice"]


def test_a_comparison_group_shared_by_two_arms_is_asked_about_as_in_griffiths_2012() -> None:
    second = Other(True, "Griffiths 2012", "Depression", replace(RESULT, experimental="e-couch", numbers=replace(MEANS, mean_e=8.0)))
    assert asked(RESULT, second) == ["comparison_shared"]


def test_a_correction_is_not_compared_with_other_reviews_outcomes_of_the_same_numbers_of_participants() -> None:
    assert asked(RESULT, other(same_study=False, numbers=replace(MEANS, mean_e=1.0))) == []

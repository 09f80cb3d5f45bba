"""Sentences about results: cautious where few trials stand behind them, and never a verdict that nobody has signed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bot.bulletin import plain_language
from bot.bulletin.material import Result
from tests.unit.bulletin import sample_material as sample

DEPRESSION = sample.protocol().outcome("depression")
RECOVERY = sample.protocol().outcome("personal_recovery")
HARM = sample.protocol().outcome("serious_adverse_events")
PEERS = "digital peer support"


def said(outcome=DEPRESSION, result: Result | None = sample.EIGHT, trials=(sample.SEBELA,)) -> str:
    return plain_language.answer(outcome, PEERS, result, trials)


def test_a_pooled_result_is_said_with_its_trials_and_people() -> None:
    assert said() == ("In the 8 trials found so far (1,275 people), digital peer support went with a reduction in symptoms of depression on "
                      "average. The whole interval lies on the side of a reduction.")


def test_one_study_is_one_trial_and_settles_nothing() -> None:
    words = said(RECOVERY, sample.ONE, (sample.trial(10, "Kaplan 2011", 0.15, 0.14),))
    assert words.startswith("One trial so far, Kaplan 2011 (199 people)")
    assert "cannot settle" in words and "1 trials" not in words


@pytest.mark.parametrize("k", [2, 3])
def test_two_or_three_trials_get_no_number_in_the_sentence(k: int) -> None:
    words = said(result=replace(sample.TWO, k=k), trials=[sample.trial(n, f"S {n}", -0.4, 0.2) for n in range(k)])
    assert "too few for one dependable number" in words
    assert "−" not in words and "0." not in words


def test_two_trials_get_words_and_a_cautious_estimate_with_its_credible_interval_and_each_by_itself() -> None:
    trials = [sample.trial(6, "Rohrbach 2022", -0.40, 0.2), sample.trial(9, "Ellis 2011", -0.95, 0.41)]
    words = said(result=sample.CAUTIOUS_TWO, trials=trials)
    assert words == (
        "Two trials so far (132 people): their results lean towards a reduction in symptoms of depression with digital peer support. "
        "Together, and estimated with caution, digital peer support went with a reduction in symptoms of depression on average. "
        "The interval reaches from a reduction to an increase: the direction is not settled.")
    figures = plain_language.figures(DEPRESSION, sample.CAUTIOUS_TWO, trials)
    assert figures == (
        "A cautious estimate that takes into account how few trials there are: SMD −0.55 (−1.33 to 0.15, 95% credible interval). "
        "Each trial by itself, SMD with its 95% confidence interval: Rohrbach 2022 −0.40 (−0.79 to −0.01); Ellis 2011 −0.95 (−1.75 to −0.15)")
    assert "−3.7" not in words + figures


def test_three_trials_that_a_protocol_pools_are_said_as_one_number_without_a_new_setting() -> None:
    result = replace(sample.TWO, k=3, lead="pooled", ci_low=-0.9, ci_high=-0.2)
    assert plain_language.figures(DEPRESSION, result, [sample.SEBELA] * 3).startswith("SMD −0.55 (−0.90 to −0.20, 95% confidence")
    assert "too few" in plain_language.prediction(DEPRESSION, result)


def test_two_trials_on_either_side_point_in_different_directions() -> None:
    words = said(result=sample.TWO, trials=[sample.trial(1, "A", -0.4, 0.2), sample.trial(2, "B", 0.3, 0.2)])
    assert "point in different directions" in words


def test_an_interval_over_no_difference_is_said_by_where_it_reaches() -> None:
    words = said(result=replace(sample.EIGHT, ci_high=0.1))
    assert "from a reduction to an increase: the direction is not settled" in words


def test_no_sentence_ever_calls_a_result_significant_or_without_effect() -> None:
    results = [None, sample.ONE, sample.TWO, sample.EIGHT, replace(sample.EIGHT, ci_high=0.3), replace(sample.EIGHT, estimate=0.0)]
    everything = " ".join(f"{said(outcome, result)} {plain_language.figures(outcome, result, [sample.SEBELA])}"
                          for outcome in sample.protocol().outcomes for result in results)
    assert "significant" not in everything and "no effect." not in everything.replace("a finding of no effect.", "")


def test_an_outcome_without_data_is_a_gap_and_a_harm_not_reported_is_not_none() -> None:
    assert "gap, not a finding of no effect" in said(result=None, trials=())
    assert "does not mean that there was none" in said(HARM, None, ())


def test_where_higher_is_better_the_direction_is_turned() -> None:
    assert "an improvement in personal recovery" in said(RECOVERY, replace(sample.EIGHT, estimate=0.2, ci_low=0.1, ci_high=0.3))
    assert "a worsening in personal recovery" in said(RECOVERY, sample.EIGHT)


def test_a_ratio_is_read_against_one() -> None:
    words = said(HARM, replace(sample.EIGHT, estimate=0.8, ci_low=0.6, ci_high=1.3))
    assert "a reduction in serious adverse events" in words and "not settled" in words


def test_a_prediction_interval_is_shown_only_where_enough_trials_stand_behind_it() -> None:
    assert plain_language.prediction(DEPRESSION, sample.EIGHT).endswith("from −0.86 to 0.15: on either side of no difference.")
    assert "too few" in plain_language.prediction(DEPRESSION, sample.TWO) and "−5" not in plain_language.prediction(DEPRESSION, sample.TWO)
    assert plain_language.prediction(DEPRESSION, sample.ONE) == ""


def test_a_standardised_difference_is_put_into_points_of_a_familiar_scale() -> None:
    # 0.351541 × 5.02, the reference SD of the PHQ-9 in the protocol.
    assert plain_language.in_points(DEPRESSION, sample.EIGHT).startswith("About 1.8 points lower on the PHQ-9, a scale from 0 to 27")
    assert plain_language.in_points(DEPRESSION, sample.TWO) == ""


def test_an_interval_without_end_is_written_and_said() -> None:
    endless = replace(sample.EIGHT, ci_low=-math.inf, ci_high=math.inf)
    assert "(−∞ to ∞, 95% confidence interval)" in plain_language.figures(DEPRESSION, endless, [sample.SEBELA] * 8)


def test_two_trials_are_given_each_by_itself_and_never_as_one_number() -> None:
    # On the starting data, anxiety with k = 2 has an interval from −3.7 to 2.6: a reader must not be shown that as the answer.
    words = plain_language.figures(DEPRESSION, sample.TWO, [sample.SEBELA, sample.SEBELA])
    assert words.startswith("Each trial by itself") and words.count("Sebela 2025") == 2
    assert f"{sample.TWO.estimate:.2f}".lstrip("-") not in words


def test_the_alternative_text_states_the_finding() -> None:
    words = plain_language.alt_text(DEPRESSION, PEERS, sample.EIGHT, [sample.SEBELA] * 8)
    assert words.startswith("Forest plot, depression, 8 trials. In the 8 trials found so far")
    assert "SMD −0.35 (−0.58 to −0.12, 95% confidence interval)." in words

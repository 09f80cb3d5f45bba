"""Each domain's suggestion moves when the data are moved over its threshold. Rules: GRADE guidelines, as bot/methods/certainty names them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.errors import SynthesisError
from bot.methods.certainty.body import Body, Member, Silent, Thresholds
from bot.methods.certainty.information_size import optimal_information_size
from bot.methods.certainty.levels import Level, level_of
from bot.methods.certainty.sizes import Bands, Size, size_after, size_of
from bot.methods.certainty.suggestions import DOMAINS, large_effect, suggest

LIMITS = Thresholds(mid=0.24)
NOTHING = dict.fromkeys(DOMAINS, 0)


def body(*risks: str, design: str = "randomised", **changes) -> Body:
    risks = risks or ("low",) * 6
    members = tuple(Member(f"S{place}", -0.4, -0.7, -0.1, 100 / len(risks), risk) for place, risk in enumerate(risks))
    given = {"estimate": -0.4, "ci_low": -0.5, "ci_high": -0.3, "pi_low": -0.6, "pi_high": -0.2, "participants": 2000} | changes
    return Body(design=design, measure="SMD", members=given.pop("members", members), **given)


def steps(domain: str, one: Body, limits: Thresholds = LIMITS) -> int | None:
    return next(found for found in suggest(one, limits) if found.domain == domain).steps


@pytest.mark.parametrize(("risks", "expected"), [
    (("low",) * 4, 0), (("low", "low", "low", "some concerns"), 0), (("high", "high", "high", "low"), -1), (("high",) * 4, -2),
    (("some concerns",) * 4, 0), (("low", "low", "", "low"), None)])
def test_risk_of_bias_goes_by_the_weight_of_what_was_signed(risks, expected):
    assert steps("risk_of_bias", body(*risks)) == expected


def test_half_the_weight_at_high_risk_is_not_yet_more_than_half():
    assert steps("risk_of_bias", body("high", "high", "low", "low")) == 0
    assert steps("risk_of_bias", body("high", "high", "low", "low"), Thresholds(mid=0.24, high_share=49)) == -1


def test_a_conclusion_that_rests_on_results_at_high_risk_is_rated_down():
    assert steps("risk_of_bias", body("high", "low", "low", "low", without_high=-0.25)) == 0
    assert steps("risk_of_bias", body("high", "low", "low", "low", without_high=-0.23)) == -1


@pytest.mark.parametrize(("risks", "expected"), [
    (("low",) * 4, 0), (("moderate",) * 4, -1), (("serious", "serious", "serious", "moderate"), -2), (("critical", "serious"), -2)])
def test_non_randomised_bodies_start_high_and_come_down_by_robins_i(risks, expected):
    assert steps("risk_of_bias", body(*risks, design="non_randomised")) == expected


@pytest.mark.parametrize(("pi", "expected"), [((-0.6, -0.2), 0), ((-0.9, -0.01), 0), ((-0.9, 0.01), -1), ((-0.9, 0.23), -1), ((-0.9, 0.25), -2)])
def test_inconsistency_goes_by_where_a_new_setting_may_lie(pi, expected):
    assert steps("inconsistency", body(pi_low=pi[0], pi_high=pi[1])) == expected


def test_a_wide_mean_is_imprecise_and_not_inconsistent():
    wide = body(ci_low=-0.9, ci_high=0.3, pi_low=-1.0, pi_high=0.4)
    assert steps("inconsistency", wide) == 0 and steps("imprecision", wide) == -2


def test_below_five_studies_overlap_and_direction_are_looked_at_instead():
    near, far = Member("Near", -0.1, -0.2, 0.0, 50, "low"), Member("Far", -0.9, -1.0, -0.8, 50, "low")
    against = Member("Against", 0.5, 0.4, 0.6, 50, "low")
    assert steps("inconsistency", body(members=(near, far))) == -1
    assert steps("inconsistency", body(members=(far, against))) == -2
    assert steps("inconsistency", body(members=(far, replace(far, study="Like it", estimate=-0.7, ci_low=-0.9, ci_high=-0.5)))) == 0
    assert steps("inconsistency", body(members=(near,))) == 0
    # The fifth study makes the prediction interval count.
    assert steps("inconsistency", body(*("low",) * 5, pi_high=0.5)) == -2 and steps("inconsistency", body(*("low",) * 4, pi_high=0.5)) == 0


@pytest.mark.parametrize(("ci", "expected"), [((-0.5, -0.3), 0), ((-0.5, -0.23), -1), ((-0.5, 0.23), -1), ((-0.5, 0.25), -2), ((-0.2, 0.2), 0)])
def test_imprecision_goes_by_the_smallest_important_difference(ci, expected):
    assert steps("imprecision", body(ci_low=ci[0], ci_high=ci[1])) == expected


def test_without_a_smallest_important_difference_no_difference_is_the_threshold():
    assert steps("imprecision", body(ci_low=-0.5, ci_high=-0.01), Thresholds(mid=None)) == 0
    assert steps("imprecision", body(ci_low=-0.5, ci_high=0.01), Thresholds(mid=None)) == -1


# 31.4/d² with the normal quantiles unrounded: GRADE guidelines 6, formula for two means.
@pytest.mark.parametrize(("difference", "people"), [(0.20, 785), (0.24, 545), (0.30, 349), (0.50, 126)])
def test_the_optimal_information_size_is_reckoned_and_not_four_hundred(difference, people):
    assert optimal_information_size(body(), Thresholds(mid=difference)) == pytest.approx(people, abs=0.6)


def test_a_narrow_interval_from_a_small_sample_is_rated_down_by_the_information_size():
    assert steps("imprecision", body(participants=546)) == 0 and steps("imprecision", body(participants=540)) == -1
    assert steps("imprecision", body(participants=None)) == 0


def test_the_information_size_of_a_ratio_needs_the_comparators_risk():
    ratio = replace(body(), measure="RR", estimate=math.log(0.8))
    assert optimal_information_size(ratio, Thresholds(mid=math.log(1.25))) is None
    # 0.2 against 0.16: 2 * 7.849 * (0.16 + 0.1344) / 0.0016 = 2888.
    assert optimal_information_size(replace(ratio, comparator_risk=0.2), Thresholds(mid=math.log(1.25))) == pytest.approx(2888, abs=1)


def test_publication_bias_is_only_ever_a_suspicion():
    quiet = next(one for one in suggest(body(), LIMITS) if one.domain == "publication_bias")
    missing = next(one for one in suggest(body(silent=(Silent("Ellis 2011", 39, "n.s."),), participants=100), LIMITS)
                   if one.domain == "publication_bias")
    assert (quiet.steps, quiet.suspected) == (0, False) and (missing.steps, missing.suspected) == (0, True) and "Ellis 2011" in missing.reason
    many = body(*("low",) * 10, small_study_p=0.09)
    assert next(one for one in suggest(many, LIMITS) if one.domain == "publication_bias").suspected
    assert not next(one for one in suggest(replace(many, members=many.members[:9]), LIMITS) if one.domain == "publication_bias").suspected


def test_low_risk_alone_counts_until_its_share_of_the_weight_is_enough():
    mixed = ("low", "low", "some concerns", "some concerns")
    assert steps("risk_of_bias", body(*mixed, low_alone=-0.25)) == 0 and steps("risk_of_bias", body(*mixed, low_alone=-0.23)) == -1
    assert steps("risk_of_bias", body(*mixed, low_alone=-0.23), Thresholds(mid=0.24, low_share=50)) == 0


def test_registered_trials_that_are_over_and_silent_raise_a_suspicion():
    waiting = body(unreported=("NCT01234567",))
    assert next(one for one in suggest(waiting, LIMITS) if one.domain == "publication_bias").suspected
    assert not next(one for one in suggest(waiting, replace(LIMITS, unreported=2)) if one.domain == "publication_bias").suspected


def test_indirectness_is_a_table_for_a_person_and_never_a_number():
    assert steps("indirectness", body(mismatches=("Dean 2016: social support stands in for social functioning.",))) is None


def test_a_large_ratio_of_non_randomised_studies_may_be_rated_up_only_with_its_whole_interval():
    far = replace(body(design="non_randomised"), measure="RR", estimate=math.log(4), ci_low=math.log(2.1), ci_high=math.log(7))
    assert large_effect(far).steps == 1 and large_effect(replace(far, ci_low=math.log(1.9))) is None
    assert large_effect(replace(far, design="randomised")) is None


def test_levels_go_down_by_what_was_signed_and_not_below_the_last():
    assert level_of(NOTHING, design="randomised") is Level.HIGH
    assert level_of(NOTHING | {"imprecision": -1, "risk_of_bias": -1}, design="randomised") is Level.LOW
    assert level_of(dict.fromkeys(DOMAINS, -2), design="randomised") is Level.VERY_LOW
    assert level_of(NOTHING | {"risk_of_bias": -2, "large_effect": 1}, design="non_randomised") is Level.MODERATE


@pytest.mark.parametrize(("given", "says"), [
    ({"imprecision": -1}, "no decision on risk of bias"), (NOTHING | {"imprecision": 1}, "allowed: -3 to 0"),
    (NOTHING | {"luck": -1}, "no domain"),
    (NOTHING | {"large_effect": 1}, "rated up although randomised")])
def test_a_rating_that_cannot_be_is_refused_with_a_sentence(given, says):
    with pytest.raises(SynthesisError, match=says):
        level_of(given, design="randomised")


def test_a_body_without_studies_or_with_an_endless_interval_is_refused():
    with pytest.raises(SynthesisError, match="without a study"):
        body(members=())
    with pytest.raises(SynthesisError, match="not finite"):
        body(ci_low=-math.inf)
    with pytest.raises(SynthesisError, match="allowed: a number above 0"):
        Thresholds(mid=0.0)


BANDS = Bands(small=0.24, moderate=0.5, large=0.8, margin=0.06)


@pytest.mark.parametrize(("estimate", "size"), [(0.0, 0), (0.239, 0), (-0.24, 1), (0.5, 2), (-0.81, 3)])
def test_a_size_begins_at_its_boundary_whatever_the_sign(estimate, size):
    assert size_of(estimate, BANDS) is Size(size)


@pytest.mark.parametrize(("now", "size"), [(-0.20, 1), (-0.19, 1), (-0.17, 0), (-0.55, 1), (-0.57, 2), (0.3, 1)])
def test_a_size_is_left_only_beyond_its_boundary_by_the_margin(now, size):
    assert size_after(now, BANDS, before=Size.SMALL, was_positive=False) is Size(size)


@given(estimate=some.floats(-3, 3), before=some.sampled_from(Size), was_positive=some.booleans())
def test_without_a_margin_the_size_after_is_the_size(estimate, before, was_positive):
    bands = Bands(0.24, 0.5, 0.8)
    assert size_after(estimate, bands, before=before, was_positive=was_positive) in (size_of(estimate, bands), before)
    if abs(estimate) not in (0.24, 0.5, 0.8) and (estimate > 0) == was_positive:
        assert size_after(estimate, bands, before=before, was_positive=was_positive) is size_of(estimate, bands)

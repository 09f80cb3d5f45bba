"""What lies exactly on a threshold, and what only one condition of two tells: small faults put in there were found by no other test.

They came from `./perennial bench mutants --part certainty`. Whether a boundary itself counts is said by the docstrings of bot/methods/certainty.
"""

from __future__ import annotations

import pytest

from bot.errors import SynthesisError
from bot.methods.certainty.body import Body, Member, Silent, Thresholds
from bot.methods.certainty.levels import level_of
from bot.methods.certainty.sizes import Bands, Size, size_after
from bot.methods.certainty.suggestions import DOMAINS, Suggestion, suggest

LIMITS = Thresholds(mid=0.24)
NEAR, FAR = Member("Near", -0.1, -0.5, 0.0, 50, "low"), Member("Far", -0.9, -1.0, -0.5, 50, "low")


def body(*members: Member, **changes) -> Body:
    members = members or tuple(Member(f"S{place}", -0.4, -0.7, -0.1, 100 / 6, "low") for place in range(6))
    given = {"estimate": -0.4, "ci_low": -0.5, "ci_high": -0.3, "pi_low": -0.6, "pi_high": -0.2, "participants": 2000} | changes
    return Body(design="randomised", measure="SMD", members=members, **given)


def suggested(domain: str, one: Body) -> Suggestion:
    return next(found for found in suggest(one, LIMITS) if found.domain == domain)


def test_intervals_that_touch_overlap():
    told = suggested("inconsistency", body(FAR, NEAR))
    assert (told.steps, "all intervals overlap" in told.reason) == (0, True)


def test_few_studies_are_rated_down_only_where_they_are_apart_and_on_either_side():
    apart_alone = body(FAR, Member("Less far", -0.4, -0.45, -0.35, 50, "low"))
    told = suggested("inconsistency", apart_alone)
    assert (told.steps, "not all intervals overlap" in told.reason) == (0, True)


def test_an_estimate_at_the_smallest_important_difference_is_not_beyond_it():
    at_it, inside = Member("At it", -0.24, -0.3, -0.2, 50, "low"), Member("Inside", -0.1, -0.15, -0.05, 50, "low")
    assert suggested("inconsistency", body(at_it, inside)).steps == 0


@pytest.mark.parametrize(("pi", "ci", "steps"), [((-0.2, 0.24), (-0.15, -0.05), 0), ((-0.2, 0.25), (-0.15, -0.05), -1),
                                                 ((-0.9, 0.3), (-0.5, 0.24), -2), ((-0.9, 0.3), (-0.5, 0.25), 0)])
def test_what_reaches_the_smallest_important_difference_is_not_beyond_it(pi, ci, steps):
    assert suggested("inconsistency", body(pi_low=pi[0], pi_high=pi[1], ci_low=ci[0], ci_high=ci[1])).steps == steps


def test_the_reason_says_both_directions_where_both_are_crossed_and_only_there():
    assert "in both directions" in suggested("imprecision", body(ci_low=-0.5, ci_high=0.5)).reason
    assert "in both directions" not in suggested("imprecision", body(ci_low=-0.5, ci_high=-0.2)).reason


def test_a_p_value_at_its_limit_raises_no_suspicion():
    ten = tuple(Member(f"S{place}", -0.4, -0.7, -0.1, 10, "low") for place in range(10))
    assert not suggested("publication_bias", body(*ten, small_study_p=0.1)).suspected
    assert suggested("publication_bias", body(*ten, small_study_p=0.0999)).suspected


@pytest.mark.parametrize(("participants", "suspected"), [(100, False), (499, False), (500, True), (None, True)])
def test_silent_studies_are_weighed_by_their_share_of_all_and_an_unknown_number_weighs(participants, suspected):
    assert suggested("publication_bias", body(silent=(Silent("Ellis 2011", participants, "n.s."),))).suspected is suspected


def test_just_over_half_of_the_weight_at_high_risk_is_more_than_half():
    assert suggested("risk_of_bias", body(Member("A", -0.4, -0.7, -0.1, 50.5, "high"), Member("B", -0.4, -0.7, -0.1, 49.5, "low"))).steps == -1


def test_the_last_band_has_no_far_end():
    bands = Bands(small=0.24, moderate=0.5, large=0.8, margin=0.06)
    for sign in (-1, 1):
        assert size_after(sign * 0.77, bands, before=Size.LARGE, was_positive=sign > 0) is Size.LARGE
        assert size_after(sign * 9.0, bands, before=Size.LARGE, was_positive=sign > 0) is Size.LARGE
        assert size_after(sign * 0.73, bands, before=Size.LARGE, was_positive=sign > 0) is Size.MODERATE


def test_rated_up_by_more_than_two_is_refused():
    with pytest.raises(SynthesisError, match="allowed: 0 to 2"):
        level_of(dict.fromkeys(DOMAINS, 0) | {"large_effect": 3}, design="non_randomised")


def test_inconsistency_goes_down_by_two_at_most() -> None:
    with pytest.raises(SynthesisError, match="allowed: -2 to 0"):
        level_of(dict.fromkeys(DOMAINS, 0) | {"inconsistency": -3}, design="randomised")

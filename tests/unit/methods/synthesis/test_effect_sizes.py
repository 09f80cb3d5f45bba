"""From what a trial reports to one effect: formulas against metafor, guards against what does not give one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EffectSizeError
from bot.methods.synthesis import effect_sizes as es
from bot.methods.synthesis.conversions import Arm, combined, sd_from_interval, sd_from_se, sd_of_change

MEANS = {"mean_e": 10.2, "sd_e": 4.32, "n_e": 92, "mean_c": 13.96, "sd_c": 4.9, "n_c": 91}


def test_hedges_g_has_the_exact_correction_and_the_ls_variance():
    # Merza 2023 of the starting set by hand: sp = sqrt((91·4.32² + 90·4.9²) / 181), J by the gamma function.
    effect = es.standardised_mean_difference(**MEANS, study="Merza 2023")
    sp = math.sqrt((91 * 4.32**2 + 90 * 4.9**2) / 181)
    j = math.exp(math.lgamma(90.5) - 0.5 * math.log(90.5) - math.lgamma(90.0))
    assert effect.yi == pytest.approx(j * (10.2 - 13.96) / sp, rel=1e-12)
    assert effect.vi == pytest.approx(1 / 92 + 1 / 91 + effect.yi**2 / (2 * 183), rel=1e-12)
    assert effect.turned().yi == -effect.yi


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sd_c": 0.0}, "Lee 2021, control arm: sd = 0; must be > 0. If the paper gives a standard error, enter it as se."),
        ({"sd_e": None}, "Lee 2021, experimental arm: sd is missing. If the paper gives a standard error"),
        ({"n_e": 1}, "Lee 2021, experimental arm: n = 1; must be at least 2"),
        ({"mean_c": None}, "Lee 2021, control arm: mean is missing. If the paper gives medians"),
        ({"mean_e": math.nan}, "Lee 2021, experimental arm: mean = nan"),
    ],
)
def test_what_gives_no_effect_is_refused_by_study_arm_and_what_to_enter_instead(change, message):
    with pytest.raises(EffectSizeError, match=message):
        es.standardised_mean_difference(**(MEANS | change), study="Lee 2021")


def test_an_effect_larger_than_two_is_taken_with_a_question():
    effect = es.standardised_mean_difference(**(MEANS | {"sd_e": 0.4, "sd_c": 0.5}), study="Yeo 2023")
    assert "standard errors" in effect.warnings[0]


def test_events_become_a_standardised_difference_by_the_logistic_distribution():
    ratio = es.odds_ratio(events_e=17, n_e=52, events_c=19, n_c=71)
    effect = es.from_events(events_e=17, n_e=52, events_c=19, n_c=71, study="Griffiths 2012")
    assert ratio.yi == pytest.approx(math.log(17 * 52 / (35 * 19)))
    assert effect.yi == pytest.approx(ratio.yi * math.sqrt(3) / math.pi)
    assert effect.vi == pytest.approx(ratio.vi * 3 / math.pi**2)


def test_an_empty_cell_gets_a_half_and_two_empty_arms_are_refused():
    assert es.risk_ratio(events_e=0, n_e=20, events_c=3, n_c=20).yi == pytest.approx(math.log((0.5 / 21) / (3.5 / 21)))
    with pytest.raises(EffectSizeError, match="no events in both arms"):
        es.odds_ratio(events_e=0, n_e=20, events_c=0, n_c=20, study="Lee 2021")
    assert es.risk_difference(events_e=0, n_e=20, events_c=0, n_c=20).yi == 0.0


def test_more_events_than_people_are_refused():
    with pytest.raises(EffectSizeError, match="events = 25; must lie between 0 and n = 20"):
        es.odds_ratio(events_e=25, n_e=20, events_c=1, n_c=20)


def test_a_reported_difference_is_taken_as_it_is():
    effect = es.from_reported_smd(smd=-0.30, n_e=173, n_c=315, study="Sebela 2025")
    assert (effect.yi, effect.vi) == pytest.approx((-0.30, 1 / 173 + 1 / 315 + 0.09 / 976))


@given(st.floats(-2, 2), st.integers(5, 300), st.integers(5, 300), st.floats(0.1, 10.0))
def test_a_standardised_difference_does_not_depend_on_the_unit(difference, n1, n2, unit):
    first = es.standardised_mean_difference(mean_e=difference, sd_e=1, n_e=n1, mean_c=0, sd_c=1.5, n_c=n2)
    other = es.standardised_mean_difference(mean_e=difference * unit, sd_e=unit, n_e=n1, mean_c=0, sd_c=1.5 * unit, n_c=n2)
    assert (other.yi, other.vi) == pytest.approx((first.yi, first.vi), rel=1e-9, abs=1e-12)


def test_an_arm_that_was_split_is_put_together_as_if_it_had_not_been():
    import numpy as np

    values = np.array([3.0, 5.0, 4.0, 9.0, 7.0, 6.5, 2.0])
    parts = [Arm(part.size, float(part.mean()), float(part.std(ddof=1))) for part in (values[:3], values[3:])]
    whole = combined(*parts)
    assert (whole.n, whole.mean, whole.sd) == pytest.approx((7, values.mean(), values.std(ddof=1)))


def test_standard_deviations_come_back_from_standard_errors_intervals_and_changes():
    assert sd_from_se(0.5, 64) == pytest.approx(4.0)
    assert sd_from_interval(10 - 1.96 * 0.4, 10 + 1.96 * 0.4, 100) == pytest.approx(4.0, rel=1e-4)
    assert sd_of_change(4.0, 5.0, 0.5) == pytest.approx(math.sqrt(21.0))

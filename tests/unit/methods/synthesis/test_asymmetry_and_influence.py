"""Small studies, single studies, moderators, dependent effects, rare events: properties beside the golden values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.effects import Effect
from bot.errors import EffectSizeError, SynthesisError
from bot.methods.synthesis import influence, rare_events, regression, small_study
from bot.methods.synthesis.dependence import pool_multilevel, shared_control_covariance
from bot.methods.synthesis.medians import from_five_numbers
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.quadratic_forms import weighted_chi_squared_p
from bot.methods.synthesis.robust import Correction, robust
from bot.methods.synthesis.selection import Favours, selection_model
from bot.methods.synthesis.sensitivity import Candidate, sensitivity_table, sets_of
from bot.methods.synthesis.trim_and_fill import trim_and_fill

RANDOM = np.random.default_rng(2)
VI = RANDOM.uniform(0.01, 0.2, 15)
YI = 0.2 + RANDOM.normal(0, np.sqrt(VI + 0.03))


def test_a_symmetric_funnel_gets_nothing_filled_in():
    yi, vi = np.array([-0.2, 0.2, -0.1, 0.1, 0.0]), np.array([0.2, 0.2, 0.1, 0.1, 0.05])
    assert trim_and_fill(yi=yi, vi=vi).missing == 0


def test_turning_signs_turns_the_side_of_what_is_missing():
    yi, vi = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]), np.array([0.3, 0.25, 0.2, 0.03, 0.02, 0.01])
    one, other = trim_and_fill(yi=yi, vi=vi), trim_and_fill(yi=-yi, vi=vi)
    assert (one.side, other.side, one.missing) == ("left", "right", other.missing)
    assert other.test.estimate == pytest.approx(-one.test.estimate)


def test_the_test_of_differences_uses_sizes_and_needs_ten_studies_to_be_reported():
    n = np.round(2.0 / VI)
    assert 0.0 <= small_study.smd_test(yi=YI, vi=VI, n_e=n, n_c=n).p <= 1.0
    assert (small_study.is_enough(9), small_study.is_enough(10)) == (False, True)
    with pytest.raises(SynthesisError, match="needs the sizes"):
        small_study.regression_test(yi=YI, vi=VI, predictor=small_study.Predictor.N)


def test_standardised_differences_without_bias_are_suspected_less_often_with_sizes_than_with_standard_errors():
    # Pustejovsky & Rodgers 2019: g and its SE are correlated by construction.
    from bot.methods.synthesis.two_groups import corrected_smd

    random, hits = np.random.default_rng(8), [0, 0]
    for _ in range(200):
        n = random.integers(8, 40, 20).astype(float)
        raw = (0.8 + np.sqrt(2 / n) * random.standard_normal(20)) / np.sqrt(random.chisquare(2 * n - 2) / (2 * n - 2))
        yi, vi = corrected_smd(raw, n, n)
        hits[0] += small_study.regression_test(yi=yi, vi=vi).p < 0.05
        hits[1] += small_study.smd_test(yi=yi, vi=vi, n_e=n, n_c=n).p < 0.05
    assert hits[1] < hits[0]
    assert hits[1] / 200 < 0.10


def test_leaving_one_out_and_adding_one_by_one_are_pooling():
    left = influence.leave_one_out(yi=YI, vi=VI)
    assert left[0] == pool(yi=YI[1:], vi=VI[1:], labels=[f"study {i}" for i in range(2, 16)])
    assert influence.cumulative(yi=YI, vi=VI, order=range(15))[-1].estimate == pytest.approx(pool(yi=YI, vi=VI).estimate)
    with pytest.raises(SynthesisError, match="nothing to leave out"):
        influence.leave_one_out(yi=[0.1], vi=[0.1])


def test_the_study_that_stands_apart_is_flagged():
    yi, vi = [0.1, 0.12, 0.09, 0.11, 2.5], [0.02, 0.02, 0.02, 0.02, 0.02]
    assert influence.influence(yi=yi, vi=vi).flagged == (False, False, False, False, True)


def test_a_regression_on_a_constant_is_pooling():
    model = regression.regress(yi=YI, vi=VI, moderators=np.ones((15, 1)), names=["mean"])
    estimate = pool(yi=YI, vi=VI)
    assert (model.tests[0].estimate, model.tests[0].low) == pytest.approx((estimate.estimate, estimate.ci_low))


def test_subgroups_are_pooled_apart_and_compared():
    groups = ["app"] * 8 + ["forum"] * 7
    found = regression.subgroups(yi=YI, vi=VI, groups=groups)
    assert found.groups["app"].estimate == pytest.approx(pool(yi=YI[:8], vi=VI[:8]).estimate)
    assert (found.df, 0.0 <= found.p <= 1.0) == (1, True)
    with pytest.raises(SynthesisError, match="at least two in all"):
        regression.subgroups(yi=YI, vi=VI, groups=["app"] * 15)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.column_stack([np.ones(15), np.ones(15) * 2]), "cannot be told apart"),
        (np.column_stack([np.ones(15), [np.nan] + [1.0] * 14]), "Moderator year is missing for effect 1"),
        (np.ones((15, 3)), "one column per name|a column per name"),
    ],
)
def test_a_singular_or_incomplete_design_is_refused(x, message):
    with pytest.raises(SynthesisError, match=message):
        regression.regress(yi=YI, vi=VI, moderators=x, names=["mean", "year"])


def test_robust_errors_of_independent_effects_are_near_those_of_the_model():
    random = np.random.default_rng(4)
    studies = [str(i // 2) for i in range(80)]
    vi = np.full(80, 0.05)
    yi = random.normal(0, 0.3, 40).repeat(2) + random.normal(0, np.sqrt(0.05 + 0.02), 80)
    model = pool_multilevel(yi=yi, vi=vi, studies=studies, effects=[str(i) for i in range(80)])
    found = {correction: robust(model, correction=correction).tests[0] for correction in Correction}
    assert found[Correction.CR2].se == pytest.approx(model.tests[0].se, rel=0.15)
    assert found[Correction.CR0].se < found[Correction.CR2].se < found[Correction.CR1].se * 1.02
    assert found[Correction.CR2].df == pytest.approx(39.0, rel=0.05)


def test_dependence_within_studies_widens_the_interval():
    yi, vi = [0.1, 0.12, 0.5, 0.52, -0.2, -0.22], [0.02] * 6
    studies = ["a", "a", "b", "b", "c", "c"]
    model = pool_multilevel(yi=yi, vi=vi, studies=studies, effects=list("123456"), rho=0.6, interval=Interval.WALD)
    naive = pool(yi=yi, vi=vi, interval=Interval.WALD)
    assert model.tests[0].se > naive.se
    with pytest.raises(SynthesisError, match="rho"):
        pool_multilevel(yi=yi, vi=vi, studies=studies, rho=1.0)


def test_arms_that_share_a_control_are_correlated_and_others_are_not():
    v = shared_control_covariance([0.2, 0.4, 0.1], [0.1, 0.1, 0.1], [30, 30, 50], [90, 90, 100], ["a", "a", "b"])
    assert v[0, 1] == pytest.approx(1 / 30 + 0.08 / 180)
    assert (v[0, 2], v[2, 2]) == (0.0, 0.1)
    model = pool_multilevel(yi=[0.2, 0.4, 0.1], vi=[0.1, 0.1, 0.1], studies=["a", "a", "b"], sampling=v)
    apart = pool_multilevel(yi=[0.2, 0.4, 0.1], vi=[0.1, 0.1, 0.1], studies=["a", "a", "b"])
    assert model.tests[0].se > apart.tests[0].se
    with pytest.raises(SynthesisError, match="positive definite"):
        pool_multilevel(yi=[0.2, 0.4, 0.1], vi=[0.1, 0.1, 0.1], studies=["a", "a", "b"], sampling=np.ones((3, 3)))


def test_rare_events_are_pooled_without_a_constant():
    # One study with no events in both arms changes nothing about a ratio.
    a, b, c, d = [1, 2, 0], [99, 98, 100], [4, 3, 0], [96, 97, 100]
    for measure in ("OR", "RR"):
        with_it = rare_events.mantel_haenszel(measure, a, b, c, d).test.estimate
        assert with_it == pytest.approx(rare_events.mantel_haenszel(measure, a[:2], b[:2], c[:2], d[:2]).test.estimate)
    assert rare_events.peto(a, b, c, d).test.estimate < 0
    with pytest.raises(SynthesisError, match="Pool risk differences"):
        rare_events.mantel_haenszel("OR", [0, 0], [9, 9], [1, 2], [8, 7])
    with pytest.raises(SynthesisError, match="Study 2"):
        rare_events.peto([1, -1], [9, 9], [1, 2], [8, 7])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.floats(0.01, 30.0))
def test_equal_weights_give_chi_squared(df, value):
    from scipy.special import chdtrc

    assert weighted_chi_squared_p(np.full(df, 2.0), 2.0 * value) == pytest.approx(float(chdtrc(df, value)), abs=1e-10)


def test_a_selection_model_without_selection_keeps_the_estimate():
    random = np.random.default_rng(9)
    vi = random.uniform(0.01, 0.2, 400)
    yi = random.normal(0.2, np.sqrt(vi + 0.02))
    found = selection_model(yi=yi, vi=vi, favours=Favours.GREATER)
    assert found.test.estimate == pytest.approx(0.2, abs=0.05)
    assert found.ratio_p > 0.01
    with pytest.raises(SynthesisError, match="use fewer steps"):
        selection_model(yi=[0.9, 0.8], vi=[0.01, 0.01], favours=Favours.GREATER)


def test_medians_become_means_unless_they_look_skewed():
    fair = from_five_numbers(n=50, median=10, q1=8, q3=12)
    assert (fair.mean, round(fair.sd or 0, 2)) == (10.0, 3.05)
    assert from_five_numbers(n=50, median=8.2, q1=8, q3=12).mean is None
    with pytest.raises(EffectSizeError, match="both quartiles"):
        from_five_numbers(n=50, median=10)
    with pytest.raises(EffectSizeError, match="must rise"):
        from_five_numbers(n=50, median=10, q1=11, q3=12)


def test_trials_lead_others_stand_apart_and_critical_risk_is_never_pooled():
    def candidate(name, yi, design, risk="", *, converted=False):
        return Candidate(Effect(name, yi, 0.04), design, risk, converted)

    candidates = [
        candidate("a", -0.3, "randomised", "low"), candidate("b", -0.2, "randomised", "high"),
        candidate("c", -0.4, "randomised", "some concerns", converted=True),
        candidate("d", -0.9, "non_randomised", "serious"), candidate("e", -2.0, "non_randomised", "critical"),
    ]  # fmt: skip
    assert [c.effect.study for c in sets_of(candidates).shown_only] == ["e"]
    table = {row.label: row for row in sensitivity_table(candidates)}
    assert table["Randomised trials, as the protocol pools them"].estimate.k == 3
    assert table["Without trials at high risk of bias"].left_out == ("b",)
    assert table["Without means converted from medians"].left_out == ("c",)
    assert table["Non-randomised studies, apart"].estimate.k == 1
    assert table["Sensitivity only: trials and non-randomised studies together"].estimate.k == 4
    with pytest.raises(SynthesisError, match="one pool has one measure"):
        sets_of([*candidates, Candidate(Effect("f", 0.1, 0.1, "OR"), "randomised")])


def test_a_rank_test_of_a_study_that_has_all_of_the_weight_is_refused_by_its_name():
    with pytest.raises(SynthesisError, match="A rank test has no digits left: study 1 has all of the weight"):
        small_study.rank_test(yi=[0.1, 0.4, 0.2], vi=[1e-20, 1.0, 2.0])

"""Pooling: properties that hold for any data, limits, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import EffectSizeError, SynthesisError
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.pooling import frozen_inputs, pool, pool_again

METHODS = list(Tau2)
EFFECTS = st.floats(-3.0, 3.0).map(lambda x: round(x, 4))
VARIANCES = st.floats(0.005, 2.0).map(lambda x: round(x, 5))
STUDIES = st.lists(st.tuples(EFFECTS, VARIANCES), min_size=2, max_size=12)
quickly = settings(max_examples=60, deadline=None)


def columns(studies):
    return [study[0] for study in studies], [study[1] for study in studies]


def numbers(estimate):
    return [estimate.estimate, estimate.ci_low, estimate.ci_high, estimate.tau2, estimate.tau2_high, estimate.q]


# Source: metafor 5.1-12, rma(yi, vi, method="REML", test="adhoc") on the BCG trials (dat.bcg, log risk ratios); confint by Q-profile.
BCG_YI = [-0.8893113339202054, -1.5853886572014306, -1.3480731482996933, -1.4415511900213054, -0.21754732221129558, -0.786115585818864,
          -1.6208982235983918, 0.011952333523840508, -0.4694176487381494, -1.3713448034727844, -0.3393588283383906, 0.44591340057137874,
          -0.017313948216879815]  # fmt: skip
BCG_VI = [0.32558476500396133, 0.19458112139814385, 0.4153679653679654, 0.020010031902247573, 0.05121017216963086, 0.0069056184559087574,
          0.22301724757231517, 0.0039615792978177295, 0.056434210463248966, 0.07302479361302891, 0.01241221397155972, 0.5325058452001528,
          0.0714046596839863]  # fmt: skip


def test_reml_with_knapp_hartung_agrees_with_metafor_on_the_bcg_trials():
    estimate = pool(yi=BCG_YI, vi=BCG_VI)
    assert estimate.tau2 == pytest.approx(0.31324325813648624, rel=1e-7)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((-1.1084437136855514, -0.320620970630728), rel=1e-8)
    assert estimate.i2 == pytest.approx(92.22138452126907, rel=1e-8)


def test_paule_mandel_agrees_with_metafor_on_the_bcg_trials():
    # Source: metafor 5.1-12 with tight control: PM of the BCG risk differences is 0.001494193544601891.
    yi = [-0.04661636544422997, -0.07610172781984081, -0.03701298701298701, -0.014714618026393848, -0.0015821267065460826,
          -0.13956764584472833, -0.012754832724785342, 6.788021404894196e-05, -0.002316684687178207, -0.029132279132279136,
          -0.0014842349885014817, 0.0007200976500978654, -2.78807421670098e-05]  # fmt: skip
    vi = [0.000780068664855938, 0.00034846257472658307, 0.0002713997856306846, 1.8028549353363776e-06, 2.657972482603194e-06,
          0.00019833565414980573, 2.6104856229552035e-05, 1.2777444567839109e-07, 1.3582263060433112e-06, 2.824750370764277e-05,
          2.599714691855968e-07, 1.3463933597368239e-06, 1.8506680125160208e-07]  # fmt: skip
    assert pool(yi=yi, vi=vi, method=Tau2.PAULE_MANDEL).tau2 == pytest.approx(0.001494193544601891, rel=1e-9)


@quickly
@given(STUDIES, st.sampled_from(METHODS), st.randoms())
def test_the_order_of_studies_changes_nothing(studies, method, random):
    shuffled = list(studies)
    random.shuffle(shuffled)
    one, other = (pool(yi=y, vi=v, method=method) for y, v in map(columns, (studies, shuffled)))
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-7, abs=1e-8)


@quickly
@given(STUDIES, st.sampled_from(METHODS), st.floats(-5.0, 5.0))
def test_a_shift_of_all_effects_shifts_the_estimate_and_nothing_else(studies, method, shift):
    yi, vi = columns(studies)
    one, other = pool(yi=yi, vi=vi, method=method), pool(yi=np.array(yi) + shift, vi=vi, method=method)
    assert other.estimate == pytest.approx(one.estimate + shift, abs=1e-7)
    assert (other.ci_low, other.ci_high) == pytest.approx((one.ci_low + shift, one.ci_high + shift), abs=1e-6)
    assert other.tau2 == pytest.approx(one.tau2, rel=1e-6, abs=1e-7)


@quickly
@given(STUDIES, st.sampled_from(METHODS))
def test_turning_all_signs_turns_the_estimate(studies, method):
    yi, vi = columns(studies)
    one, other = pool(yi=yi, vi=vi, method=method), pool(yi=[-y for y in yi], vi=vi, method=method)
    assert (other.estimate, other.ci_low, other.ci_high) == pytest.approx(
        (-one.estimate, -one.ci_high, -one.ci_low), rel=1e-7, abs=1e-8
    )


@quickly
@given(STUDIES, st.sampled_from(METHODS))
def test_tau2_and_i2_are_never_negative_and_nothing_is_nan(studies, method):
    yi, vi = columns(studies)
    estimate = pool(yi=yi, vi=vi, method=method)
    assert estimate.tau2 >= 0.0
    assert 0.0 <= estimate.i2 < 100.0
    values = [value for name in estimate.__slots__ if isinstance(value := getattr(estimate, name), float)]
    assert all(math.isfinite(value) for value in values)


@quickly
@given(STUDIES, st.sampled_from([method for method in METHODS if method is not Tau2.COMMON]), st.sampled_from(list(Interval)[1:]))
def test_the_prediction_interval_contains_the_confidence_interval_with_the_same_quantile(studies, method, interval):
    yi, vi = columns(studies)
    estimate = pool(yi=yi, vi=vi, method=method, interval=interval, prediction=Prediction.T_K_MINUS_1)
    assert estimate.pi_low <= estimate.ci_low + 1e-9
    assert estimate.pi_high >= estimate.ci_high - 1e-9


@quickly
@given(STUDIES)
def test_dersimonian_laird_is_the_common_effect_where_q_is_at_most_its_degrees_of_freedom(studies):
    yi, vi = columns(studies)
    common = pool(yi=yi, vi=vi, method=Tau2.COMMON, interval=Interval.WALD)
    random = pool(yi=yi, vi=vi, method=Tau2.DERSIMONIAN_LAIRD, interval=Interval.WALD)
    if common.q <= common.q_df:
        assert random.tau2 == 0.0
        assert (random.estimate, random.se) == pytest.approx((common.estimate, common.se), rel=1e-12)
    else:
        assert random.tau2 > 0.0


@quickly
@given(STUDIES, EFFECTS, st.sampled_from([Tau2.COMMON, Tau2.ML, Tau2.REML]))
def test_a_study_whose_variance_grows_without_end_leaves_the_estimate_alone(studies, effect, method):
    yi, vi = columns(studies)
    without = pool(yi=yi, vi=vi, method=method, interval=Interval.WALD)
    with_it = pool(yi=[*yi, effect], vi=[*vi, 1e12], method=method, interval=Interval.WALD)
    assert with_it.estimate == pytest.approx(without.estimate, abs=1e-4)
    assert with_it.tau2 == pytest.approx(without.tau2, rel=1e-3, abs=1e-5)


@quickly
@given(STUDIES)
def test_reml_is_the_highest_point_of_its_likelihood(studies):
    from bot.methods.synthesis.problem import mean_problem

    yi, vi = map(np.array, columns(studies))
    problem = mean_problem(yi, vi)
    reached = problem.log_likelihood(pool(yi=yi, vi=vi).tau2, restricted=True)
    others = [problem.log_likelihood(t, restricted=True) for t in np.concatenate([[0.0], np.geomspace(1e-6, 20.0, 200)])]
    assert reached >= max(others) - 1e-9


def test_one_study_comes_back_as_it_is():
    estimate = pool(yi=[0.42], vi=[0.09], labels=["Lee 2021"])
    assert (estimate.estimate, estimate.se, estimate.pooled) == (0.42, 0.3, False)
    assert (estimate.tau2, estimate.i2, estimate.pi_low, estimate.pi_high) == (None, None, None, None)
    assert estimate.ci_low == pytest.approx(-0.16798919536201617)


def test_equal_effects_have_no_variance_between_studies_and_a_finite_interval():
    estimate = pool(yi=[0.2, 0.2, 0.2], vi=[0.1, 0.1, 0.1])
    assert estimate.tau2 == 0.0
    assert estimate.ci_low < 0.2 < estimate.ci_high
    assert pool(yi=[0.2, 0.2], vi=[0.1, 0.1], interval=Interval.KNAPP_HARTUNG).se == pytest.approx(0.0, abs=1e-12)


def test_huge_and_tiny_variances_give_the_right_limit():
    estimate = pool(yi=[0.1, 0.2, 0.3], vi=[1e-10, 1e10, 1e10])
    assert estimate.estimate == pytest.approx(0.1, abs=1e-6)


def test_two_trials_of_anxiety_have_a_knapp_hartung_interval_that_no_reader_should_be_shown_as_the_answer():
    # Ellis 2011 and Rohrbach 2022 of the starting set: from -3.7 to 2.6 (issue of the statistics).
    from bot.methods.synthesis.effect_sizes import from_reported_smd, standardised_mean_difference

    ellis = from_reported_smd(smd=-0.95, n_e=13, n_c=13)
    rohrbach = standardised_mean_difference(mean_e=3.26, sd_e=1.73, n_e=68, mean_c=3.98, sd_c=1.84, n_c=38)
    estimate = pool(yi=[ellis.yi, rohrbach.yi], vi=[ellis.vi, rohrbach.vi])
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((-3.7, 2.6), abs=0.05)


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([], [], "no effect to pool"),
        ([0.1, math.nan], [0.1, 0.1], "Lee 2021: the effect is nan"),
        ([0.1, 0.2], [0.1, 0.0], "Lee 2021: the variance is 0.0"),
        ([0.1, 0.2], [0.1, -1.0], "Lee 2021: the variance is -1.0"),
        ([0.1, 0.2], [0.1, math.inf], "Lee 2021: the variance is inf"),
        ([0.1, 0.2], [0.1], "one variance for each effect"),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_the_study_and_a_way_out(yi, vi, message):
    with pytest.raises((EffectSizeError, SynthesisError), match=message):
        pool(yi=yi, vi=vi, labels=["Kaplan 2011", "Lee 2021"][: len(yi)])


def test_an_unknown_estimator_is_answered_with_those_there_are():
    with pytest.raises(SynthesisError, match="DL, EB, EE"):
        pool(yi=[0.1, 0.2], vi=[0.1, 0.1], method="XX")


def test_an_old_estimate_is_computed_again_to_the_last_digit_from_its_frozen_inputs():
    first = pool(yi=BCG_YI, vi=BCG_VI, method=Tau2.ML, interval=Interval.T, level=0.9)
    content = frozen_inputs(yi=BCG_YI, vi=BCG_VI, method=Tau2.ML, interval=Interval.T, level=0.9)
    assert pool_again(content, sha256=first.inputs_sha256) == first
    with pytest.raises(SynthesisError, match="not the inputs of this estimate"):
        pool_again(content + b" ", sha256=first.inputs_sha256)


def test_every_input_and_option_changes_the_hash():
    first = pool(yi=BCG_YI, vi=BCG_VI).inputs_sha256
    others = [
        pool(yi=BCG_YI, vi=BCG_VI, method=Tau2.ML), pool(yi=BCG_YI, vi=BCG_VI, interval=Interval.T),
        pool(yi=BCG_YI, vi=BCG_VI, level=0.9), pool(yi=BCG_YI, vi=BCG_VI, prediction=Prediction.NORMAL),
        pool(yi=BCG_YI, vi=[*BCG_VI[:-1], 0.0714046596839864]), pool(yi=BCG_YI, vi=BCG_VI, labels=[str(i) for i in range(13)]),
    ]  # fmt: skip
    assert len({first, *(other.inputs_sha256 for other in others)}) == 7


def test_weights_are_shares_that_sum_to_a_hundred():
    assert sum(pool(yi=BCG_YI, vi=BCG_VI).weights) == pytest.approx(100.0)


def test_estimates_are_frozen():
    estimate = pool(yi=[0.1, 0.2], vi=[0.1, 0.1])
    with pytest.raises(AttributeError):
        estimate.tau2 = 1.0  # type: ignore[misc]
    assert replace(estimate, k=3).k == 3


def test_importing_pooling_imports_no_scipy_stats():
    import subprocess
    import sys

    code = "import sys; import bot.methods.synthesis.pooling; sys.exit('scipy.stats' in sys.modules or 'scipy.special' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("effects", "variances", "study"), [
    ([1.0, 2.0, 3.0], [1.0, 1e-300, 1.0], 2), ([1.0, 2.0, 3.0], [1.0, 1.0, 1e300], 3), ([1e150, 2.0], [1.0, 1.0], 1),
    ([0.1, 0.2], [1.0, 5e-324], 2)])
@pytest.mark.parametrize("method", sorted(method.value for method in Tau2))
def test_what_lies_beyond_any_measurement_is_refused_by_the_studys_name(method: str, effects: list, variances: list, study: int) -> None:
    with pytest.raises(EffectSizeError, match=rf"^study {study}: the effect is .* In what unit were they entered\?"):
        pool(yi=effects, vi=variances, method=method)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("effects", "variances"), [
    ([1e30, -1e30, 2e29], [1e-30] * 3), ([1e30, 1.0, 2.0], [1e30, 1e-30, 1.0]), ([1e-30, 0.0, 1e30], [1e30] * 3),
    ([1.0, 2.0, 3.0], [1e-30, 1e-30, 1e30]), ([0.0] * 3, [1e-30] * 3), ([1.0, 2.0, 3.0], [1e-12, 1.0, 1e12])])
@pytest.mark.parametrize("method", sorted(method.value for method in Tau2))
def test_at_the_edges_of_what_is_taken_every_number_is_one(method: str, effects: list, variances: list) -> None:
    found = pool(yi=effects, vi=variances, method=method)
    numbers = (found.estimate, found.ci_low, found.ci_high, found.tau2, found.i2, found.pi_low, found.pi_high)
    assert all(math.isfinite(value) for value in numbers if value is not None)
    assert min(effects) <= found.estimate <= max(effects)


def test_what_is_no_number_is_refused_in_a_sentence() -> None:
    with pytest.raises(SynthesisError, match="Effects and variances must be numbers: could not convert string to float: 'a'"):
        pool(yi=["a", 1.0], vi=[1.0, 1.0])

"""What the next trial could change: checked by simulation, with its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.errors import SynthesisError
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.what_next import next_trial, variance_like, variance_of_smd, what_next

YI, VI = [-0.35, -0.1, -0.2, -0.45, 0.05], [0.05, 0.04, 0.06, 0.05, 0.04]
OF_SIZE = variance_of_smd(-0.2)


def test_the_chance_to_settle_agrees_with_a_simulation_of_next_trials():
    found = next_trial(yi=YI, vi=VI, size=300, variance_of=OF_SIZE)
    now, random, settled, crossed, repeats = pool(yi=YI, vi=VI), np.random.default_rng(1), 0, 0, 3000
    true = now.estimate + random.standard_t(now.k - 1, repeats) * math.sqrt(now.tau2 + now.se**2)
    for result in true + math.sqrt(OF_SIZE(300)) * random.standard_normal(repeats):
        later = pool(yi=[*YI, result], vi=[*VI, OF_SIZE(300)])
        settled += later.ci_high < 0 or later.ci_low > 0
        crossed += (later.estimate > 0) != (now.estimate > 0)
    assert found.settles == pytest.approx(settled / repeats, abs=3 * 0.0091)
    assert found.crosses == pytest.approx(crossed / repeats, abs=3 * 0.0091)


def test_the_size_that_settles_it_is_just_enough():
    # All but equal studies: one large trial can settle it.
    yi, vi = [-0.22, -0.2, -0.18, -0.21], [0.05, 0.05, 0.05, 0.05]
    plan = what_next(yi=yi, vi=vi, variance_of=OF_SIZE, seed=1, power=0.6)
    assert plan.size is not None
    assert next_trial(yi=yi, vi=vi, size=plan.size, variance_of=OF_SIZE).settles >= 0.6
    assert next_trial(yi=yi, vi=vi, size=int(0.9 * plan.size), variance_of=OF_SIZE).settles < 0.6


def test_where_studies_differ_too_much_no_single_trial_can_and_several_are_counted():
    plan = what_next(yi=[-0.9, 0.5, -0.3, 0.1], vi=[0.02, 0.02, 0.02, 0.02], variance_of=OF_SIZE, seed=1, threshold=0.0)
    assert plan.size is None
    assert plan.one_at_most < 0.8
    assert "No single trial can" in plan.sentence
    assert plan.trials is None or plan.trials > 1


def test_what_is_settled_already_needs_no_trial():
    plan = what_next(yi=[-0.5, -0.52, -0.48], vi=[0.001, 0.001, 0.001], variance_of=OF_SIZE, seed=1)
    assert (plan.settled, plan.size, plan.trials) == (True, None, None)


def test_one_study_is_too_few_to_plan_on():
    with pytest.raises(SynthesisError, match="at least two"):
        next_trial(yi=[-0.3], vi=[0.05], size=100, variance_of=variance_like([0.05], [80]))

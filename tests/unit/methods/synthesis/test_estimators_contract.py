"""Every file under estimators/ keeps the contract of an estimator."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.methods.synthesis.estimators import all_estimators
from bot.methods.synthesis.options import Tau2
from bot.methods.synthesis.problem import Problem, mean_problem

RANDOM = np.random.default_rng(21)
NAMES = sorted(all_estimators())


def problems():
    vi = RANDOM.uniform(0.01, 0.4, 14)
    yi = RANDOM.normal(0.3, np.sqrt(vi + 0.1))
    yield mean_problem(yi, vi)
    yield Problem(yi, vi, np.column_stack([np.ones(14), np.arange(14.0)]))
    yield mean_problem(np.zeros(14), vi)


def test_every_shipped_estimator_has_a_file_and_every_file_a_name():
    assert set(NAMES) == {method.value for method in Tau2}


@pytest.mark.parametrize("name", NAMES)
def test_an_estimator_says_where_it_is_from_and_gives_tau2_of_at_least_zero_with_a_standard_error(name):
    estimator = all_estimators()[name]
    assert estimator.LABEL
    assert any(year in estimator.SOURCE for year in ("19", "20"))
    for problem in problems():
        tau2 = estimator.tau2(problem)
        error = estimator.se_tau2(problem, tau2)
        assert isinstance(tau2, float)
        assert 0.0 <= tau2 < 10.0
        assert error >= 0.0 or (name == Tau2.COMMON and math.isnan(error))


@pytest.mark.parametrize("name", NAMES)
def test_an_estimator_grows_with_the_square_of_the_unit(name):
    estimator, problem = all_estimators()[name], next(problems())
    larger = mean_problem(10.0 * problem.yi, 100.0 * problem.vi)
    assert estimator.tau2(larger) == pytest.approx(100.0 * estimator.tau2(problem), rel=1e-9)

"""Thousands at once give what one at a time gives."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import EffectSizeError, SynthesisError
from bot.methods.synthesis.many import pool_many
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.pooling import pool


@pytest.mark.parametrize("method", [Tau2.REML, Tau2.DERSIMONIAN_LAIRD, Tau2.PAULE_MANDEL, Tau2.COMMON, Tau2.SIDIK_JONKMAN])
@pytest.mark.parametrize("interval", list(Interval))
def test_many_at_once_give_what_one_at_a_time_gives(method, interval):
    random = np.random.default_rng(7)
    vi = random.uniform(0.001, 0.5, (40, 4))
    yi = random.normal(0.2, np.sqrt(vi))
    found = pool_many(yi=yi, vi=vi, method=method, interval=interval, prediction=Prediction.T_K_MINUS_2)
    for i in range(40):
        one = pool(yi=yi[i], vi=vi[i], method=method, interval=interval, prediction=Prediction.T_K_MINUS_2)
        assert (found.estimate[i], found.ci_low[i], found.tau2[i], found.q[i], found.p[i]) == pytest.approx(
            (one.estimate, one.ci_low, one.tau2, one.q, one.p), rel=1e-8, abs=1e-10
        )
        if one.pi_low is not None:
            assert found.pi_low[i] == pytest.approx(one.pi_low, rel=1e-8)


def test_a_row_with_two_maxima_gets_the_higher_one():
    yi = [-3, -3.01, -2.99, 3, 3.01, 2.99, 0, 0.01, 10, -10]
    vi = [0.0001, 0.0001, 0.0001, 4, 4, 4, 0.0001, 0.0001, 9, 9]
    assert pool_many(yi=[yi, yi], vi=[vi, vi]).tau2[1] == pytest.approx(pool(yi=yi, vi=vi).tau2, rel=1e-9)


def test_a_wrong_number_is_named_by_row_and_study():
    with pytest.raises(EffectSizeError, match="Row 2, study 1"):
        pool_many(yi=[[0.1, 0.2], [np.nan, 0.2]], vi=[[0.1, 0.1], [0.1, 0.1]])
    with pytest.raises(SynthesisError, match="k at least 2"):
        pool_many(yi=[[0.1]], vi=[[0.1]])

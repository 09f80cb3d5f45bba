"""Bayesian pooling by a grid: against brute force, and limits."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import SynthesisError
from bot.methods.synthesis.bayesian import Mixture, TauPrior, pool_bayesian
from bot.methods.synthesis.few import few_studies
from bot.methods.synthesis.pooling import Interval, pool

YI, VI = [-0.9, -0.4], [0.16, 0.04]


def test_two_trials_agree_with_brute_force():
    found = pool_bayesian(yi=YI, vi=VI)
    tau, mu = np.meshgrid(np.linspace(0, 4, 1601), np.linspace(-4, 3, 1601), indexing="ij")
    log = -2 * tau**2 - 0.125 * mu**2
    for y, v in zip(YI, VI, strict=True):
        log = log - 0.5 * np.log(v + tau**2) - 0.5 * (y - mu) ** 2 / (v + tau**2)
    mass = np.exp(log - log.max())
    mass[0] /= 2
    mass /= mass.sum()
    assert found.mu.mean == pytest.approx(float(np.sum(mass * mu)), abs=1e-4)
    assert found.tau_mean == pytest.approx(float(np.sum(mass * tau)), abs=1e-3)
    below = float(np.sum(mass[mu < 0.0]) + 0.5 * np.sum(mass[mu == 0.0]))
    assert found.mu.below(0.0) == pytest.approx(below, abs=2e-3)


def test_the_interval_of_two_trials_is_wider_than_walds_and_far_narrower_than_knapp_hartungs():
    # Anxiety in the starting set: Ellis 2011 (d = -0.95, 13 and 13) and Rohrbach 2022 (g = -0.39).
    found = few_studies(yi=[-0.95, -0.394], vi=[1 / 13 + 1 / 13 + 0.9025 / 52, 0.0418])
    ends = [
        (found.wald.ci_low, found.wald.ci_high),
        found.bayesian.interval,
        (found.knapp_hartung.ci_low, found.knapp_hartung.ci_high),
    ]
    widths = [high - low for low, high in ends]
    assert widths[0] < widths[1] < widths[2] / 2
    assert found.leads == "bayesian"


@pytest.mark.parametrize(("k", "leads"), [(1, "trial"), (2, "bayesian"), (3, "bayesian"), (4, "pooled")])
def test_what_leads_depends_on_how_many_studies_there_are(k, leads):
    assert few_studies(yi=[0.1, 0.3, 0.2, 0.5][:k], vi=[0.04] * k).leads == leads


def test_many_precise_studies_leave_nothing_of_the_prior():
    random = np.random.default_rng(3)
    vi = np.full(60, 0.01)
    yi = 0.4 + random.normal(0, np.sqrt(vi + 0.04))
    bayes, reml = pool_bayesian(yi=yi, vi=vi), pool(yi=yi, vi=vi, interval=Interval.WALD)
    assert bayes.estimate == pytest.approx(reml.estimate, abs=0.005)
    assert bayes.interval == pytest.approx((reml.ci_low, reml.ci_high), abs=0.01)


def test_prediction_is_wider_than_the_mean_and_quantiles_invert_probabilities():
    found = pool_bayesian(yi=[0.1, 0.4, -0.2], vi=[0.05, 0.02, 0.1])
    assert found.prediction[0] < found.interval[0] < found.interval[1] < found.prediction[1]
    assert found.mu.below(found.mu.quantile(0.3)) == pytest.approx(0.3, abs=1e-9)
    assert found.tau_low < found.tau_median < found.tau_high


def test_a_single_normal_is_its_own_mixture():
    one = Mixture(np.ones(1), np.array([2.0]), np.array([3.0]))
    assert (one.mean, one.sd, one.quantile(0.975)) == pytest.approx((2.0, 3.0, 2.0 + 3.0 * 1.959963984540054))


def test_an_improper_prior_is_refused_for_two_studies():
    with pytest.raises(SynthesisError, match="at least three"):
        pool_bayesian(yi=YI, vi=VI, tau_prior=TauPrior.UNIFORM)

"""Every kind of result can be computed again from the bytes it rests on, and from no others."""

from __future__ import annotations

import json

import pytest

from bot.errors import SynthesisError
from bot.methods.synthesis import pooling, provenance
from bot.methods.synthesis.again import computed_again
from bot.methods.synthesis.bayesian import TauPrior, pool_bayesian
from bot.methods.synthesis.dependence import pool_multilevel

YI, VI = [-0.4, -0.1, -0.6, 0.1], [0.04, 0.02, 0.09, 0.05]


def test_a_pooled_estimate_of_many_or_of_one_comes_back():
    for k in (1, 2, 4):
        found = pooling.pool(yi=YI[:k], vi=VI[:k], method="PM", level=0.9)
        inputs = pooling.frozen_inputs(yi=YI[:k], vi=VI[:k], method="PM", level=0.9)
        again = computed_again(inputs, sha256=found.inputs_sha256)
        assert (again["estimate"], again["ci_low"], again["method"]) == (found.estimate, found.ci_low, found.method)


def test_a_posterior_comes_back_with_its_prior():
    found = pool_bayesian(yi=YI, vi=VI, tau_prior=TauPrior.HALF_CAUCHY, tau_scale=0.3, mu_sd=None)
    again = computed_again(found.inputs, sha256=found.inputs_sha256)
    assert (again["estimate"], again["ci_low"], again["prior"]) == (found.estimate, found.interval[0], found.prior)


@pytest.mark.parametrize("effects", [None, ["a", "b", "a", "b"], ["a", "a", "b", "b"]])
def test_a_model_of_three_levels_comes_back(effects: list[str] | None):
    found = pool_multilevel(yi=YI, vi=VI, studies=["x", "x", "y", "y"], effects=effects, rho=0.6)
    again = computed_again(found.inputs, sha256=found.inputs_sha256)
    assert (again["tests"][0]["estimate"], again["sigma2"]) == (found.tests[0].estimate, list(found.sigma2))


def test_inputs_that_were_changed_and_kinds_that_are_not_known_are_refused():
    inputs = pooling.frozen_inputs(yi=YI, vi=VI)
    with pytest.raises(SynthesisError, match="not the inputs of this estimate"):
        computed_again(inputs.replace(b"0.04", b"0.05"), sha256=provenance.fingerprint(inputs))
    strange = json.dumps({"analysis": "astrology", "candidates": [], "options": {}}).encode()
    with pytest.raises(SynthesisError, match="no analysis called 'astrology'"):
        computed_again(strange, sha256=provenance.fingerprint(strange))

"""Several outcomes per study, against metafor on Berkey's trials of periodontitis."""

import numpy as np
import pytest

from bot.errors import SynthesisError
from bot.methods.synthesis.multivariate import Multivariate, Structure, pool_multivariate

# Berkey et al. 1998, dat.berkey1998 in R's metadat: change in probing depth (PD) and attachment level (AL) in five trials.
EFFECTS = [0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31, 0.56, -0.39]
BLOCKS = [(0.0075, 0.0030, 0.0077), (0.0057, 0.0009, 0.0008), (0.0021, 0.0007, 0.0014), (0.0029, 0.0009, 0.0015), (0.0148, 0.0072, 0.0304)]
TRIALS = [name for name in "ABCDE" for _ in range(2)]
OUTCOMES = ["PD", "AL"] * 5


def _sampling() -> np.ndarray:
    covariance = np.zeros((10, 10))
    for place, (first, both, second) in enumerate(BLOCKS):
        covariance[2 * place:2 * place + 2, 2 * place:2 * place + 2] = [[first, both], [both, second]]
    return covariance


def _pooled(**options: object) -> Multivariate:
    given: dict[str, object] = {"yi": EFFECTS, "sampling": _sampling(), "studies": TRIALS, "outcomes": OUTCOMES}
    return pool_multivariate(**(given | options))  # pyright: ignore[reportArgumentType]


# metafor 5.1-12, rma.mv with struct UN and CS, method REML and ML.
@pytest.mark.parametrize(("structure", "method", "means", "tau2", "rho", "likelihood"), [
    (Structure.UNSTRUCTURED, "REML", (-0.3392151785, 0.3534281702), (0.0326513330, 0.0117330258), 0.6087986787, 3.691767694370),
    (Structure.UNSTRUCTURED, "ML", (-0.3379381151, 0.3448391674), (0.0261445170, 0.0070019982), 0.6992304604, 5.840656884775),
    (Structure.COMPOUND_SYMMETRY, "REML", (-0.3379611557, 0.3635941812), (0.0250204269,), 0.5290409610, 3.310561109744),
])
def test_two_outcomes_agree_with_metafor(structure, method, means, tau2, rho, likelihood):
    found = _pooled(structure=structure, method=method)
    assert [test.estimate for test in found.tests] == pytest.approx(means, rel=1e-6)
    assert found.tau2 == pytest.approx(tau2, rel=1e-5)
    assert found.rho == pytest.approx((rho,), rel=1e-5)
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-9)


def test_the_order_of_effects_does_not_matter():
    order = np.random.default_rng(1).permutation(10)
    mixed = _pooled(yi=np.array(EFFECTS)[order], sampling=_sampling()[np.ix_(order, order)],
                    studies=[TRIALS[i] for i in order], outcomes=[OUTCOMES[i] for i in order])
    assert mixed.tau2 == pytest.approx(_pooled().tau2, rel=1e-7)


@pytest.mark.parametrize(("options", "said"), [
    ({"outcomes": ["PD"] * 10}, "needs two of each"),
    ({"studies": ["A"] * 4 + TRIALS[4:]}, "A has 2 effects for AL"),
    ({"sampling": np.zeros((10, 10))}, "positive definite"),
    ({"method": "DL"}, "There are: REML, ML"),
    ({"studies": list("abcdefghij")}, "No study has both AL and PD"),
])
def test_what_cannot_be_fitted_is_said(options, said):
    with pytest.raises(SynthesisError, match=said):
        _pooled(**options)

"""Numbers of the synthesis that neither a unit test nor a golden figure held: `./perennial bench mutants --part synthesis` found them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.methods.synthesis import tables
from bot.methods.synthesis.options import Prediction
from bot.methods.synthesis.prediction import degrees_of_prediction


def test_yules_q_and_its_variance_by_hand() -> None:
    # 10 of 30 against 5 of 45: odds ratio 4, Q = 3/5, its variance ¼ (1 - Q²)² (1/10 + 1/20 + 1/5 + 1/40). Source: Yule 1912.
    yi, vi = tables._yule_q(*(np.array([float(count)]) for count in (10, 20, 5, 40)))
    assert yi[0] == pytest.approx(0.6) and vi[0] == pytest.approx(0.25 * 0.64**2 * 0.375)


@pytest.mark.parametrize(("prediction", "k", "degrees"), [(Prediction.T_K_MINUS_1, 10, 9), (Prediction.T_K_MINUS_2, 10, 8),
                                                          (Prediction.T_K_MINUS_2, 2, 1), (Prediction.NORMAL, 10, None)])
def test_the_degrees_of_freedom_of_a_prediction_are_those_that_its_name_says(prediction: Prediction, k: int, degrees: int | None) -> None:
    assert degrees_of_prediction(prediction, k) == degrees

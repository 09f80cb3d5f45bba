"""Prediction intervals: where the true effect of a new study is expected. For the mean: intervals.py."""

from __future__ import annotations

import math

from bot.methods.synthesis.distributions import two_sided_quantile
from bot.methods.synthesis.options import Prediction


def degrees_of_prediction(prediction: Prediction, k: int) -> float | None:
    """Return the degrees of freedom that a prediction interval of k studies takes, at least 1; None for the normal."""
    if prediction is Prediction.NORMAL:
        return None
    return float(max(1, k - (1 if prediction is Prediction.T_K_MINUS_1 else 2)))


def prediction_interval(
    *, estimate: float, se: float, tau2: float, k: int, prediction: Prediction, level: float
) -> tuple[float, float]:
    """Return estimate ± quantile · sqrt(tau2 + se²), in units of the effects.

    Source: Higgins, Thompson & Spiegelhalter 2009 with k - 2, IntHout et al. 2016; k - 1 as in metafor with the Knapp-Hartung test.
    """
    margin = two_sided_quantile(level, degrees_of_prediction(prediction, k)) * math.sqrt(tau2 + se * se)
    return estimate - margin, estimate + margin

"""The choices of a synthesis by name, as the protocol writes them. What each does: pooling.py, intervals.py, prediction.py.

An estimator that is added as a file under estimators/ is chosen by its NAME; it needs no line here.
"""

from __future__ import annotations

from enum import StrEnum


class Tau2(StrEnum):
    """Estimators of the variance between studies. Each is one file under estimators/."""

    COMMON = "EE"
    DERSIMONIAN_LAIRD = "DL"
    HEDGES = "HE"
    HUNTER_SCHMIDT = "HS"
    HUNTER_SCHMIDT_SMALL_SAMPLE = "HSk"
    SIDIK_JONKMAN = "SJ"
    ML = "ML"
    REML = "REML"
    EMPIRICAL_BAYES = "EB"
    PAULE_MANDEL = "PM"
    PAULE_MANDEL_MEDIAN = "PMM"


class Interval(StrEnum):
    """Tests and confidence intervals for the mean."""

    WALD = "wald"
    T = "t"
    KNAPP_HARTUNG = "knapp-hartung"
    KNAPP_HARTUNG_MAX1 = "knapp-hartung-max1"


class Prediction(StrEnum):
    """Prediction intervals: the quantile that stands before sqrt(tau2 + se²)."""

    T_K_MINUS_1 = "t(k-1)"
    T_K_MINUS_2 = "t(k-2)"
    NORMAL = "normal"

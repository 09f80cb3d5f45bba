"""Probabilities, where there is ground for them: from records that were read at random, and only with enough relevant ones among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

LEAST_RELEVANT = 20
BINS = 5


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """One fifth of the records by score: how many, the mean probability that was said, and the share that was relevant."""

    records: int
    said: float
    seen: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic calibration of scores (Platt 1999). bins: said against seen on the very records it was fitted to."""

    slope: float
    intercept: float
    bins: tuple[CalibrationBin, ...]

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the probability of being relevant per score, shape (n,)."""
        return 1 / (1 + np.exp(-(self.slope * np.asarray(scores, dtype=float) + self.intercept)))


def calibrate(scores: np.ndarray, relevant: np.ndarray) -> Calibration | None:
    """Return the calibration by records read at random, or None with fewer than 20 relevant or no irrelevant ones among them.

    scores: shape (n,), of a model that did not know these labels; relevant: shape (n,), bool. A calibration that runs the wrong way
    (higher scores, fewer relevant) is none either.
    """
    if int(relevant.sum()) < LEAST_RELEVANT or bool(relevant.all()):
        return None
    model = LogisticRegression(C=1e6).fit(scores[:, None], relevant)
    slope, intercept = float(model.coef_[0, 0]), float(np.ravel(model.intercept_)[0])
    if slope <= 0:
        return None
    said = Calibration(slope, intercept, ()).probabilities(scores)
    parts = np.array_split(np.argsort(scores, kind="stable"), BINS)
    bins = tuple(CalibrationBin(len(part), float(said[part].mean()), float(relevant[part].mean())) for part in parts if len(part))
    return Calibration(slope, intercept, bins)

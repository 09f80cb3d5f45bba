"""A cut-off with a promise, or none, from how a review's past ranked its own later part. When reading may stop: bot/methods/screening.

Each slice of the past is scored by a model of what came before it, and its scores are standardised over the slice, so that a drift
of the scores as a whole does not move the cut-off. With too few relevant records scored that way there is no cut-off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from classifiers.active import standardised

FIRST_SHARE = 0.3
SLICES = 7
LEAST_RELEVANT_TO_TRAIN = 5

Scorer = Callable[[slice, slice], np.ndarray]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Above what standardised score a record is shown, and what that rests on.

    at: None where no cut-off can be promised; then everything is offered, best first, and `reason` says why. checked: relevant records
    of the past that were scored before their label was known; lost: how many of them the cut-off would have lost.
    """

    at: float | None
    target: float
    confidence: float
    checked: int
    lost: int
    reason: str

    def shown(self, scores: np.ndarray) -> np.ndarray:
        """Return which records of one batch are shown, shape (n,), bool. scores: the model's, of the whole batch."""
        if self.at is None:
            return np.ones(len(scores), dtype=bool)
        return standardised(scores) >= self.at


def choose_cutoff(relevant_scores: Sequence[float], *, target: float = 0.95, confidence: float = 0.5) -> Cutoff:
    """Return the highest cut-off whose lower bound on recall (Clopper-Pearson 1934, one-sided) reaches the target.

    relevant_scores: standardised scores of relevant records that were scored before their label was known. target, confidence: 0 to 1.
    """
    ordered = np.sort(np.asarray(relevant_scores, dtype=float))
    count = len(ordered)
    allowed = -1
    while allowed + 1 < count and beta.ppf(1 - confidence, count - allowed - 1, allowed + 2) >= target:
        allowed += 1
    if allowed < 0:
        return Cutoff(None, target, confidence, count, 0,
                      f"{count} relevant records of the past were scored ahead; a cut-off for {target:.0%} recall needs more of them")
    return Cutoff(float(ordered[allowed]), target, confidence, count, allowed,
                  f"{count - allowed} of {count} relevant records of the past, scored ahead, lie at or above it")


def scored_ahead(labels: np.ndarray, score: Scorer) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised scores of the later 70 % of the decisions, each slice scored by what came before it, and their labels.

    labels: shape (n,), bool, in the order in which the records appeared. score: (what to learn from, what to score) → scores of the
    latter. Slices before which fewer than five relevant records lie are passed over; both arrays may be empty.
    """
    edges = np.linspace(FIRST_SHARE, 1.0, SLICES + 1) * len(labels)
    scores, known = [np.zeros(0)], [np.zeros(0, dtype=bool)]
    for start, end in zip(edges[:-1].astype(int), edges[1:].astype(int), strict=True):
        if end - start < 2 or not LEAST_RELEVANT_TO_TRAIN <= int(labels[:start].sum()) < start:
            continue
        scores.append(standardised(score(slice(0, start), slice(start, end))))
        known.append(labels[start:end])
    return np.concatenate(scores), np.concatenate(known)

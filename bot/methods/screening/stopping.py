"""When reading from the top of a ranking may stop: a stated statistical rule, from the records read so far alone. Bounds: recall_bound.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.errors import InvalidInputError

DECAYS = np.geomspace(1e-3, 1e3, 241)
TARGET = 0.95
MANY_INCLUSIONS = 40


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """least: which share is read in any case; confidence: with which probability the recall target must be reached for reading to stop."""

    least: float
    confidence: float


def rule_for(past_inclusions: int) -> StoppingRule:
    """Return the rule for a review that knows so many relevant records: with few, the ranking is poor, and its first hits promise too much.

    Fitted to a handful of hits the process would stop at once, so that a share is read in any case. Chosen by measurement: docs/adr/0602.
    """
    return StoppingRule(0.2, 0.9) if past_inclusions >= MANY_INCLUSIONS else StoppingRule(0.5, 0.99)


@dataclass(frozen=True, slots=True)
class StoppingState:
    """read, found: so far. expected_left: relevant records that are expected among the unread. may_stop: the promise holds.

    probability: that the recall target is reached if reading stops here, under the fitted process.
    """

    read: int
    found: int
    expected_left: float
    probability: float
    may_stop: bool


def poisson_stop(labels: Sequence[bool], *, total: int, target: float = 0.95, confidence: float = 0.9) -> StoppingState:
    """Return whether reading may stop after these labels, in the order read from the top of the ranking.

    Relevant records are taken to come as a Poisson process whose rate decays exponentially along the ranking, fitted by maximum
    likelihood to the ranks at which they came. It stops when, with probability ≥ confidence, no more are left than keep recall at
    target. Never before one was found. total ≥ len(labels) ≥ 1; target and confidence between 0 and 1. Source: the counting process
    of Sneyd & Stevenson 2019 (doi:10.18653/v1/D19-1351), exponential rate.
    """
    if not 0 < len(labels) <= total:
        raise InvalidInputError(f"{len(labels)} labels of {total} records: at least one must be read, and no more than there are")
    read = len(labels)
    ranks = np.flatnonzero(np.asarray(labels, dtype=bool)) + 0.5
    found = len(ranks)
    if read == total:
        return StoppingState(read, found, 0.0, 1.0, may_stop=True)
    if found == 0:
        return StoppingState(read, 0, float("nan"), 0.0, may_stop=False)
    from scipy.stats import poisson  # 50 MB: only where it is asked for

    left = _expected_left(ranks, read, total)
    probability = float(poisson.cdf(int(found / target - found + 1e-9), left))
    return StoppingState(read, found, left, probability, may_stop=probability >= confidence)


def _expected_left(ranks: np.ndarray, read: int, total: int) -> float:
    """Return the mean number left, at the decay that makes the ranks most likely. Decay is per stretch read, so no scale matters."""
    places = ranks / read
    likelihood = len(places) * (np.log(DECAYS) - np.log1p(-np.exp(-DECAYS))) - DECAYS * places.sum()
    decay = DECAYS[int(np.argmax(likelihood))]
    end = total / read
    return float(len(places) * (np.exp(-decay) - np.exp(-decay * end)) / -np.expm1(-decay))

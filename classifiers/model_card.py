"""What is to be known of one trained model: what it learnt from, how well it ranked its own past, and what it may not be used for.

Numbers come from scoring ahead (thresholds.py): each slice of the past by a model of what came before it, never from what it learnt on.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import beta, norm

from classifiers.calibration import Calibration
from classifiers.documents import Labelled
from classifiers.features import lacks_abstract
from classifiers.thresholds import Cutoff, choose_cutoff, scored_ahead
from classifiers.trained import TrainedModel, learn


@dataclass(frozen=True, slots=True)
class Share:
    """A value between 0 and 1 with its two-sided 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """model, data: SHA-256. scored_ahead: records of the past that were scored before their label was known; auc_ahead: None where too few.

    recall_ahead: which share of the relevant ones among them the cut-off would have kept (Clopper-Pearson 1934), None without a cut-off.
    drift: by how many standard deviations the mean score of the newest records lies above that of the ones before, None without new ones.
    """

    model: str
    data: str
    relevant: int
    irrelevant: int
    without_abstract: float
    scored_ahead: int
    relevant_ahead: int
    auc_ahead: Share | None
    cutoff: Cutoff
    calibration: Calibration | None
    drift: float | None
    recall_ahead: Share | None = None

    def as_json(self) -> str:
        """Return the card as JSON with sorted keys, the same card always as the same bytes."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)


def write_card(model: TrainedModel, labelled: Sequence[Labelled], *, seed: int, target: float = 0.95, calibration: Calibration | None = None,
               newest: np.ndarray | None = None, before: np.ndarray | None = None) -> ModelCard:
    """Return the card of a model trained on these decisions, in the order in which the records appeared.

    newest, before: the model's scores of this month's and of the earlier records, shape (n,) each, for drift.
    """
    documents = [one.document for one in labelled]
    rows, bare = model.space.transform(documents).rows, lacks_abstract(documents)
    labels = np.array([one.label > 0.5 for one in labelled], dtype=bool)
    weights = np.array([one.weight for one in labelled])

    def score(known: slice, asked: slice) -> np.ndarray:
        earlier = learn(model.space, csr_matrix(rows[known]), labels[known], bare[known], weights[known], seed=seed)
        return earlier.score_rows(csr_matrix(rows[asked]), bare[asked])

    scores, ahead = scored_ahead(labels, score)
    cutoff = choose_cutoff(scores[ahead].tolist(), target=target)
    return ModelCard(model.digest, data_digest(labelled), model.relevant, model.irrelevant, model.bare, len(ahead), int(ahead.sum()),
                     auc_with_interval(scores, ahead), cutoff, calibration, _drift(newest, before), _kept(cutoff))


def data_digest(labelled: Sequence[Labelled]) -> str:
    """Return the SHA-256 over decisions and texts, in their order."""
    return hashlib.sha256(json.dumps([asdict(one) for one in labelled], sort_keys=True).encode()).hexdigest()


def auc_with_interval(scores: np.ndarray, relevant: np.ndarray) -> Share | None:
    """Return the area under the ROC curve and its 95 % interval (Hanley & McNeil 1982), or None unless both kinds are there."""
    kept, others = int(relevant.sum()), int((~relevant).sum())
    if not kept or not others:
        return None
    order = np.sort(scores)
    ranks = (np.searchsorted(order, scores, "left") + np.searchsorted(order, scores, "right") + 1) / 2
    area = float((ranks[relevant].sum() - kept * (kept + 1) / 2) / (kept * others))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (kept - 1) * (first - area**2) + (others - 1) * (second - area**2)) / (kept * others)
    half = float(norm.ppf(0.975)) * math.sqrt(max(variance, 0.0))
    return Share(area, max(0.0, area - half), min(1.0, area + half))


def _kept(cutoff: Cutoff) -> Share | None:
    if cutoff.at is None:
        return None
    kept, lost = cutoff.checked - cutoff.lost, cutoff.lost
    low = float(beta.ppf(0.025, kept, lost + 1)) if kept else 0.0
    return Share(kept / cutoff.checked, low, float(beta.ppf(0.975, kept + 1, lost)) if lost else 1.0)


def _drift(newest: np.ndarray | None, before: np.ndarray | None) -> float | None:
    if newest is None or before is None or not len(newest) or len(before) < 2 or not before.std():
        return None
    return float((newest.mean() - before.mean()) / before.std())

"""The order in which one person reads on, learnt anew after each of that person's votes; what was ranked before speaks less and less.

A month's ranking from everything decided: relevance.py. With thousands of records in one similarity matrix, for simulations: active.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from classifiers.active import PRIOR_STRENGTH, standardised
from classifiers.documents import Document, Labelled
from classifiers.features import Detail, FeatureSpace, lacks_abstract
from classifiers.trained import learn


def reading_order(documents: Sequence[Document], ranked: Sequence[float], voted: Sequence[Labelled], *, seed: int) -> list[int]:
    """Return the places of the documents, the best to read now first; equal ones in their order.

    ranked: the month's score of each document, shape (n,); its weight is 20/(20 + relevant votes), in standard deviations. voted: one
    person's votes so far; with votes of one kind alone, or texts without words, the order is that of the month's scores.
    """
    if not documents:
        return []
    before = standardised(np.asarray(ranked, dtype=float))
    labels = np.array([one.label > 0.5 for one in voted], dtype=bool)
    scores = before
    if labels.any() and not labels.all():
        try:
            scores = _learnt(documents, voted, labels, seed) + PRIOR_STRENGTH / (PRIOR_STRENGTH + int(labels.sum())) * before
        except ValueError:  # none of the texts has a word
            scores = before
    return np.argsort(-np.round(scores, 9), kind="stable").tolist()


def _learnt(documents: Sequence[Document], voted: Sequence[Labelled], labels: np.ndarray, seed: int) -> np.ndarray:
    texts = [*(one.document for one in voted), *documents]
    space = FeatureSpace(Detail.LEAN)
    rows, bare, known = space.fit_transform(texts).rows, lacks_abstract(texts), len(voted)
    weights = np.array([one.weight for one in voted])
    model = learn(space, csr_matrix(rows[:known]), labels, bare[:known], weights, seed=seed)
    return standardised(model.score_rows(csr_matrix(rows[known:]), bare[known:]))

"""Scores for one feed and many reviews at once: words are counted once per record, and every review is one or a few columns of weights.

A score rests on its own record and the review's columns alone, never on what stands beside it, so that the feed may be cut anywhere.
Words are hashed to places (no vocabulary to carry), so a review's columns are 1 MiB each. A month's reading order: relevance.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from classifiers.documents import Document, Labelled
from classifiers.errors import NothingToRankError
from classifiers.features import MOST_CHARACTERS

PLACES = 2**18
COST = 1.0
COUNTER = HashingVectorizer(n_features=PLACES, alternate_sign=False, norm=None,  # pyright: ignore[reportArgumentType]
                            dtype=np.float32, stop_words=sorted(ENGLISH_STOP_WORDS))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class BulkModel:
    """One review's columns. weights: shape (PLACES, columns), float32; intercept is added after.

    basis: `warm` (one column, learnt from decisions: a margin) or `cold` (one column for each thing asked for: the mean of the roots of
    the cosines).
    """

    name: str
    basis: str
    weights: np.ndarray
    intercept: float

    @property
    def digest(self) -> str:
        """The SHA-256 over name, basis and weights."""
        said = f"{self.name}:{self.basis}:{self.intercept!r}:{self.weights.shape}:".encode()
        return hashlib.sha256(said + np.ascontiguousarray(self.weights, "<f4").tobytes()).hexdigest()


def bulk_model(name: str, *, question: Sequence[str], labelled: Sequence[Labelled], seed: int) -> BulkModel:
    """Return the model of a review: from its decisions, or, while there are none of both kinds, from the question alone.

    Raises NothingToRankError if neither has a word.
    """
    labels = np.array([one.label > 0.5 for one in labelled], dtype=bool)
    if labels.any() and not labels.all():
        rows = word_rows([one.document.body for one in labelled])
        if rows.nnz:
            return _learnt(name, rows, labels, np.array([one.weight for one in labelled]), seed)
    asked = word_rows([text for text in question if text.strip()])
    if not asked.nnz:
        raise NothingToRankError(f"{name}: neither its decisions nor its protocol's criteria have a word to score by")
    return BulkModel(name, "cold", np.asarray(asked.todense(), dtype=np.float32).T.copy(), 0.0)


def word_rows(texts: Sequence[str]) -> csr_matrix:
    """Return one row of length 1 per text (0 for a text without words), shape (n, PLACES), float32: the logarithms of how often words stand."""
    if not texts:
        return csr_matrix((0, PLACES), dtype=np.float32)
    rows = csr_matrix(COUNTER.transform([text[:MOST_CHARACTERS] for text in texts]))
    rows.data = 1 + np.log(rows.data)
    return csr_matrix(normalize(rows, copy=False))


class BulkScorer:
    """All reviews' columns side by side."""

    def __init__(self, models: Sequence[BulkModel]) -> None:
        self.models = tuple(models)
        self._columns = np.ascontiguousarray(np.hstack([one.weights for one in models]), dtype=np.float32)
        self._begins = np.cumsum([0, *(one.weights.shape[1] for one in models)])

    def score(self, documents: Sequence[Document]) -> np.ndarray:
        """Return a score for each document and review, shape (n, reviews), float32; −inf for a document without words."""
        return self.score_texts([one.body for one in documents])

    def score_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return what `score` returns, for the texts that `Document.body` gives."""
        rows = word_rows(texts)
        found = np.asarray(rows @ self._columns)
        scores = np.empty((len(texts), len(self.models)), dtype=np.float32)
        for place, model in enumerate(self.models):
            columns = found[:, self._begins[place]:self._begins[place + 1]]
            scores[:, place] = columns[:, 0] + model.intercept if model.basis == "warm" else np.sqrt(np.maximum(columns, 0)).mean(axis=1)
        # A record without a word is not irrelevant: it stands apart, and is counted.
        scores[np.diff(rows.indptr) == 0] = -np.inf
        return scores


def _learnt(name: str, rows: csr_matrix, labels: np.ndarray, weights: np.ndarray, seed: int) -> BulkModel:
    # Rare words count for more (inverse document frequency), by weights of the columns: then scoring need not know them.
    seen = np.bincount(rows.indices, minlength=PLACES)
    rarity = np.log((1 + len(labels)) / (1 + seen)) + 1
    model = LogisticRegression(class_weight="balanced", C=COST, max_iter=1000, random_state=seed)
    model.fit(csr_matrix(rows.multiply(rarity / 5.0)), labels, sample_weight=weights)
    column = (model.coef_[0] * rarity / 5.0).astype(np.float32)
    return BulkModel(name, "warm", column[:, None], float(np.float32(np.ravel(model.intercept_)[0])))

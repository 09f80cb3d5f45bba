"""A model learnt from all decisions at once: trained monthly, stored, applied to what is new. While people decide: active.py.

Class-balanced logistic regression on words, pieces of words and the title, and the likeness to the nearest relevant records
(examples.py). Records without an abstract are put lower by one standard deviation: few of them turn out relevant, and their short text would
otherwise make extreme scores (docs/adr/0602).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifiers.documents import Document, Labelled
from classifiers.errors import NothingToRankError, TooLittleToLearnError
from classifiers.examples import Examples, gather
from classifiers.features import Detail, FeatureSpace, lacks_abstract

COST = 1.0
WITHOUT_ABSTRACT = 1.0
OF_EXAMPLES = 0.7
LEAST_WORDS = 3
# Beyond these many decisions pieces of words take longer than the five seconds that a month's ranking may take.
MOST_PIECED = 4_000


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """space: the columns. weights: shape (columns,); intercept. spread: standard deviation of the scores of what it learnt from.

    relevant, irrelevant: how many decisions of each kind it knew. bare: which share of them had no abstract. examples: the relevant ones.
    """

    space: FeatureSpace
    weights: np.ndarray
    intercept: float
    spread: float
    relevant: int
    irrelevant: int
    bare: float
    examples: Examples

    def score(self, documents: Sequence[Document]) -> np.ndarray:
        """Return a score per document, shape (n,), higher is more relevant; they order and are no probabilities."""
        if not documents:
            return np.zeros(0)
        return self.score_rows(self.space.transform(documents).rows, lacks_abstract(documents))

    def can_read(self, documents: Sequence[Document]) -> np.ndarray:
        """Return which documents have words enough that the model knows, shape (n,), bool; a score says nothing of the others."""
        if not documents:
            return np.zeros(0, dtype=bool)
        return self.space.transform(documents).known_words() >= LEAST_WORDS

    def score_rows(self, rows: csr_matrix, bare: np.ndarray) -> np.ndarray:
        """Return the scores of rows of this model's space, shape (n,). bare: which of them have no abstract, shape (n,), bool."""
        margins = np.asarray(rows @ self.weights).ravel() + self.intercept
        # Against the share it learnt from: where most records have no abstract, that says little.
        return np.round(margins / self.spread + OF_EXAMPLES * self.examples.likeness(rows) - WITHOUT_ABSTRACT * (bare - self.bare), 9)

    @property
    def digest(self) -> str:
        """The SHA-256 over columns and weights: the model's name."""
        said = np.array([*self.weights, self.intercept, self.spread, self.bare], "<f8").tobytes()
        rows = self.examples.rows
        if rows.get_shape()[0]:
            said += np.array([self.examples.mean, self.examples.spread], "<f8").tobytes()
            said += rows.data.astype("<f4").tobytes() + rows.indices.astype("<i8").tobytes() + rows.indptr.astype("<i8").tobytes()
        return hashlib.sha256(said + self.space.digest.encode()).hexdigest()


def train(labelled: Sequence[Labelled], *, seed: int, detail: Detail | None = None) -> TrainedModel:
    """Return the model of these decisions; the same decisions in the same order and the same seed give the same bytes.

    detail: which features; None: the richest that the number of decisions leaves time for. Raises TooLittleToLearnError with decisions
    of one kind alone, NothingToRankError where none of the documents has a word.
    """
    documents = [one.document for one in labelled]
    chosen = detail or (Detail.PIECED if len(documents) <= MOST_PIECED else Detail.LEAN)
    try:
        space = FeatureSpace(chosen)
        rows = space.fit_transform(documents).rows
    except ValueError as error:
        raise NothingToRankError(f"none of the {len(documents)} decided documents has words to learn from") from error
    labels, weights = np.array([one.label > 0.5 for one in labelled], dtype=bool), np.array([one.weight for one in labelled])
    return learn(space, rows, labels, lacks_abstract(documents), weights, seed=seed)


def learn(space: FeatureSpace, rows: csr_matrix, labels: np.ndarray, bare: np.ndarray, weights: np.ndarray, *, seed: int) -> TrainedModel:
    """Return the model of these rows of the space, as `train` does: labels, bare: shape (n,), bool; weights: shape (n,), > 0."""
    relevant, irrelevant = int(labels.sum()), int((~labels).sum())
    if not relevant or not irrelevant:
        raise TooLittleToLearnError(f"{relevant} relevant and {irrelevant} irrelevant decisions; at least one of each is needed to learn from")
    model = LogisticRegression(class_weight="balanced", C=COST, max_iter=1000, random_state=seed)
    model.fit(rows, labels, sample_weight=weights)
    margins = model.decision_function(rows)
    return TrainedModel(space, model.coef_[0].astype(np.float64), float(np.ravel(model.intercept_)[0]), float(margins.std()) or 1.0,
                        relevant, irrelevant, float(bare.mean()), gather(rows, labels))

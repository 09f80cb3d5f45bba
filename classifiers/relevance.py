"""Relevance by words: from the question alone while nobody has decided anything, then from decisions, with the question as a prior.

Cold: mean cosine between the TF-IDF of a document and of each text of the question. Warm: class-balanced logistic regression on the same
features; the cold order weighs 20/(20 + relevant decisions). Cut-offs: not here; a ranker orders.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifiers.documents import Document, Labelled, Ranking
from classifiers.errors import NothingToRankError

MOST_REASONS = 8
PRIOR_STRENGTH = 20.0
PARAMETERS = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 1, "stop_words": "english", "strip_accents": "unicode"}
DECIMALS = 12


class Relevance:
    """The ranker `relevance`."""

    name = "relevance"

    def rank(self, documents: list[Document], *, question: list[str], labelled: list[Labelled], seed: int) -> Ranking:
        """Return a score for each document; see classifiers/documents.py. Raises NothingToRankError if nothing has words."""
        if not documents:
            return Ranking((), "cold", 0, (), self._fingerprint([], question, labelled, seed))
        texts = [one.text for one in documents]
        known = [one.document.text for one in labelled]
        vectorizer = TfidfVectorizer(**PARAMETERS)
        try:
            vectorizer.fit([*texts, *known, *question])
        except ValueError as error:
            raise NothingToRankError(f"none of the {len(texts)} documents has words to rank by") from error
        names = vectorizer.get_feature_names_out()
        features = csr_matrix(vectorizer.transform(texts))
        weights = np.zeros(len(names))
        if question:
            weights = np.asarray(csr_matrix(vectorizer.transform(question)).mean(axis=0)).ravel()
        basis = "cold"
        if {one.label > 0.5 for one in labelled} == {True, False}:
            weights, basis = self._learnt(csr_matrix(vectorizer.transform(known)), labelled, weights, seed), "warm"
        scores: list[float] = np.round(np.asarray(features @ weights), DECIMALS).tolist()
        return Ranking(tuple(scores), basis, len(labelled) if basis == "warm" else 0,
                       _reasons(features, weights, names), self._fingerprint(texts, question, labelled, seed))

    def _learnt(self, features: csr_matrix, labelled: list[Labelled], prior: np.ndarray, seed: int) -> np.ndarray:
        """Return the weights of the words: what decisions say, and what the question says in so far as decisions are few."""
        labels = np.array([one.label > 0.5 for one in labelled])
        model = LogisticRegression(class_weight="balanced", C=3.0, max_iter=2000, random_state=seed)
        model.fit(features, labels, sample_weight=np.array([one.weight for one in labelled]))
        learnt = model.coef_[0]
        share = PRIOR_STRENGTH / (PRIOR_STRENGTH + labels.sum())
        return (1 - share) * _unit(learnt) + share * _unit(prior)

    def _fingerprint(self, texts: list[str], question: list[str], labelled: list[Labelled], seed: int) -> str:
        said = [self.name, {key: str(value) for key, value in PARAMETERS.items()}, PRIOR_STRENGTH, seed, texts, question,
                [astuple(one) for one in labelled]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _unit(weights: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(weights))
    return weights / length if length else weights


def _reasons(features: csr_matrix, weights: np.ndarray, names: np.ndarray) -> tuple[tuple[tuple[str, float], ...], ...]:
    said = []
    for row in range(len(features.indptr) - 1):
        columns = features.indices[features.indptr[row]:features.indptr[row + 1]]
        values = features.data[features.indptr[row]:features.indptr[row + 1]] * weights[columns]
        strongest = sorted(zip(values, columns, strict=True), key=lambda one: (-abs(one[0]), str(names[one[1]])))[:MOST_REASONS]
        said.append(tuple((str(names[column]), round(float(value), 6)) for value, column in strongest if value))
    return tuple(said)

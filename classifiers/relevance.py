"""Relevance by words: from the question alone while nobody has decided anything, then from decisions, with the question as a prior.

Cold: each text of the question is one thing asked for; the mean of the roots of the cosines, so that a record that meets all of them a
little stands above one that meets one of them very well. Where the question asks for trials, a record that says that it is none (a
protocol, a review) is put lower. Warm: the model of trained.py, and the cold order at 20/(20 + relevant decisions).
Cut-offs: thresholds.py; a ranker orders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.active import PRIOR_STRENGTH
from classifiers.controlled_studies import ASKS_FOR_TRIALS, reports_no_results
from classifiers.documents import Document, Labelled, Ranking
from classifiers.errors import NothingToRankError
from classifiers.features import MOST_CHARACTERS
from classifiers.trained import TrainedModel, train

MOST_REASONS = 8
# In standard deviations of the cold scores: what a record is put lower that says it is no report of a trial.
NO_RESULTS = 2.0
PARAMETERS = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 1, "stop_words": "english", "strip_accents": "unicode"}
VERSION = 2
DECIMALS = 9

Reasons = tuple[tuple[str, float], ...]


class Relevance:
    """The ranker `relevance`."""

    name = "relevance"

    def rank(self, documents: list[Document], *, question: list[str], labelled: list[Labelled], seed: int) -> Ranking:
        """Return a score for each document; see classifiers/documents.py. Raises NothingToRankError if nothing has words."""
        model_name = self._fingerprint(documents, question, labelled, seed)
        if not documents:
            return Ranking((), "cold", 0, (), model_name)
        cold, reasons = _cold(documents, question)
        if {one.label > 0.5 for one in labelled} != {True, False}:
            return Ranking(_rounded(cold), "cold", 0, reasons, model_name)
        model = train(labelled, seed=seed)
        share = PRIOR_STRENGTH / (PRIOR_STRENGTH + model.relevant)
        scores = model.score(documents) + share * cold / (float(cold.std()) or 1.0)
        return Ranking(_rounded(scores), "warm", len(labelled), _learnt_reasons(model, documents), model_name)

    def _fingerprint(self, documents: Sequence[Document], question: list[str], labelled: list[Labelled], seed: int) -> str:
        said = [self.name, VERSION, PRIOR_STRENGTH, seed, [_said(one) for one in documents], question,
                [[_said(one.document), one.label, one.weight] for one in labelled]]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _said(document: Document) -> list[object]:
    # By hand: dataclasses.asdict copies every text, seconds for 20,000 decisions.
    return [document.title, document.abstract, document.keywords, document.mesh, document.publication_types, document.journal]


def _cold(documents: Sequence[Document], question: Sequence[str]) -> tuple[np.ndarray, tuple[Reasons, ...]]:
    """Return scores from the question alone, shape (n,), and the words that the documents share with it."""
    texts = [one.text[:MOST_CHARACTERS] for one in documents]
    vectorizer = TfidfVectorizer(**PARAMETERS)
    try:
        rows = csr_matrix(vectorizer.fit([*texts, *question]).transform(texts))
    except ValueError as error:
        raise NothingToRankError(f"none of the {len(texts)} documents has words to rank by") from error
    names = vectorizer.get_feature_names_out()
    if not question:
        return np.zeros(len(texts)), tuple(() for _ in texts)
    asked = csr_matrix(vectorizer.transform(question))
    scores = np.sqrt((rows @ asked.T).toarray()).mean(axis=1)
    reasons = list(_reasons(rows, np.asarray(asked.mean(axis=0)).ravel(), names))
    if any(ASKS_FOR_TRIALS.search(text) for text in question):
        lower = NO_RESULTS * float(scores.std())
        for place, one in enumerate(documents):
            if scores[place] > 0 and reports_no_results(one):
                # Never to 0 or below: it still stands above what shares no word with the question.
                scores[place] = max(scores[place] - lower, scores[place] * 0.1)
    return scores, tuple(reasons)


def _learnt_reasons(model: TrainedModel, documents: Sequence[Document]) -> tuple[Reasons, ...]:
    features = model.space.transform(documents)
    named = np.where(features.terms != "", model.weights, 0.0)
    return tuple(_reasons(features.rows, named / model.spread, features.terms))


def _rounded(scores: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(scores, DECIMALS).tolist())


def _reasons(rows: csr_matrix, weights: np.ndarray, names: np.ndarray) -> list[Reasons]:
    said = []
    for row in range(len(rows.indptr) - 1):
        columns = rows.indices[rows.indptr[row]:rows.indptr[row + 1]]
        values = rows.data[rows.indptr[row]:rows.indptr[row + 1]] * weights[columns]
        # A word of the title is a column twice: by itself, and among all words.
        summed: dict[str, float] = {}
        for value, column in zip(values.tolist(), columns.tolist(), strict=True):
            if value:
                summed[str(names[column])] = summed.get(str(names[column]), 0.0) + value
        strongest = sorted(summed.items(), key=lambda one: (-abs(one[1]), one[0]))[:MOST_REASONS]
        said.append(tuple((term, round(value, 6)) for term, value in strongest))
    return said

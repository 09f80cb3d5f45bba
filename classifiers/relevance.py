"""Relevance by words: from the question alone while nobody has decided anything, then from decisions, with the question as a prior.

Cold: each text of the question is one thing asked for; the mean of the roots of the cosines, so that a record that meets all of them a
little stands above one that meets one of them very well. Where the question asks for trials, a record that says that it is none (a
protocol, a review) is put lower. Studies that are known to be relevant, and nothing else yet, are asked for as well: the mean of the roots of
the cosines with them, at half weight. Warm: the model of trained.py, and the cold order at 20/(20 + relevant decisions). What other reviews'
decisions say is added to the cold order (docs/adr/0604). Cut-offs: thresholds.py; a ranker orders.
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
from classifiers.errors import NothingToRankError, TooLittleToLearnError
from classifiers.features import MOST_CHARACTERS
from classifiers.priors import OtherReview, PriorLibrary
from classifiers.trained import TrainedModel, train

MOST_REASONS = 8
# In standard deviations of the cold scores: what a record is put lower that says it is no report of a trial.
NO_RESULTS = 2.0
# The same, for standard deviations of the likeness to known studies and of what other reviews say.
OF_KNOWN_STUDIES = 0.5
OF_OTHER_REVIEWS = 0.3
PARAMETERS = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 1, "stop_words": "english", "strip_accents": "unicode"}
VERSION = 3
DECIMALS = 9

Reasons = tuple[tuple[str, float], ...]


class Relevance:
    """The ranker `relevance`."""

    name = "relevance"

    def rank(self, documents: list[Document], *, question: list[str], labelled: list[Labelled], seed: int,
             others: Sequence[OtherReview] = ()) -> Ranking:
        """Return a score for each document; see classifiers/documents.py. Raises NothingToRankError if nothing has words."""
        model_name = self._fingerprint(documents, question, labelled, seed, others)
        if not documents:
            return Ranking((), "cold", 0, (), model_name)
        is_warm = {one.label > 0.5 for one in labelled} == {True, False}
        known = [] if is_warm else [one.document for one in labelled if one.label > 0.5]
        cold, reasons = _cold(documents, question, known)
        prior, names = _of_others(documents, others, labelled, seed)
        if not is_warm:
            return Ranking(_rounded(cold + (float(cold.std()) or 1.0) * prior), "cold", len(known), reasons, model_name, names)
        model = train(labelled, seed=seed)
        share = PRIOR_STRENGTH / (PRIOR_STRENGTH + model.relevant)
        scores = model.score(documents) + share * (cold / (float(cold.std()) or 1.0) + prior)
        return Ranking(_rounded(scores), "warm", len(labelled), _learnt_reasons(model, documents), model_name, names)

    def _fingerprint(self, documents: Sequence[Document], question: list[str], labelled: list[Labelled], seed: int,
                     others: Sequence[OtherReview]) -> str:
        said = [self.name, VERSION, PRIOR_STRENGTH, seed, [_said(one) for one in documents], question,
                [[_said(one.document), one.label, one.weight] for one in labelled],
                [[one.name, [_said(document) for document in one.documents], one.relevant.tolist()] for one in others]]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _said(document: Document) -> list[object]:
    # By hand: dataclasses.asdict copies every text, seconds for 20,000 decisions.
    return [document.title, document.abstract, document.keywords, document.mesh, document.publication_types, document.journal]


def _of_others(documents: Sequence[Document], others: Sequence[OtherReview], labelled: Sequence[Labelled],
               seed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return what other reviews' decisions say, shape (n,), in standard deviations, and which reviews those are; zeros where none can teach."""
    try:
        prior = PriorLibrary(others).prior(without="", held=[*documents, *(one.document for one in labelled)], seed=seed)
    except TooLittleToLearnError:
        return np.zeros(len(documents)), ()
    return OF_OTHER_REVIEWS * prior.score(documents), prior.reviews


def _cold(documents: Sequence[Document], question: Sequence[str], known: Sequence[Document]) -> tuple[np.ndarray, tuple[Reasons, ...]]:
    """Return scores from the question and known studies alone, shape (n,), ≥ 0, and the words that the documents share with them."""
    texts = [one.text[:MOST_CHARACTERS] for one in documents]
    studies = [one.text[:MOST_CHARACTERS] for one in known]
    vectorizer = TfidfVectorizer(**PARAMETERS)
    try:
        rows = csr_matrix(vectorizer.fit([*texts, *question, *studies]).transform(texts))
    except ValueError as error:
        raise NothingToRankError(f"none of the {len(texts)} documents has words to rank by") from error
    scores, weights = np.zeros(len(texts)), np.zeros(rows.get_shape()[1])
    for asked, share in ((question, 1.0), (studies, OF_KNOWN_STUDIES)):
        if asked:
            wanted = csr_matrix(vectorizer.transform(asked))
            like = np.sqrt((rows @ wanted.T).toarray()).mean(axis=1)
            # In standard deviations of the question's scores, where there are such.
            scale = share * (float(scores.std()) or 1.0) / (float(like.std()) or 1.0) if scores.any() else 1.0
            scores, weights = scores + scale * like, weights + scale * np.asarray(wanted.mean(axis=0)).ravel()
    reasons = list(_reasons(rows, weights, vectorizer.get_feature_names_out()))
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

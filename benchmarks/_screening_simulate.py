"""Screening simulated: one relevant and one irrelevant record known, the best record shown next, learnt from after every label."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks._screening_data import LabelledReview, order_metrics
from classifiers.active import ActiveRanker
from classifiers.errors import TooLittleToLearnError
from classifiers.features import Detail, FeatureSpace
from classifiers.neighbours import smoothed
from classifiers.priors import PriorLibrary


class Corpus:
    """What is learnt from texts of all reviews at hand, without labels, and the library of the others' labels."""

    def __init__(self, reviews: Sequence[LabelledReview], *, left_out: Sequence[str] = ()) -> None:
        started = time.perf_counter()
        self._common = FeatureSpace(Detail.COMMON).fit([document for review in reviews for document in review.documents])
        try:
            self._library = PriorLibrary([review.as_other() for review in reviews if review.name not in left_out])
        except TooLittleToLearnError:
            self._library = None
        self.seconds = time.perf_counter() - started

    def similarity(self, review: LabelledReview) -> np.ndarray:
        """Return the mean of the similarities by the review's own words and by common features, smoothed, shape (n, n)."""
        own = FeatureSpace(Detail.OWN).fit(review.documents).transform(review.documents).similarity()
        own += self._common.transform(review.documents).similarity()
        own *= np.float32(0.5)
        return smoothed(own)

    def prior(self, review: LabelledReview, *, seed: int) -> np.ndarray | None:
        """Return what the other reviews say about this one's records, shape (n,), or None where there are no others."""
        if self._library is None:
            return None
        try:
            return self._library.prior(without=review.name, held=review.documents, seed=seed).score(review.documents)
        except TooLittleToLearnError:
            return None


def simulate(review: LabelledReview, corpus: Corpus, *, seeds: int) -> dict[str, float]:
    """Return the means over seeds 1 … seeds of the order's metrics, and the seconds that one run took, features included."""
    started = time.perf_counter()
    similarity, prior = corpus.similarity(review), corpus.prior(review, seed=1)
    prepared = time.perf_counter() - started
    runs = []
    for seed in range(1, seeds + 1):
        started = time.perf_counter()
        runs.append(order_metrics(shown_labels(review.relevant, ActiveRanker(similarity, prior=prior), seed=seed)))
        runs[-1]["seconds"] = prepared + time.perf_counter() - started
    return means(runs)


def shown_labels(relevant: np.ndarray, ranker: ActiveRanker, *, seed: int) -> list[bool]:
    """Return the labels in the order shown, the two known records left out; what follows the last relevant one is all irrelevant."""
    known = known_records(relevant, seed=seed)
    for row in known:
        ranker.decide(row, relevant=bool(relevant[row]))
    shown: list[bool] = []
    missing = int(relevant.sum()) - 1
    while missing:
        row = ranker.next()
        ranker.decide(row, relevant=bool(relevant[row]))
        shown.append(bool(relevant[row]))
        missing -= shown[-1]
    return shown + [False] * (len(relevant) - len(known) - len(shown))


def known_records(relevant: np.ndarray, *, seed: int) -> tuple[int, int]:
    """Return one relevant and one irrelevant row, drawn as ASReview's simulation draws them from the same seed."""
    draw = [np.random.RandomState(seed).choice(np.flatnonzero(relevant == wanted), 1, replace=False) for wanted in (True, False)]
    return int(draw[0][0]), int(draw[1][0])


def means(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each key."""
    return {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}

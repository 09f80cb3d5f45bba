"""What other reviews' decisions say about a record before anybody decided in this one. A prior orders gently; decisions soon outweigh it.

Two linear SVMs on words, standardised and added: one over all other reviews together, each weighing the same, and the mean of one per
review. Records that the review itself holds are taken out of the others first, by their titles. Strength: PRIOR_STRENGTH in active.py.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from classifiers.active import standardised
from classifiers.documents import Document, Labelled
from classifiers.errors import TooLittleToLearnError
from classifiers.features import MOST_CHARACTERS

COST_TOGETHER = 0.1
COST_EACH = 0.01
WEIGHT_EACH = 1000.0
LEAST_RELEVANT = 5


@dataclass(frozen=True, slots=True)
class OtherReview:
    """Another review's decided records. relevant: shape (n,), bool, one per document."""

    name: str
    documents: tuple[Document, ...]
    relevant: np.ndarray


@dataclass(frozen=True, slots=True)
class Prior:
    """weights: shape (columns,) each; `score` applies them. reviews: the names it was learnt from; digest: SHA-256 over the weights."""

    vectorizer: TfidfVectorizer
    together: np.ndarray
    each: tuple[np.ndarray, ...]
    reviews: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 over all weights."""
        return hashlib.sha256(b"".join(weights.astype("<f8").tobytes() for weights in (self.together, *self.each))).hexdigest()

    def score(self, documents: Sequence[Document]) -> np.ndarray:
        """Return a score per document, shape (n,), standardised over these documents; higher: more like what others kept."""
        rows = csr_matrix(self.vectorizer.transform([one.body[:MOST_CHARACTERS] for one in documents]))
        each = np.mean([standardised(np.asarray(rows @ weights)) for weights in self.each], axis=0)
        return standardised(standardised(np.asarray(rows @ self.together)) + standardised(each))


class PriorLibrary:
    """Reviews to learn priors from; texts are turned into numbers once, however many priors are asked for."""

    def __init__(self, reviews: Sequence[OtherReview]) -> None:
        self._reviews = [one for one in reviews if LEAST_RELEVANT <= int(one.relevant.sum()) < len(one.documents)]
        if not self._reviews:
            raise TooLittleToLearnError(
                f"a prior needs another review with at least {LEAST_RELEVANT} relevant records and one that is not; there is none")
        texts = [[document.body[:MOST_CHARACTERS] for document in one.documents] for one in self._reviews]
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", min_df=2).fit([text for part in texts for text in part])
        self._rows = [csr_matrix(self._vectorizer.transform(part)).astype(np.float32) for part in texts]

    def prior(self, *, without: str, held: Collection[Document] = (), seed: int) -> Prior:
        """Return the prior for the review of this name, learnt from the others, less the records that it holds itself.

        Raises TooLittleToLearnError if no other review is left.
        """
        titles = {title_key(one) for one in held}
        parts = []
        for review, rows in zip(self._reviews, self._rows, strict=True):
            keep = [place for place, one in enumerate(review.documents) if title_key(one) not in titles]
            labels = review.relevant[keep]
            if review.name != without and LEAST_RELEVANT <= int(labels.sum()) < len(labels):
                parts.append((review.name, csr_matrix(rows.tocsr()[np.array(keep, dtype=int)]), labels, _balanced(labels)))
        if not parts:
            raise TooLittleToLearnError(f"no other review is left to learn a prior for {without!r} from")
        names, rows, labels, weights = zip(*parts, strict=True)
        shares = np.concatenate(weights)
        together = _learnt(csr_matrix(vstack(rows)), np.concatenate(labels), shares * len(shares) / shares.sum(), COST_TOGETHER, seed)
        each = tuple(_learnt(one, label, weight * WEIGHT_EACH, COST_EACH, seed) for _, one, label, weight in parts)
        return Prior(self._vectorizer, together, each, tuple(names))


def other_review(name: str, labelled: Sequence[Labelled]) -> OtherReview:
    """Return a review's decisions as something to learn a prior from."""
    return OtherReview(name, tuple(one.document for one in labelled), np.array([one.label > 0.5 for one in labelled], dtype=bool))


def title_key(document: Document) -> str:
    """Return the title in small letters without anything but letters and digits."""
    return re.sub(r"\W", "", document.title.lower())


def _balanced(labels: np.ndarray) -> np.ndarray:
    return np.where(labels, 0.5 / labels.sum(), 0.5 / (~labels).sum())


def _learnt(rows: csr_matrix, labels: np.ndarray, weights: np.ndarray, cost: float, seed: int) -> np.ndarray:
    return LinearSVC(C=cost, random_state=seed).fit(rows, labels, sample_weight=weights).coef_[0].astype(np.float64)

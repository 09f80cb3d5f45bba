"""From documents to numbers: words, pairs and pieces of words, the title, topics. What is learnt from them: trained.py, active.py.

Every block is scaled to length 1 per document, so that a long abstract weighs no more than a short one, and then by the root of its
share; the inner product of two documents is the weighted mean of their cosines. What helped and what did not: docs/adr/0601.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from classifiers.documents import Document

SHARES: Mapping[str, float] = {"words": 1.0, "pairs": 1.0, "pieces": 1.0, "title": 0.5, "topics": 0.5}
# Blocks whose columns are words that a person can read.
NAMED = ("words", "pairs", "title")
TOPICS = 200
# Longer texts are books or faults of an import; the first 60,000 characters tell what a record is about.
MOST_CHARACTERS = 60_000
SHORTEST_ABSTRACT = 50


class Detail(enum.Enum):
    """Which blocks. OWN is fitted on the review's own records, COMMON on those of all reviews at hand; their mean similarity orders best.

    PIECED is for one review by itself; LEAN takes some 0.2 ms a document, a tenth of the others: for tens of thousands of decisions.
    """

    OWN = ("words", "pairs")
    COMMON = ("pieces", "title", "topics")
    PIECED = ("words", "pieces", "title")
    LEAN = ("words", "title")


@dataclass(frozen=True, slots=True)
class Features:
    """rows: shape (n, columns), sparse, one row per document. terms: the word of each column that has one, "" for the others."""

    rows: csr_matrix
    terms: np.ndarray

    def known_words(self) -> np.ndarray:
        """Return how many columns with a word each row has, shape (n,): 0 for a text in another language, or for none."""
        named = csr_matrix(self.rows[:, np.flatnonzero(self.terms != "")])
        return np.diff(named.indptr)

    def similarity(self) -> np.ndarray:
        """Return the inner products of all pairs, shape (n, n), float32; 4·n² bytes."""
        return np.asarray((self.rows @ self.rows.T).todense(), dtype=np.float32)


class FeatureSpace:
    """The columns that a set of documents spans. Fitted on texts alone, never on labels."""

    def __init__(self, detail: Detail) -> None:
        self.detail = detail
        self.fitted_on = 0
        self._blocks = detail.value
        self._vectorizers: dict[str, Any] = {}
        self._topics: TruncatedSVD | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 over the vocabulary and its weights."""
        known = hashlib.sha256(repr(self._blocks).encode())
        for block in sorted(self._vectorizers):
            vectorizer = self._vectorizers[block]
            known.update("\n".join(vectorizer.get_feature_names_out()).encode(errors="surrogatepass") + vectorizer.idf_.astype("<f8").tobytes())
        return known.hexdigest()

    def fit(self, documents: Sequence[Document]) -> FeatureSpace:
        """Learn the vocabulary and its weights from these documents. Raises ValueError where none of them has a word."""
        self.fit_transform(documents)
        return self

    def fit_transform(self, documents: Sequence[Document]) -> Features:
        """Fit and return these documents' rows; every text is read once, which is what takes the time."""
        parts: dict[str, csr_matrix] = {}
        self.fitted_on = len(documents)
        for block in self._blocks:
            if block != "topics":
                self._vectorizers[block] = VECTORIZERS[block](len(documents))
                parts[block] = csr_matrix(self._vectorizers[block].fit_transform(_texts(documents, block)))
        if "topics" in self._blocks:
            # Topics need words as their ground even where words are no block of their own.
            self._vectorizers["words"] = _words(len(documents))
            words = csr_matrix(self._vectorizers["words"].fit_transform(_texts(documents, "words")))
            count = min(TOPICS, len(documents) - 1, len(self._vectorizers["words"].vocabulary_) - 1)
            self._topics = TruncatedSVD(count, random_state=1, n_iter=3).fit(words) if count >= 2 else None
            if self._topics is not None:
                parts["topics"] = csr_matrix(normalize(self._topics.transform(words)))
        return self._joined(parts)

    def columns(self) -> dict[str, tuple[list[str], np.ndarray]]:
        """Return per block its words and their weights, in the order of the columns. Raises ValueError if the space has topics."""
        if "topics" in self._blocks:
            raise ValueError("a space with topics is not stored: it is made anew from the texts")
        return {block: (self._vectorizers[block].get_feature_names_out().tolist(), self._vectorizers[block].idf_) for block in self._blocks}

    @classmethod
    def from_columns(cls, detail: Detail, columns: Mapping[str, tuple[Sequence[str], np.ndarray]], *, fitted_on: int) -> FeatureSpace:
        """Return the space that `columns` described."""
        space = cls(detail)
        space.fitted_on = fitted_on
        for block, (words, weights) in columns.items():
            vectorizer = VECTORIZERS[block](fitted_on)
            vectorizer.set_params(vocabulary={word: place for place, word in enumerate(words)})
            vectorizer.idf_ = weights
            space._vectorizers[block] = vectorizer
        return space

    def transform(self, documents: Sequence[Document]) -> Features:
        """Return one row per document, in these columns."""
        parts = {block: csr_matrix(self._vectorizers[block].transform(_texts(documents, block))) for block in self._blocks if block != "topics"}
        if self._topics is not None:
            words = self._vectorizers["words"].transform(_texts(documents, "words"))
            parts["topics"] = csr_matrix(normalize(self._topics.transform(words)))
        return self._joined(parts)

    def _joined(self, parts: Mapping[str, csr_matrix]) -> Features:
        scale = 1.0 / np.sqrt(sum(SHARES[block] for block in self._blocks))
        scaled = [part * float(np.sqrt(SHARES[block]) * scale) for block, part in parts.items()]
        terms = [self._vectorizers[block].get_feature_names_out() if block in NAMED else np.full(part.get_shape()[1], "", dtype=object)
                 for block, part in parts.items()]
        return Features(csr_matrix(hstack(scaled), dtype=np.float32), np.concatenate(terms))


def lacks_abstract(documents: Sequence[Document]) -> np.ndarray:
    """Return for each document whether it has no abstract to speak of, shape (n,), bool."""
    return np.array([len(one.abstract) < SHORTEST_ABSTRACT for one in documents], dtype=bool)


def _texts(documents: Sequence[Document], block: str) -> list[str]:
    return [(one.title if block == "title" else one.body)[:MOST_CHARACTERS] for one in documents]


def _words(count: int) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", min_df=2 if count > 1000 else 1)


def _pairs(count: int) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", ngram_range=(1, 2), max_df=0.95 if count > 100 else 1.0)


def _pieces(count: int) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(4, 4), min_df=3 if count > 100 else 1)


def _title(count: int) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", ngram_range=(1, 2))


VECTORIZERS: Mapping[str, Callable[[int], TfidfVectorizer]] = {"words": _words, "pairs": _pairs, "pieces": _pieces, "title": _title}

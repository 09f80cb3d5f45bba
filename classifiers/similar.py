"""Which decided records a new one is most like: shown to a person after the vote, beside the words that spoke for and against.

It looks at words alone and ranks nothing. The likeness that a model learns from: examples.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.documents import Document
from classifiers.features import MOST_CHARACTERS

# Below this cosine two records share little but common words.
LEAST_LIKENESS = 0.1
AT_ONCE = 500


def similar(documents: Sequence[Document], decided: Sequence[Document], *, most: int = 3) -> list[tuple[int, ...]]:
    """Return for each document the places of the decided ones that are most like it, the likest first; () where none is like it at all."""
    texts = [one.text[:MOST_CHARACTERS] for one in (*documents, *decided)]
    try:
        rows = csr_matrix(TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", stop_words="english").fit_transform(texts))
    except ValueError:  # no text has a word
        return [() for _ in documents]
    new, old = csr_matrix(rows[:len(documents)]), csr_matrix(rows[len(documents):])
    found: list[tuple[int, ...]] = []
    for begin in range(0, len(documents), AT_ONCE):
        like = np.asarray((new[begin:min(begin + AT_ONCE, len(documents))] @ old.T).todense())
        order = np.argsort(-like, axis=1, kind="stable")[:, :most]
        found += [tuple(int(place) for place in places if row[place] >= LEAST_LIKENESS) for row, places in zip(like, order, strict=True)]
    return found

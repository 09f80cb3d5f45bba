"""How like the nearest relevant records a text is: what a linear model averages away, where relevant records come in kinds of their own.

The mean of the cosines with the nearest forty, the nearer weighing more. Learning weights of words: trained.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

NEAREST = 40
# Each next neighbour weighs so much of the one before it.
DECAY = 0.9
# More examples than this, and more rows to learn mean and spread from, take time and add nothing: the newest, and an even sample, serve.
MOST_EXAMPLES = 1_000
MOST_MEASURED = 2_000
AT_ONCE = 500
ITSELF = 0.9999


@dataclass(frozen=True, slots=True)
class Examples:
    """rows: the relevant records, shape (k, columns), of length 1 each. mean, spread: of the likeness over what was learnt from."""

    rows: csr_matrix
    mean: float
    spread: float

    def likeness(self, rows: csr_matrix) -> np.ndarray:
        """Return how many spreads above the mean the likeness of each row lies, shape (n,); zeros where there are no examples."""
        if not self.rows.get_shape()[0]:
            return np.zeros(rows.get_shape()[0])
        return (_nearest(rows, self.rows) - self.mean) / self.spread

    def nearest(self, rows: csr_matrix, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Return for each row its nearest examples, the nearest first, and the cosines with them; shape (n, up to most) each."""
        like = np.asarray((rows @ self.rows.T).todense(), dtype=np.float32)
        order = np.argsort(-like, axis=1, kind="stable")[:, :most]
        return order, np.take_along_axis(like, order, 1)


def no_examples(columns: int) -> Examples:
    """Return examples that say nothing."""
    return Examples(csr_matrix((0, columns), dtype=np.float32), 0.0, 1.0)


def gather(rows: csr_matrix, relevant: np.ndarray) -> Examples:
    """Return the examples among these rows. relevant: shape (n,), bool; rows: shape (n, columns), the newest last."""
    places = np.flatnonzero(relevant)[-MOST_EXAMPLES:]
    kept = csr_matrix(rows[places])
    measured = np.unique(np.linspace(0, len(relevant) - 1, min(MOST_MEASURED, len(relevant))).astype(int))
    like = _nearest(csr_matrix(rows[measured]), kept)
    return Examples(kept, float(like.mean()), float(like.std()) or 1.0)


def _nearest(rows: csr_matrix, examples: csr_matrix) -> np.ndarray:
    """Return the weighted mean of the largest cosines of each row, shape (n,); of n examples ≥ 1."""
    found = []
    for begin in range(0, rows.get_shape()[0], AT_ONCE):
        like = np.asarray((rows[begin:begin + AT_ONCE] @ examples.T).todense(), dtype=np.float32)
        # A relevant record is no neighbour of its own.
        like[like > ITSELF] = 0
        count = min(NEAREST, like.shape[1])
        largest_first = -np.sort(np.partition(-like, count - 1, axis=1)[:, :count], axis=1)
        shares = DECAY ** np.arange(count)
        found.append(largest_first @ (shares / shares.sum()))
    return np.concatenate(found) if found else np.zeros(0)

"""Lend each document some of its nearest neighbours' likeness, so that one decision reaches records that share few of its words."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

NEIGHBOURS = 10
SHARE = 0.15


def smoothed(similarity: np.ndarray, *, share: float = SHARE, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Return (I + aS) K (I + aS)ᵀ / (1 + a)², shape (n, n), float32: K the similarity, S each row's mean over its neighbours, a the share.

    similarity: shape (n, n), symmetric; n ≤ neighbours or share 0: it comes back as it is. Time and memory are of the order of n².
    """
    count = len(similarity)
    if count <= neighbours + 1 or share <= 0:
        return similarity
    others = similarity.copy()
    np.fill_diagonal(others, -np.inf)
    nearest = np.argpartition(-others, neighbours, axis=1)[:, :neighbours]
    weights = np.maximum(np.take_along_axis(others, nearest, 1), 0)
    weights /= np.maximum(weights.sum(axis=1)[:, None], np.float32(1e-9))
    mean = csr_matrix((weights.ravel(), nearest.ravel(), np.arange(0, count * neighbours + 1, neighbours)), shape=(count, count))
    half = similarity + np.float32(share) * (mean @ similarity)
    half += np.float32(share) * (mean @ half.T).T
    half /= np.float32((1 + share) ** 2)
    return half.astype(np.float32, copy=False)

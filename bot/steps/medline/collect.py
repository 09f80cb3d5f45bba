"""What each review gets of a scored feed: the best records, each once, by its newest version. Scoring: score.py."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def collect(*, scored: Sequence[Path], names: Sequence[str], out: Path, keep: int) -> dict[str, Path]:
    """Write `NAME.csv` (rank, pmid, score) for each review with its `keep` best records; return the paths by name.

    scored: the files of scores, oldest first: a later version of a record takes the place of an earlier one, and what a later file
    deletes is gone. Equal scores stand by PMID; a record without words has no score and is left out.
    """
    gone = np.zeros(2**27, dtype=bool)
    best: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in names]
    for path in reversed(scored):
        with np.load(path, allow_pickle=False) as arrays:
            pmids, scores, deleted = arrays["pmid"], arrays["score"], arrays["deleted"]
        # Within a file the last version counts; what newer files had or deleted is not taken again.
        newest = len(pmids) - 1 - np.unique(pmids[::-1], return_index=True)[1]
        # A file's own deletions come after its records.
        gone[deleted] = True
        rows = np.sort(newest[~gone[pmids[newest]]])
        gone[pmids] = True
        for place in range(len(names)):
            best[place].append(_best(pmids[rows], scores[rows, place], keep))
    return {name: _written(out / f"{name}.csv", parts, keep) for name, parts in zip(names, best, strict=True)}


def _best(pmids: np.ndarray, scores: np.ndarray, keep: int) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(scores)
    pmids, scores = pmids[known], scores[known]
    order = np.lexsort((pmids, -scores))[:keep]
    return pmids[order], scores[order]


def _written(path: Path, parts: Sequence[tuple[np.ndarray, np.ndarray]], keep: int) -> Path:
    pmids, scores = _best(np.concatenate([one[0] for one in parts]), np.concatenate([one[1] for one in parts]), keep)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("rank", "pmid", "score"))
        rows.writerows((rank, pmid, f"{score:.6f}") for rank, (pmid, score) in enumerate(zip(pmids.tolist(), scores.tolist(), strict=True), 1))
    return path

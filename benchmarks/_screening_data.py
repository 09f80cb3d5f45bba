"""Labelled reviews as the screening benchmark reads them, and the numbers it is judged by. Running it: screening.py."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers import Document
from classifiers.priors import OtherReview

LEAST_RELEVANT_OF_A_PART = 5
SHARE_OF_THE_PAST = 0.7


@dataclass(frozen=True, slots=True)
class LabelledReview:
    """One screened review. relevant: shape (n,), bool. when: year or place of arrival per record, NaN where unknown, shape (n,)."""

    name: str
    documents: tuple[Document, ...]
    relevant: np.ndarray
    when: np.ndarray
    by_arrival: bool

    def as_other(self) -> OtherReview:
        """Return it as something to learn a prior from."""
        return OtherReview(self.name, self.documents, self.relevant)

    def part(self, rows: Sequence[int]) -> LabelledReview:
        """Return these rows alone, in this order."""
        return LabelledReview(self.name, tuple(self.documents[row] for row in rows), self.relevant[list(rows)],
                              self.when[list(rows)], self.by_arrival)


def read_reviews(folder: Path) -> list[LabelledReview]:
    """Return the reviews of a folder of .csv and .csv.gz files with title, abstract and label_included, by name.

    Raises SystemExit, naming file and column, where a file is none of these; an index.csv is passed over.
    """
    paths = [path for path in sorted(folder.glob("*.csv*")) if path.name.removesuffix(".gz").endswith(".csv") and path.name != "index.csv"]
    if not paths:
        raise SystemExit(f"{folder} holds no .csv or .csv.gz file; give the folder of the labelled reviews with --data")
    return [_read(path) for path in paths]


def _read(path: Path) -> LabelledReview:
    csv.field_size_limit(1 << 30)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", newline="", encoding="utf-8-sig") as handle:  # type: ignore[operator]
            rows = list(csv.DictReader(handle))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"{path.name}: cannot be read as UTF-8 CSV ({error})") from error
    for column in ("title", "abstract", "label_included"):
        if not rows or column not in rows[0]:
            raise SystemExit(f"{path.name}: no column {column!r}; title, abstract and label_included are needed")
    column = "arrival_id" if "arrival_id" in rows[0] else "year"
    when = np.array([_number(path, line, column, row.get(column) or "nan") for line, row in enumerate(rows, start=2)])
    return LabelledReview(
        path.name.removesuffix(".gz").removesuffix(".csv"),
        tuple(Document(row["title"] or "", row["abstract"] or "") for row in rows),
        np.array([_number(path, line, "label_included", row["label_included"]) > 0 for line, row in enumerate(rows, start=2)], dtype=bool),
        when, column == "arrival_id")


def _number(path: Path, line: int, column: str, text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise SystemExit(f"{path.name}, record {line - 1}: {column} is {text!r}; a number is needed") from None


def living_split(review: LabelledReview) -> tuple[LabelledReview, LabelledReview] | None:
    """Return past and future by the protocol LT70, or None where no cut leaves five relevant records on both sides.

    The whole year nearest 70 % of the dated records, of two equally near ones the later; by arrival: exactly the first 70 %, with both kinds
    of records on both sides, or nothing could be learnt or measured.
    """
    dated = np.flatnonzero(~np.isnan(review.when))
    if review.by_arrival:
        order = dated[np.argsort(review.when[dated], kind="stable")]
        cut = round(SHARE_OF_THE_PAST * len(order))
        parts = review.part(order[:cut].tolist()), review.part(order[cut:].tolist())
        return parts if all(0 < int(part.relevant.sum()) < len(part.relevant) for part in parts) else None
    best: tuple[float, float] | None = None
    for year in np.unique(review.when[dated]):
        before = dated[review.when[dated] <= year]
        relevant = int(review.relevant[before].sum())
        if min(relevant, int(review.relevant[dated].sum()) - relevant) < LEAST_RELEVANT_OF_A_PART:
            continue
        reached = len(before) / len(dated)
        # A cut short of 70 % is put behind one as far beyond it.
        distance = abs(reached - SHARE_OF_THE_PAST) + (0 if reached >= SHARE_OF_THE_PAST else 1e-3)
        if best is None or distance < best[0]:
            best = (distance, float(year))
    if best is None:
        return None
    rows = dated.tolist()
    return (review.part([row for row in rows if review.when[row] <= best[1]]), review.part([row for row in rows if review.when[row] > best[1]]))


def order_metrics(labels: Sequence[bool]) -> dict[str, float]:
    """Return loss, wss@95, recall@10 and atd of the order in which records were shown, the known ones left out.

    Sources: loss and recall as asreview-insights defines them; work saved over sampling: Cohen 2006, (N − k)/N − 0.05; atd: the mean
    rank of the relevant records, in records.
    """
    shown = np.asarray(labels, dtype=int)
    count, relevant = len(shown), int(shown.sum())
    if not 0 < relevant < count:
        raise ValueError("an order needs relevant and irrelevant records")
    found, ranks = np.cumsum(shown), np.flatnonzero(shown) + 1
    read = int(ranks[math.ceil(0.95 * relevant - 1e-9) - 1])
    return {
        "loss": float((relevant * (count - (relevant - 1) / 2) - found.sum()) / (relevant * (count - relevant))),
        "wss@95": (count - read) / count - 0.05,
        "recall@10": float(found[max(math.floor(0.1 * count), 1) - 1] / relevant),
        "atd": float(ranks.mean()),
    }


def auc(relevant: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve, ties counted half. relevant, scores: shape (n,), both kinds present."""
    order = np.sort(scores)
    ranks = (np.searchsorted(order, scores, "left") + np.searchsorted(order, scores, "right") + 1) / 2
    kept = int(relevant.sum())
    return float((ranks[relevant].sum() - kept * (kept + 1) / 2) / (kept * (len(scores) - kept)))

"""Order again after every decision: a linear SVM in its dual form, warm-started, so that a label costs milliseconds.

One squared-hinge SVM over a matrix of similarities; relevant decisions weigh `ratio` times the irrelevant ones together. After each
label only the coordinates that are furthest from their optimum move (dual coordinate descent, Hsieh et al. 2008, chosen by violation).
Deterministic: no chance is used. Once a month, from all decisions at once: relevance.py.
"""

from __future__ import annotations

import numpy as np

COST = 0.35
RATIO = 30.0
MOST_IRRELEVANT_MOVED = 24
MOST_RELEVANT_MOVED = 60
PRIOR_STRENGTH = 20.0
SMALLEST_MOVE = 1e-4


class ActiveRanker:
    """Scores for n documents that follow the decisions as they come.

    similarity: shape (n, n), float32, symmetric. prior: shape (n,), what is thought of each document before any decision, for example
    from other reviews; its weight is 20 / (20 + relevant decisions), in standard deviations of the scores.
    """

    def __init__(self, similarity: np.ndarray, *, prior: np.ndarray | None = None, cost: float = COST, ratio: float = RATIO) -> None:
        # One column of ones: a constant term that is held small like any other weight.
        self._similarity = similarity + np.float32(1)
        self._diagonal = self._similarity.diagonal().copy()
        self._prior = None if prior is None else standardised(prior).astype(np.float32)
        self._cost, self._ratio = cost, ratio
        self._margins = np.zeros(len(similarity), np.float32)
        self._alpha = np.zeros(len(similarity), np.float32)
        self._relevant: list[int] = []
        self._irrelevant: list[int] = []
        self._turn = 0
        self._decided = np.zeros(len(similarity), bool)

    @property
    def decided(self) -> np.ndarray:
        """Which documents have a decision, shape (n,), bool."""
        return self._decided.copy()

    def decide(self, document: int, *, relevant: bool) -> None:
        """Learn one decision about the document in this row. Raises ValueError if it was decided before."""
        if self._decided[document]:
            raise ValueError(f"row {document} was decided before; a changed decision needs a new ranker")
        self._decided[document] = True
        (self._relevant if relevant else self._irrelevant).append(document)
        if self._relevant and self._irrelevant:
            self._move()

    def scores(self) -> np.ndarray:
        """Return a score per document, higher is more relevant, shape (n,), float32; decided documents included."""
        if self._prior is None:
            return self._margins.copy()
        share = PRIOR_STRENGTH / (PRIOR_STRENGTH + len(self._relevant))
        spread = float(self._margins.std()) or 1.0
        return self._margins + self._prior * np.float32(spread * share)

    def next(self) -> int:
        """Return the row of the best document without a decision; equal scores: the first row. Raises ValueError if all are decided."""
        open_scores = np.where(self._decided, -np.inf, self.scores())
        best = int(np.argmax(open_scores))
        if not np.isfinite(open_scores[best]):
            raise ValueError("every document has a decision")
        return best

    def _move(self) -> None:
        total, relevant, irrelevant = len(self._relevant) + len(self._irrelevant), len(self._relevant), len(self._irrelevant)
        scale = total / (relevant * (1 + 1 / self._ratio))
        slack_relevant = 1 / (2 * self._cost * scale)
        slack_irrelevant = slack_relevant * self._ratio * irrelevant / relevant
        for row in self._worst_irrelevant(slack_irrelevant):
            self._step(row, -1.0, slack_irrelevant)
        for row in self._relevant_in_turn():
            self._step(row, 1.0, slack_relevant)

    def _worst_irrelevant(self, slack: float) -> list[int]:
        if len(self._irrelevant) <= MOST_IRRELEVANT_MOVED:
            return list(self._irrelevant)
        rows = np.array(self._irrelevant)
        slope = -self._margins[rows] - 1 + slack * self._alpha[rows]
        violation = np.where(self._alpha[rows] > 0, np.abs(slope), np.maximum(-slope, 0))
        return [int(row) for row in rows[np.argpartition(-violation, MOST_IRRELEVANT_MOVED)[:MOST_IRRELEVANT_MOVED]]]

    def _relevant_in_turn(self) -> list[int]:
        """The latest relevant ones, and of the older ones ten at a time."""
        older = len(self._relevant) - MOST_RELEVANT_MOVED
        if older <= 0:
            return list(self._relevant)
        turned = [self._relevant[(self._turn + place) % older] for place in range(10)]
        self._turn = (self._turn + 10) % older
        return self._relevant[-MOST_RELEVANT_MOVED:] + turned

    def _step(self, row: int, sign: float, slack: float) -> None:
        slope = sign * self._margins[row] - 1 + slack * self._alpha[row]
        value = max(0.0, float(self._alpha[row] - slope / (self._diagonal[row] + slack)))
        change = value - float(self._alpha[row])
        if abs(change) > SMALLEST_MOVE * max(value, 1e-3):
            self._alpha[row] = value
            self._margins += np.float32(change * sign) * self._similarity[row]


def standardised(values: np.ndarray) -> np.ndarray:
    """Return the values with mean 0 and standard deviation 1, shape (n,); all zeros where they do not differ."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread else np.zeros(len(values))

"""The living protocol LT70: a review's past ranks its future, and the whole procedure of cut-off, reading and audit is scored.

The procedure uses the labels of what it has shown and no others.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks._screening_data import LabelledReview, auc, living_split
from bot.methods.screening.recall_bound import clopper_pearson, recall_bound
from bot.methods.screening.stopping import TARGET, StoppingRule, poisson_stop, rule_for
from classifiers.features import Detail, FeatureSpace, lacks_abstract
from classifiers.thresholds import Cutoff, choose_cutoff, scored_ahead
from classifiers.trained import learn

PAST_FOR_A_CUTOFF = 40
AUDITED = 0.05
SLICES = 10
SEED = 20260225
AVERAGED = ("auc", "recall", "relevant", "missed", "saved", "past_relevant", "oracle_saved", "auc_flowing_back", "seconds")


def living(scored: Sequence[LabelledReview]) -> dict[str, Any]:
    """Return per set and in the mean what the future would have cost and missed."""
    sets: dict[str, dict[str, Any]] = {}
    left_out = []
    print(f"{'set':36s} {'past':>5s} {'auc':>6s} {'flow':>6s} {'recall':>7s} {'missed':>7s} {'saved':>6s} {'oracle':>6s} {'s':>5s}  procedure")
    for review in scored:
        parts = living_split(review)
        if parts is None:
            left_out.append(review.name)
            continue
        sets[review.name] = one = _scored(*parts)
        print(f"{review.name:36s} {one['past_relevant']:5d} {one['auc']:6.3f} {one['auc_flowing_back']:6.3f} {one['recall']:7.3f} "
              f"{one['missed']:3d}/{one['relevant']:3d} {one['saved']:6.3f} {one['oracle_saved']:6.3f} {one['seconds']:5.1f}  "
              f"{one['procedure']}; cut-off alone: recall {one['unattended']['recall']:.3f}, saved {one['unattended']['saved']:.3f}", flush=True)
    print(f"left out, for they do not split: {', '.join(left_out) or 'none'}")
    return {"sets": sets, "mean": _mean(sets), "left_out": left_out}


def _scored(past: LabelledReview, future: LabelledReview) -> dict[str, Any]:
    started = time.perf_counter()
    past = past.part(np.argsort(past.when, kind="stable").tolist())
    both = _Both(past, future)
    scores = both.score(slice(0, both.past), slice(both.past, None))
    cutoff = _cutoff(both)
    read, procedure = _read(scores, future.relevant, rule_for(int(past.relevant.sum())))
    relevant, found = int(future.relevant.sum()), int((future.relevant & read).sum())
    return {
        "auc": auc(future.relevant, scores), "recall": found / relevant, "relevant": relevant, "missed": relevant - found,
        "saved": 1 - float(read.mean()), "past_relevant": int(past.relevant.sum()), "procedure": procedure,
        "recall_upper": clopper_pearson(found, relevant)[1], "oracle_saved": _oracle(scores, future.relevant),
        "unattended": _unattended(cutoff, scores, future.relevant),
        "auc_flowing_back": auc(future.relevant, _flowing_back(both, future.when)), "seconds": time.perf_counter() - started,
    }


class _Both:
    """Past and future as rows of one space, fitted on the past alone; the future's labels are looked at only where they are known."""

    def __init__(self, past: LabelledReview, future: LabelledReview) -> None:
        self.past = len(past.documents)
        documents = [*past.documents, *future.documents]
        self._space = FeatureSpace(Detail.PIECED).fit(past.documents)
        self._rows, self._bare = self._space.transform(documents).rows, lacks_abstract(documents)
        self.labels = np.concatenate([past.relevant, future.relevant])

    def score(self, known: slice | np.ndarray, asked: slice | np.ndarray) -> np.ndarray:
        """Return the scores of the rows asked for by a model of the known rows."""
        labels = self.labels[known]
        model = learn(self._space, csr_matrix(self._rows[known]), labels, self._bare[known], np.ones(len(labels)), seed=SEED)
        return model.score_rows(csr_matrix(self._rows[asked]), self._bare[asked])


def _cutoff(both: _Both) -> Cutoff:
    labels = both.labels[:both.past]
    if labels.sum() < PAST_FOR_A_CUTOFF:
        return Cutoff(None, TARGET, 0.5, 0, 0, f"{int(labels.sum())} past inclusions; a cut-off needs {PAST_FOR_A_CUTOFF}")
    scores, known = scored_ahead(labels, both.score)
    return choose_cutoff(scores[known].tolist(), target=TARGET)


def _read(scores: np.ndarray, relevant: np.ndarray, rule: StoppingRule) -> tuple[np.ndarray, str]:
    """Return which records are read, shape (n,), bool, and in words by what procedure. Labels are looked at only of what is read."""
    order = np.argsort(-scores, kind="stable")
    stop = _stopped(order, relevant, rule)
    read = np.zeros(len(scores), dtype=bool)
    read[order[:stop]] = True
    words = f"stop by Poisson {rule.confidence:.0%} after {stop}"
    rest = np.flatnonzero(~read)
    audited = np.random.RandomState(SEED).choice(rest, int(np.ceil(AUDITED * len(rest))), replace=False)
    missed = audited[relevant[audited]]
    bound = recall_bound(found=int(relevant[read].sum()), unshown=len(rest), audited=len(audited), missed=len(missed))
    read[audited] = True
    if len(missed):
        # What the audit found loosens the cut-off down to it: here the person always accepts.
        read |= scores >= scores[missed].min()
        words += ", loosened by the audit"
    return read, f"{words}; audit {len(missed)}/{len(audited)}, recall bound {bound.lower:.2f}"


def _unattended(cutoff: Cutoff, scores: np.ndarray, relevant: np.ndarray) -> dict[str, Any]:
    """Return what the cut-off chosen on the past does by itself, with nobody's labels of the future."""
    shown = cutoff.shown(scores)
    return {"recall": float(relevant[shown].sum() / relevant.sum()), "saved": 1 - float(shown.mean()),
            "at": cutoff.at, "why": cutoff.reason}


def _stopped(order: np.ndarray, relevant: np.ndarray, rule: StoppingRule) -> int:
    labels = relevant[order]
    step = max(1, len(order) // 100)
    for count in range(max(step, int(np.ceil(rule.least * len(order)))), len(order), step):
        if poisson_stop(labels[:count].tolist(), total=len(order), target=TARGET, confidence=rule.confidence).may_stop:
            return count
    return len(order)


def _oracle(scores: np.ndarray, relevant: np.ndarray) -> float:
    """What the best cut-off on the same ranking would save, chosen with all labels known."""
    ranks = np.flatnonzero(relevant[np.argsort(-scores, kind="stable")]) + 1
    return 1 - float(ranks[int(np.ceil(TARGET * len(ranks) - 1e-9)) - 1]) / len(scores)


def _flowing_back(both: _Both, when: np.ndarray) -> np.ndarray:
    """Return the scores of the future in ten slices by date, each scored by a model that knows all labels before it."""
    order = np.argsort(when, kind="stable")
    scores = np.zeros(len(order))
    known = np.arange(both.past)
    for rows in np.array_split(order, SLICES):
        scores[rows] = both.score(known, both.past + rows)
        known = np.concatenate([known, both.past + rows])
    return scores


def _mean(sets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if not sets:
        return {}
    rows = list(sets.values())
    many = [row["saved"] for row in rows if row["past_relevant"] >= PAST_FOR_A_CUTOFF]
    found, relevant = sum(row["relevant"] - row["missed"] for row in rows), sum(row["relevant"] for row in rows)
    mean: dict[str, Any] = {key: float(np.mean([row[key] for row in rows])) for key in AVERAGED}
    return mean | {
        "procedure": f"read from the top until the Poisson stop (stricter with few past inclusions); {AUDITED:.0%} of the rest audited",
        "pooled_recall": found / relevant, "saved_with_many_past_inclusions": float(np.mean(many)) if many else None,
        "sets_whose_upper_bound_is_below_the_target": [name for name, row in sets.items() if row["recall_upper"] < TARGET],
    }

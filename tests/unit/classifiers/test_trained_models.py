"""Trained models: the same bytes twice, stored without pickle, and honest about what they cannot do."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from classifiers import Document, Labelled
from classifiers.active import ActiveRanker
from classifiers.errors import DamagedModelError, NothingToRankError, TooLittleToLearnError
from classifiers.features import Detail, FeatureSpace
from classifiers.priors import OtherReview, PriorLibrary
from classifiers.storage import from_bytes, to_bytes
from classifiers.thresholds import choose_cutoff, scored_ahead
from classifiers.trained import train

LONG = "People were randomised to an online forum with peers or to a waiting list, and depression was measured. "
NEW = [Document("Peer support online", LONG), Document("Copper under load", "Wires were bent until they broke, and the load was noted.")]


def decisions(count: int = 30) -> list[Labelled]:
    kept = [Labelled(Document(f"Peer support by forum {place}", LONG + str(place)), 1.0) for place in range(count // 3)]
    return kept + [Labelled(Document(f"Copper wire fatigue {place}", f"Alloys {place} bent and broke under cyclic load in the laboratory."), 0.0)
                   for place in range(count - len(kept))]


def test_the_same_decisions_and_seed_give_the_same_bytes() -> None:
    assert to_bytes(train(decisions(), seed=1)) == to_bytes(train(decisions(), seed=1))


@pytest.mark.parametrize("detail", [Detail.LEAN, Detail.PIECED])
def test_a_stored_model_scores_as_the_trained_one(detail: Detail) -> None:
    model = train(decisions(), seed=1, detail=detail)
    content = to_bytes(model)
    again = from_bytes(content, sha256=hashlib.sha256(content).hexdigest())
    assert again.digest == model.digest
    assert again.score(NEW).tolist() == model.score(NEW).tolist() and model.score(NEW)[0] > model.score(NEW)[1]


def test_a_model_with_the_wrong_hash_or_of_another_kind_is_refused() -> None:
    content = to_bytes(train(decisions(), seed=1))
    with pytest.raises(DamagedModelError, match="changed or cut short"):
        from_bytes(content[:-1], sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(DamagedModelError, match="no model of ours"):
        from_bytes(b"pickle", sha256=hashlib.sha256(b"pickle").hexdigest())


def test_one_kind_of_decision_or_no_words_teach_nothing_and_say_so() -> None:
    with pytest.raises(TooLittleToLearnError, match="0 irrelevant"):
        train([Labelled(NEW[0], 1.0)], seed=1)
    with pytest.raises(NothingToRankError):
        train([Labelled(Document(""), 1.0), Labelled(Document("…"), 0.0)], seed=1)


@pytest.mark.parametrize("text", ["word " * 2_000_000, "a" * 10_000_000, "同伴支持" * 50, "\ud800 \x00", "<b>&amp;</b>"])
def test_strange_and_ten_megabyte_texts_are_learnt_from_stored_and_scored(text: str) -> None:
    strange = Document("Peer support", text)
    model = train([*decisions(), Labelled(strange, 1.0)], seed=1)
    content = to_bytes(model)
    again = from_bytes(content, sha256=hashlib.sha256(content).hexdigest())
    assert np.isfinite(model.score([strange])).all() and again.score([strange]).tolist() == model.score([strange]).tolist()


def test_a_model_says_what_it_cannot_read() -> None:
    model = train(decisions(), seed=1)
    assert model.can_read([*NEW, Document("同伴支持"), Document("")]).tolist() == [True, True, False, False]


def test_the_active_ranker_finds_the_relevant_ones_first_and_learns_from_each() -> None:
    documents = [one.document for one in decisions(60)]
    similarity = FeatureSpace(Detail.OWN).fit(documents).transform(documents).similarity()
    ranker = ActiveRanker(similarity)
    ranker.decide(0, relevant=True)
    ranker.decide(59, relevant=False)
    found = []
    for _ in range(19):
        found.append(ranker.next())
        ranker.decide(found[-1], relevant=found[-1] < 20)
    assert sorted(found) == list(range(1, 20))
    with pytest.raises(ValueError, match="decided before"):
        ranker.decide(0, relevant=True)


def test_warm_started_scores_come_close_to_those_of_a_full_solution() -> None:
    from sklearn.svm import LinearSVC

    documents = [one.document for one in decisions(60)]
    features = FeatureSpace(Detail.OWN).fit(documents).transform(documents)
    ranker = ActiveRanker(features.similarity(), cost=0.25, ratio=30)
    labels = np.arange(60) < 20
    for row in range(59, -1, -1):
        ranker.decide(row, relevant=bool(labels[row]))
    scale = 60 / (20 * (1 + 1 / 30))
    weights = np.where(labels, scale, scale * 20 / (30 * 40))
    exact = LinearSVC(C=0.25, random_state=0, max_iter=20_000).fit(features.rows, labels, sample_weight=weights).decision_function(features.rows)
    assert np.corrcoef(exact, ranker.scores())[0, 1] > 0.99


def test_a_prior_learnt_from_others_orders_and_leaves_the_review_itself_out() -> None:
    reviews = [OtherReview(name, tuple(one.document for one in decisions()), np.array([one.label > 0.5 for one in decisions()]))
               for name in ("a", "b")]
    prior = PriorLibrary(reviews).prior(without="a", seed=1)
    scores = prior.score(NEW)
    assert prior.reviews == ("b",) and scores[0] > scores[1]
    with pytest.raises(TooLittleToLearnError):
        # The other review holds the very same records: nothing of it is left.
        PriorLibrary(reviews).prior(without="a", held=reviews[0].documents, seed=1)


def test_a_cutoff_is_refused_with_too_few_relevant_records_and_kept_with_enough() -> None:
    # 0.5 ** (1 / 13) = 0.948 < 0.95 < 0.952 = 0.5 ** (1 / 14): fourteen without a loss are the least.
    assert choose_cutoff([1.0] * 13).at is None and choose_cutoff([1.0] * 14).at == 1.0
    cutoff = choose_cutoff(list(np.arange(100.0)))
    assert cutoff.lost == 4 and cutoff.at == 4.0
    assert choose_cutoff([]).shown(np.zeros(3)).all(), "without a cut-off everything is offered"


def test_the_past_is_scored_ahead_only_from_what_came_before() -> None:
    labels = np.array([True, False] * 50)
    seen = []

    def score(before: slice, batch: slice) -> np.ndarray:
        seen.append((before, batch))
        return np.arange(batch.stop - batch.start, dtype=float)

    scores, known = scored_ahead(labels, score)
    assert len(scores) == len(known) == 70 and all(before.stop == batch.start for before, batch in seen)

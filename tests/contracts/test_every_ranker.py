"""What every ranker in classifiers/ promises. A new one is found by its name and held to the same."""

from __future__ import annotations

import pytest

import classifiers
from classifiers import Document, Labelled
from classifiers.errors import NothingToRankError, UnknownClassifierError

QUESTION = ["peer support online forum", "depression anxiety", "randomised controlled trial"]
NEAR = Document("An online forum for peer support in depression: randomised controlled trial", "People with depression were randomised.")
FAR = Document("Concrete fatigue under cyclic load", "Beams were tested until they broke.")
OTHER = Document("Peer support by telephone after birth")


@pytest.fixture(params=classifiers.available())
def ranker(request: pytest.FixtureRequest) -> classifiers.Ranker:
    return classifiers.create(request.param)


def test_without_decisions_the_question_alone_gives_a_sensible_order(ranker: classifiers.Ranker) -> None:
    ranking = ranker.rank([FAR, NEAR, OTHER], question=QUESTION, labelled=[], seed=1)
    assert ranking.basis == "cold" and ranking.labelled == 0
    assert ranking.scores[1] > ranking.scores[2] > ranking.scores[0]


def test_decisions_change_the_order(ranker: classifiers.Ranker) -> None:
    known = [Labelled(Document(f"Beams and concrete {number}"), 1.0) for number in range(40)]
    known += [Labelled(Document(f"Peer support online {number}"), 0.0) for number in range(40)]
    ranking = ranker.rank([NEAR, FAR], question=[], labelled=known, seed=1)
    assert (ranking.basis, ranking.labelled) == ("warm", 80)
    assert ranking.scores[1] > ranking.scores[0]


def test_the_same_input_gives_the_same_bytes(ranker: classifiers.Ranker) -> None:
    known = [Labelled(NEAR, 1.0), Labelled(FAR, 0.0)]
    assert ranker.rank([NEAR, FAR, OTHER], question=QUESTION, labelled=known, seed=7) == ranker.rank(
        [NEAR, FAR, OTHER], question=QUESTION, labelled=known, seed=7)


def test_the_model_is_named_by_everything_that_went_into_it(ranker: classifiers.Ranker) -> None:
    models = {ranker.rank([NEAR, FAR], question=question, labelled=labelled, seed=seed).model
              for question in (QUESTION, QUESTION[:1]) for labelled in ([], [Labelled(OTHER, 1.0)]) for seed in (1, 2)}
    assert len(models) == 8


def test_labels_of_one_kind_alone_leave_the_cold_order_and_say_so(ranker: classifiers.Ranker) -> None:
    ranking = ranker.rank([NEAR, FAR], question=QUESTION, labelled=[Labelled(OTHER, 1.0)], seed=1)
    assert ranking.basis == "cold" and ranking.scores[0] > ranking.scores[1]


def test_each_document_has_a_score_and_its_reasons_are_words_of_it(ranker: classifiers.Ranker) -> None:
    ranking = ranker.rank([NEAR, Document("")], question=QUESTION, labelled=[], seed=1)
    assert len(ranking.scores) == len(ranking.reasons) == 2 and ranking.reasons[1] == ()
    assert ranking.reasons[0] and all(term.split()[0] in NEAR.text.lower() for term, _ in ranking.reasons[0])


def test_nothing_to_rank_is_an_empty_ranking_and_no_words_at_all_an_error(ranker: classifiers.Ranker) -> None:
    assert ranker.rank([], question=QUESTION, labelled=[], seed=1).scores == ()
    with pytest.raises(NothingToRankError):
        ranker.rank([Document("")], question=[], labelled=[], seed=1)


def test_other_languages_and_very_long_texts_are_ranked(ranker: classifiers.Ranker) -> None:
    long = Document("Unterstützung durch Gleichgesinnte", "Wort " * 400_000)
    assert len(ranker.rank([long, NEAR], question=QUESTION, labelled=[], seed=1).scores) == 2


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(UnknownClassifierError, match="relevance"):
        classifiers.create("oracle")

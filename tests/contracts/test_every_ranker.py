"""What every ranker in classifiers/ promises. A new one is found by its name and held to the same."""

from __future__ import annotations

import pytest

import classifiers
from classifiers import Document, Labelled
from classifiers.errors import NothingToRankError, UnknownClassifierError
from classifiers.priors import other_review

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


def test_known_studies_are_asked_for_before_anybody_decided_and_their_words_are_reasons(ranker: classifiers.Ranker) -> None:
    known = [Labelled(Document("Fatigue of concrete beams"), 1.0), Labelled(Document("Cyclic load on concrete"), 1.0)]
    alone = ranker.rank([OTHER, FAR], question=[], labelled=known, seed=1)
    assert (alone.basis, alone.labelled) == ("cold", 2) and alone.scores[1] > alone.scores[0] == 0
    assert "concrete" in {term for term, _ in alone.reasons[1]}
    asked = ranker.rank([OTHER, NEAR, FAR], question=QUESTION, labelled=known, seed=1)
    without = ranker.rank([OTHER, NEAR, FAR], question=QUESTION, labelled=[], seed=1)
    assert asked.scores[2] - asked.scores[0] > without.scores[2] - without.scores[0] and asked.scores[1] > asked.scores[2]


def test_irrelevant_decisions_alone_teach_nothing_and_leave_the_cold_order(ranker: classifiers.Ranker) -> None:
    ranking = ranker.rank([NEAR, FAR], question=QUESTION, labelled=[Labelled(OTHER, 0.0)], seed=1)
    assert (ranking.basis, ranking.labelled) == ("cold", 0)
    assert ranking.scores == ranker.rank([NEAR, FAR], question=QUESTION, labelled=[], seed=1).scores


def test_other_reviews_move_the_order_gently_and_are_named(ranker: classifiers.Ranker) -> None:
    # They kept what was randomised, whatever it was about.
    theirs = [Labelled(Document(f"Statins {place}, randomised trial", "Patients were randomised."), 1.0) for place in range(20)]
    theirs += [Labelled(Document(f"Statins {place}, an opinion", "We think aloud."), 0.0) for place in range(20)]
    documents = [Document("Peer support, an opinion"), Document("Peer support, randomised trial")]
    alone = ranker.rank(documents, question=["peer support"], labelled=[], seed=1)
    moved = ranker.rank(documents, question=["peer support"], labelled=[], seed=1, others=[other_review("statins", theirs)])
    assert moved.others == ("statins",) and alone.others == () and moved.model != alone.model
    assert moved.scores[1] - moved.scores[0] > alone.scores[1] - alone.scores[0]
    few = ranker.rank(documents, question=["peer support"], labelled=[], seed=1, others=[other_review("statins", theirs[18:24])])
    assert few.others == () and few.scores == alone.scores


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

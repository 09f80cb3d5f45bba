"""The filter for controlled studies: it hides nothing that could be one."""

from __future__ import annotations

import pytest

from classifiers import Document
from classifiers.controlled_studies import Designs, judge_designs, learn_designs, reports_no_results
from classifiers.errors import TooLittleToLearnError

FILLER = "The condition is described at length, with its causes and consequences for daily life and for the families concerned. " * 5
TITLE = "Loneliness among people with long illnesses"


@pytest.mark.parametrize(("document", "kept"), [
    (Document("Short", FILLER), True),
    (Document(TITLE, "Too short to tell."), True),
    (Document(TITLE, FILLER), False),
    (Document(TITLE, FILLER + "They were compared with a waiting list."), True),
    (Document(TITLE, FILLER, publication_types=("Randomized Controlled Trial",)), True),
    (Document("Peer support: a systematic review", FILLER + "Randomised trials were sought."), False),
    (Document("A review of what we did: randomised trial", FILLER, publication_types=("Randomized Controlled Trial",)), True),
])
def test_only_long_texts_without_any_sign_of_a_controlled_study_are_set_aside(document: Document, kept: bool) -> None:
    judgement = judge_designs([document], designs=Designs.CONTROLLED)[0]
    assert judgement.kept is kept and judgement.reason


def test_randomised_alone_is_the_protocols_setting() -> None:
    document = Document(TITLE, FILLER + "Outcomes were compared with a matched control group.")
    assert judge_designs([document], designs=Designs.CONTROLLED)[0].kept
    assert not judge_designs([document], designs=Designs.RANDOMISED)[0].kept


def test_protocols_and_reviews_are_no_reports_of_results_but_typed_trials_are() -> None:
    assert reports_no_results(Document("A trial of peers: study protocol"))
    assert reports_no_results(Document("Anything", publication_types=("Systematic Review",)))
    assert not reports_no_results(Document("Peer interviews: a trial", publication_types=("Randomized Controlled Trial",)))


def test_what_is_learnt_only_adds_records_to_those_kept() -> None:
    trials = [Document(f"Forum {place}", FILLER + f"allocation arms outcome {place}", publication_types=("Randomized Controlled Trial",))
              for place in range(20)]
    others = [Document(f"Essay {place}", FILLER + f"theory history {place}", publication_types=("Review",)) for place in range(20)]
    learnt = learn_designs([*trials, *others], designs=Designs.CONTROLLED, seed=1)
    like_a_trial = Document("Forum for the lonely", FILLER + "allocation arms outcome 3")
    assert not judge_designs([like_a_trial], designs=Designs.CONTROLLED)[0].kept
    assert judge_designs([like_a_trial], designs=Designs.CONTROLLED, learnt=learnt)[0].kept
    with pytest.raises(TooLittleToLearnError, match="20 of each kind"):
        learn_designs(trials, designs=Designs.CONTROLLED, seed=1)

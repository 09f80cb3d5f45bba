"""A model card says what a model was seen to do, and no more."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifiers import Document, Labelled
from classifiers.calibration import calibrate
from classifiers.model_card import auc_with_interval, write_card
from classifiers.trained import train


def decisions() -> list[Labelled]:
    return [Labelled(Document(f"Peer forum {place}" if place % 4 == 0 else f"Copper wire {place}", f"Number {place} was looked at."),
                     float(place % 4 == 0)) for place in range(80)]


def test_a_card_counts_what_was_scored_ahead_and_is_the_same_twice() -> None:
    model = train(decisions(), seed=1)
    card = write_card(model, decisions(), seed=1, newest=model.score([Document("Peer forum")] * 3), before=np.array([0.0, 1.0]))
    assert card.as_json() == write_card(model, decisions(), seed=1, newest=model.score([Document("Peer forum")] * 3),
                                        before=np.array([0.0, 1.0])).as_json()
    # The first 30 % are learnt from and never scored ahead: 24 of 80, with 6 relevant.
    assert (card.relevant, card.irrelevant, card.scored_ahead, card.relevant_ahead) == (20, 60, 56, 14)
    assert card.auc_ahead is not None and card.auc_ahead.value > 0.9
    assert json.loads(card.as_json())["cutoff"]["checked"] == 14
    # 14 of 14: Clopper & Pearson's two-sided bound is 0.025^(1/14) = 0.7684.
    assert card.recall_ahead is not None and (card.recall_ahead.value, card.recall_ahead.high) == (1.0, 1.0)
    assert card.recall_ahead.low == pytest.approx(0.7684, abs=1e-4)


def test_the_interval_of_an_auc_agrees_with_hanley_and_mcneil() -> None:
    # Hanley & McNeil 1982, equation 1: area 0.893, 51 and 58 cases: standard error 0.032.
    random = np.random.default_rng(1)
    relevant = np.arange(109) < 51
    share = auc_with_interval(random.normal(1.755 * relevant, 1.0), relevant)
    assert share is not None and (share.high - share.value) / 1.96 == pytest.approx(0.032, abs=0.008)
    assert auc_with_interval(np.zeros(3), np.ones(3, dtype=bool)) is None


def test_without_twenty_relevant_records_read_at_random_there_is_no_probability() -> None:
    scores = np.linspace(-2, 2, 200)
    assert calibrate(scores, np.arange(200) >= 181) is None
    calibration = calibrate(scores, (np.arange(200) % 10) < np.arange(200) / 25)
    assert calibration is not None
    said = calibration.probabilities(scores)
    assert np.all(np.diff(said) > 0) and sum(one.records for one in calibration.bins) == 200
    assert said.mean() == pytest.approx(np.mean((np.arange(200) % 10) < np.arange(200) / 25), abs=0.01)
    assert calibrate(-scores, (np.arange(200) % 10) < np.arange(200) / 25) is None, "a score that runs the wrong way says nothing"

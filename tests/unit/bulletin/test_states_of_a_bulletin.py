"""Three states: no change, estimate updated, conclusion changed; the last only by a signed sentence of a critical outcome."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bulletin import changes

RESULT = {"k": 7, "estimate": -0.36, "ci_low": -0.65, "ci_high": -0.06, "cautious": None, "few": False}


def outcome(importance: str = "critical", *, result: dict[str, Any] | None = None, stale: bool = False, **rating: Any) -> dict[str, Any]:
    signed = {"level": "low", "size": "small", "favours": True, "statement": "It may help slightly.", "is_stale": stale} | rating
    return {"id": "depression", "label": "Depression", "measure": "SMD", "importance": importance, "result": RESULT | (result or {}),
            "trials": [], "published": [], "rating": signed}


def status(now: dict[str, Any], before: dict[str, Any]) -> str:
    previous = {"outcomes": [before]}
    return changes.status([now | {"change": changes.change(now, previous)}], previous)


def test_nothing_moved_is_no_change() -> None:
    assert status(outcome(), outcome()) == "no change"


def test_an_interval_that_crosses_no_difference_is_an_updated_estimate_and_no_more() -> None:
    assert status(outcome(result={"ci_high": 0.01}), outcome()) == "estimate updated"


@pytest.mark.parametrize("changed", [{"level": "moderate"}, {"size": "moderate"}, {"favours": False}])
def test_another_signed_sentence_of_a_critical_outcome_is_a_changed_conclusion(changed: dict[str, Any]) -> None:
    assert status(outcome(**changed), outcome()) == "conclusion changed"
    assert status(outcome("important", **changed), outcome("important")) == "estimate updated"


def test_a_stale_rating_and_a_size_that_a_very_uncertain_sentence_does_not_name_conclude_nothing() -> None:
    assert status(outcome(level="moderate", stale=True), outcome()) == "no change"
    assert status(outcome(level="very low", size="large"), outcome(level="very low")) == "no change"


def test_little_to_no_difference_on_the_other_side_is_the_same_sentence() -> None:
    assert status(outcome(size="trivial", favours=False), outcome(size="trivial")) == "no change"


def test_a_published_estimate_that_moved_stands_among_the_changes() -> None:
    published = {"words": "SMD −0.28 (−0.42 to −0.14)", "updated": None}
    before, now = outcome() | {"published": [published]}, outcome() | {"published": [published | {"updated": {"words": "SMD −0.29"}}]}
    assert status(now, before) == "estimate updated"
    assert "now SMD −0.29" in changes.change(now, {"outcomes": [before]})["sentence"]

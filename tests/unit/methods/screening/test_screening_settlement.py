"""What the votes on one report come to: bot/methods/screening/settlement.py."""

from __future__ import annotations

from itertools import product

import pytest

from bot.methods.screening.settlement import Settlement, Vote, settle_votes

CRITERIA = ("report", "design", "peers")


def votes(*given: str | None, third: str | None = "not asked") -> list[Vote]:
    blind = [Vote(part, verdict, "design" if verdict == "exclude" else "") for part, verdict in zip(("first", "second"), given, strict=False)]
    return blind if third == "not asked" else [*blind, Vote("third", third, "peers" if third == "exclude" else "")]


@pytest.mark.parametrize(("given", "expected"), [
    (("include", "include"), Settlement("settled", "include", "agreed")),
    (("exclude", "exclude"), Settlement("settled", "exclude", "agreed", "design")),
    (("include", "exclude"), Settlement("conflict")),
    (("unsure", "unsure"), Settlement("conflict")),
    (("include", "unsure"), Settlement("conflict")),
    (("include", None), Settlement("waiting")),
    ((None, None), Settlement("waiting")),
    (("include",), Settlement("settled", "include", "one")),
    (("unsure",), Settlement("conflict")),
    ((), Settlement("waiting")),
])
def test_blind_votes_settle_conflict_or_wait(given, expected):
    assert settle_votes(votes(*given), criteria=CRITERIA) == expected


def test_a_third_vote_settles_a_conflict_by_its_own_criterion():
    assert settle_votes(votes("include", "exclude", third="include"), criteria=CRITERIA) == Settlement("settled", "include", "third")
    assert settle_votes(votes("include", "exclude", third="exclude"), criteria=CRITERIA) == Settlement("settled", "exclude", "third", "peers")


def test_a_third_person_who_cannot_tell_leaves_the_report_awaiting():
    assert settle_votes(votes("unsure", "exclude", third="unsure"), criteria=CRITERIA) == Settlement("settled", "awaiting", "third")


def test_a_third_person_who_has_not_voted_leaves_the_conflict():
    assert settle_votes(votes("include", "exclude", third=None), criteria=CRITERIA) == Settlement("conflict")


def test_two_who_agree_after_all_need_no_third():
    assert settle_votes(votes("include", "include", third="exclude"), criteria=CRITERIA) == Settlement("settled", "include", "agreed")


def test_of_two_failing_criteria_the_protocols_first_one_counts():
    both = [Vote("first", "exclude", "peers"), Vote("second", "exclude", "design")]
    assert settle_votes(both, criteria=CRITERIA).criterion == "design"


def test_the_order_of_the_votes_never_matters():
    for first, second, third in product(("include", "exclude", "unsure", None), repeat=3):
        given = votes(first, second, third=third)
        assert settle_votes(given, criteria=CRITERIA) == settle_votes(given[::-1], criteria=CRITERIA)

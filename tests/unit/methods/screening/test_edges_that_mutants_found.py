"""Edges of screening that no other test held: small faults put in there by `./perennial bench mutants --part screening` survived."""

from __future__ import annotations

import math

import pytest

from bot.methods.screening.authorship import is_among
from bot.methods.screening.recall_bound import clopper_pearson, recall_bound
from bot.methods.screening.settlement import Settlement, Vote, settle_votes
from bot.methods.screening.stopping import poisson_stop


def test_one_found_and_none_missed_in_a_rest_that_was_read_whole_is_all_there_is() -> None:
    assert recall_bound(found=1, unshown=10, audited=10, missed=0).estimate == 1.0


def test_the_bounds_of_none_found_of_one_are_those_of_clopper_and_pearson() -> None:
    # 0 of 1: the upper bound u solves (1 - u) = 0.05; 1 of 1: the lower bound is 0.05.
    assert clopper_pearson(0, 1) == (0.0, pytest.approx(0.95)) and clopper_pearson(1, 1) == (pytest.approx(0.05), 1.0)


@pytest.mark.parametrize(("initials", "same"), [("ABCD", True), ("ABCDE", False)])
def test_up_to_four_letters_behind_a_family_name_are_initials(initials: str, same: bool) -> None:
    assert is_among(["Ada Lovelace"], "", [f"Lovelace {initials}"]) is same


def test_who_read_everything_may_stop() -> None:
    assert poisson_stop([True, False, True], total=3).may_stop


def test_of_two_third_votes_the_later_one_counts() -> None:
    votes = [Vote("first", "include", ""), Vote("second", "exclude", "design"), Vote("third", "exclude", "peers"), Vote("third", "include", "")]
    assert settle_votes(votes, criteria=("design", "peers")) == Settlement("settled", "include", "third")


def test_the_target_says_how_many_may_be_left() -> None:
    state = poisson_stop([True, False, False] * 40 + [False] * 100, total=1000)
    # 40 found at a target of 95 per cent: 42.1 in all, so that two may be left. Poisson probability of at most two.
    left = state.expected_left
    assert left > 0.1 and state.probability == pytest.approx(math.exp(-left) * (1 + left + left**2 / 2), rel=1e-9)

"""Who is asked about which report: bot/methods/screening/queue.py."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInputError
from bot.methods.screening.queue import allocate_pairs, allocate_single, minutes, random_order

REPORTS = st.lists(st.integers(1, 10_000), unique=True, max_size=60)
PEOPLE = st.lists(st.integers(1, 50), unique=True, min_size=2, max_size=7)


@given(REPORTS, PEOPLE)
def test_each_report_gets_two_different_people_and_the_lists_are_even(reports, people):
    places = allocate_pairs(reports, people, seed="a")
    by_report = {report: [place.person for place in places if place.report == report] for report in reports}
    assert all(len(set(pair)) == 2 == len(pair) for pair in by_report.values())
    load = Counter(place.person for place in places)
    assert max((load[person] for person in people), default=0) - min((load[person] for person in people), default=0) <= 1
    assert [place.part for place in places] == ["first", "second"] * len(reports)


def test_the_same_seed_gives_the_same_lists_and_another_seed_others():
    reports, people = list(range(1, 101)), [3, 5, 8]
    assert allocate_pairs(reports, people, seed="a") == allocate_pairs(list(reversed(reports)), people, seed="a")
    assert allocate_pairs(reports, people, seed="a") != allocate_pairs(reports, people, seed="b")
    assert random_order(reports, seed="a") == random_order(list(reversed(reports)), seed="a")
    assert random_order(reports, seed="a") != random_order(reports, seed="b")


def test_the_order_is_no_ranking():
    """The places of the first ten reports of a hundred, over 200 lists, have the mean of a random place (50.5, SE 0.65)."""
    reports = list(range(100))
    places = [random_order(reports, seed=str(draw)).index(report) + 1 for draw in range(200) for report in range(10)]
    assert abs(sum(places) / len(places) - 50.5) < 4 * 0.65


def test_two_votes_need_two_people():
    with pytest.raises(InvalidInputError, match="two blind votes need two people; there are 1"):
        allocate_pairs([1], [7, 7], seed="a")


@given(REPORTS, PEOPLE, st.floats(0, 1))
def test_one_person_mode_draws_its_share_for_somebody_else(reports, people, share):
    places = allocate_single(reports, people[:1], people[1:], share=share, seed="a")
    first = {place.report: place.person for place in places if place.part == "first"}
    second = {place.report: place.person for place in places if place.part == "second"}
    assert set(first) == set(reports)
    assert len(second) == math.ceil(share * len(reports))
    assert all(first[report] != person for report, person in second.items())


def test_a_second_check_by_nobody_is_refused():
    with pytest.raises(InvalidInputError, match="a second check needs a second person"):
        allocate_single([1, 2], [7], [], share=0.1, seed="a")
    with pytest.raises(InvalidInputError, match="nobody is there"):
        allocate_single([1, 2], [], [7], share=0.1, seed="a")
    assert len(allocate_single([1, 2], [7], [], share=0, seed="a")) == 2


def test_minutes_are_whole_and_at_least_one():
    assert (minutes(0, 30), minutes(1, 30), minutes(20, 30), minutes(21, 30)) == (1, 1, 10, 11)

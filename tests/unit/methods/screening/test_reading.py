"""Whether one person's reading from the top may stop."""

from __future__ import annotations

import pytest

from bot.methods.screening.reading import reading
from bot.methods.screening.recall_bound import recall_bound
from bot.methods.screening.stopping import poisson_stop, rule_for

TOP = [True] * 5 + [False] * 15


def test_a_fifth_is_read_in_any_case_and_then_a_random_twentieth_of_the_rest() -> None:
    assert poisson_stop(TOP[:15], total=100).may_stop and reading(TOP[:19], total=100, past_inclusions=40).stopped_at is None
    state = reading(TOP, total=100, past_inclusions=40)
    assert (state.stopped_at, state.sample, state.audited, state.bound) == (20, 4, 0, None)
    done = reading([*TOP, False, False, False, False], total=100, past_inclusions=40)
    assert done.bound == recall_bound(found=5, unshown=80, audited=4, missed=0) and done.found == 5


def test_a_relevant_record_in_the_sample_makes_the_stop_void_and_reading_goes_on() -> None:
    state = reading([*TOP, False, True], total=100, past_inclusions=40)
    assert state.stopped_at is None and state.bound is None
    later = reading([*TOP, False, True, *[False] * 70], total=100, past_inclusions=40)
    assert later.stopped_at is not None and later.stopped_at > 22


@pytest.mark.parametrize(("labels", "total"), [([], 0), ([], 5), ([False] * 5, 5), ([True], 1), ([False] * 40, 100)])
def test_with_nothing_found_or_nothing_left_there_is_no_stop(labels: list[bool], total: int) -> None:
    assert reading(labels, total=total, past_inclusions=40).stopped_at is None


def test_a_review_that_knows_few_relevant_records_reads_half_and_must_be_surer() -> None:
    long = [*TOP, *[False] * 30]
    assert reading(long[:49], total=100, past_inclusions=39).stopped_at is None
    assert reading(long, total=100, past_inclusions=39).stopped_at == 50
    assert (rule_for(39).confidence, rule_for(40).confidence) == (0.99, 0.9)

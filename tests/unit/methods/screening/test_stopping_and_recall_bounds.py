"""When reading may stop, and what an audit says was missed at most."""

from __future__ import annotations

import pytest
from scipy.stats import binom, hypergeom

from bot.errors import InvalidInputError
from bot.methods.screening.recall_bound import clopper_pearson, recall_bound
from bot.methods.screening.stopping import poisson_stop


def test_reading_does_not_stop_before_anything_was_found_nor_while_records_keep_coming() -> None:
    assert not poisson_stop([False] * 500, total=1000).may_stop
    assert not poisson_stop([True, False, False, False] * 100, total=1000).may_stop


def test_reading_may_stop_long_after_the_last_one_came() -> None:
    state = poisson_stop([True] * 20 + [False] * 480, total=1000)
    assert state.may_stop and state.expected_left < 0.1 and state.found == 20


def test_a_steady_rate_leaves_as_many_as_the_unread_share_says() -> None:
    # 50 in 500, evenly: 50 more are expected in the next 500.
    assert poisson_stop(([False] * 5 + [True] + [False] * 4) * 50, total=1000).expected_left == pytest.approx(50, rel=0.05)


def test_all_read_is_all_found() -> None:
    assert poisson_stop([False, True], total=2).probability == 1.0
    with pytest.raises(InvalidInputError):
        poisson_stop([], total=2)


def test_clopper_pearson_agrees_with_the_binomial_tail() -> None:
    # No loss in n: the lower bound is 0.05 ** (1 / n).
    assert clopper_pearson(30, 30) == (pytest.approx(0.05 ** (1 / 30)), 1.0)
    # By definition: at the lower bound 18 or more of 20 have 5 % probability, at the upper one 18 or fewer.
    lower, upper = clopper_pearson(18, 20)
    assert binom.sf(17, 20, lower) == pytest.approx(0.05) and binom.cdf(18, 20, upper) == pytest.approx(0.05)


def test_the_bound_is_the_most_that_the_audit_does_not_contradict() -> None:
    bound = recall_bound(found=40, unshown=1000, audited=100, missed=0)
    most = next(count for count in range(1000, -1, -1) if hypergeom.cdf(0, 1000, count, 100) > 0.05)
    assert bound.lower == pytest.approx(40 / (40 + most)) and bound.estimate == 1.0


def test_without_an_audit_nothing_is_promised() -> None:
    assert recall_bound(found=5, unshown=95, audited=0, missed=0).lower == pytest.approx(0.05)
    assert recall_bound(found=5, unshown=0, audited=0, missed=0).lower == 1.0
    with pytest.raises(InvalidInputError, match="audited"):
        recall_bound(found=1, unshown=5, audited=9, missed=0)

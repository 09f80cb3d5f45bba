"""Repeated looks: spending, bounds against exact and classical values, errors held by simulation, confidence sequences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SynthesisError
from bot.methods.synthesis import sequential
from bot.methods.synthesis.spending import Spending, bounds, classical, exits, inflation, spent_until


def test_bounds_agree_with_exact_integration():
    # Source: 60-point Gauss-Legendre on 24 panels (golden exact/eq2 and exact/eq5), two-sided 0.01 and one-sided 0.05.
    assert bounds([0.5, 1.0], alpha=0.01, sides=2, spending=Spending.OBRIEN_FLEMING).upper == pytest.approx(
        (3.8013685967081883, 2.577585155257115), abs=1e-9
    )
    found = bounds([0.2, 0.4, 0.6, 0.8, 1.0], alpha=0.05, sides=1, spending=Spending.HWANG, parameter=-4.0)
    assert found.upper[:3] == pytest.approx((3.050246536889989, 2.7619470956159016, 2.4423129198343076), abs=1e-9)


def test_classical_bounds_agree_with_the_textbook():
    # Source: Jennison & Turnbull 2000, tables 2.1 and 2.3; golden classical/*.
    assert classical(2, alpha=0.05, shape="OF").upper == pytest.approx((2.796509681287692, 1.9774309592923576), abs=1e-9)
    assert classical(2, alpha=0.05, shape="Pocock").upper[0] == pytest.approx(2.1782720887274376, abs=1e-9)


def test_one_look_is_the_ordinary_test():
    found = bounds([1.0], alpha=0.05, sides=2, spending=Spending.POCOCK)
    assert found.upper == pytest.approx((1.959963984540054,), abs=1e-10)
    assert inflation([1.0], found.upper, alpha=0.05, beta=0.1, sides=2) == pytest.approx(1.0, abs=2e-3)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique=True),
    st.sampled_from([Spending.OBRIEN_FLEMING, Spending.POCOCK]),
)
def test_the_whole_error_is_spent_at_the_end_and_never_more(looks, spending):
    times = [*sorted(round(t, 3) for t in looks), 1.0]
    if any(b - a < 0.01 for a, b in pairwise(times)):
        return
    found = bounds(times, alpha=0.05, sides=1, spending=spending)
    assert sum(exits(times, found.upper, sides=1)) == pytest.approx(0.05, abs=1e-8)
    assert list(found.spent) == sorted(found.spent)


def test_the_error_over_five_looks_is_held_in_a_simulation():
    times = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    found = bounds(times.tolist(), alpha=0.05, sides=2, spending=Spending.OBRIEN_FLEMING)
    random = np.random.default_rng(11)
    walks = np.cumsum(random.normal(0, np.sqrt(0.2), (40_000, 5)), axis=1) / np.sqrt(times)
    error = float(np.mean((np.abs(walks) > found.upper).any(axis=1)))
    assert error == pytest.approx(0.05, abs=0.004)  # Monte-Carlo error 0.0011


def test_a_confidence_sequence_covers_at_all_looks_at_once():
    random = np.random.default_rng(5)
    missed = 0
    for _ in range(400):
        sums = np.cumsum(random.normal(0.2, 1.0, 200))
        n = np.arange(1, 201)
        found = sequential.always_valid(estimate=sums / n, se=1 / np.sqrt(n), scale=0.3)
        missed += found.low[-1] > 0.2 or found.high[-1] < 0.2
    assert missed / 400 <= 0.05 + 2 * 0.011


def test_an_e_value_is_on_average_one_without_an_effect():
    random = np.random.default_rng(6)
    e = sequential.always_valid(estimate=random.normal(0, 0.5, 200_000), se=np.full(200_000, 0.5), scale=0.3).e_value
    assert np.mean(e) == pytest.approx(1.0, abs=0.02)


def test_needed_sizes_follow_the_textbook_formula_and_diversity_inflates_them():
    size = sequential.needed_participants(difference=5.0, variance=100.0)
    assert size == pytest.approx(4 * (1.959964 + 0.841621) ** 2 * 4, rel=1e-5)
    assert sequential.adjusted(size, 0.5) == pytest.approx(2 * size)
    assert sequential.diversity(yi=[0.1, 0.9, -0.3], vi=[0.02, 0.02, 0.02]) > 0.5
    with pytest.raises(SynthesisError, match="below 1"):
        sequential.adjusted(size, 1.0)


def test_looks_at_a_growing_review_say_where_a_bound_was_crossed():
    yi, vi = [-0.4, -0.5, -0.45, -0.5], [0.01, 0.01, 0.01, 0.01]
    found = sequential.looks(yi=yi, vi=vi, order=[0, 1, 2, 3], difference=0.3, method="EE")
    assert found.crossed is not None
    assert found.information == tuple(sorted(found.information))
    assert sequential.looks(yi=[0.01, -0.01], vi=[1.0, 1.0], order=[0, 1], difference=0.3).crossed is None


def test_times_that_do_not_rise_are_refused():
    with pytest.raises(SynthesisError, match="must rise"):
        bounds([0.5, 0.5], alpha=0.05, sides=2, spending=Spending.POCOCK)
    with pytest.raises(SynthesisError, match="needs a parameter"):
        spent_until(0.5, alpha=0.05, spending=Spending.POWER)

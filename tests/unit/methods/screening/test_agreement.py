"""Agreement of two blind votes, held to worked examples from outside."""

from __future__ import annotations

import pytest

from bot.methods.screening.agreement import agreement


def _pairs(both_yes: int, yes_no: int, no_yes: int, both_no: int) -> list[tuple[str, str]]:
    return ([("include", "include")] * both_yes + [("include", "exclude")] * yes_no + [("exclude", "include")] * no_yes
            + [("exclude", "exclude")] * both_no)


def test_kappa_of_the_worked_example_of_fifty_grant_applications() -> None:
    # 20, 5, 10, 15: raw agreement 0.70, kappa 0.40 (the example in the encyclopaedia article on Cohen's kappa).
    found = agreement(_pairs(20, 5, 10, 15))
    assert (found.raw, found.kappa) == (pytest.approx(0.7), pytest.approx(0.4))
    assert found.pabak == pytest.approx(0.4)


def test_rare_inclusions_make_kappa_low_and_leave_pabak_high() -> None:
    # Byrt, Bishop & Carlin 1993: PABAK depends on raw agreement alone.
    found = agreement(_pairs(1, 4, 5, 90))
    assert found.kappa == pytest.approx((0.91 - 0.8960) / (1 - 0.8960), abs=1e-3)
    assert found.pabak == pytest.approx(2 * 0.91 - 1)


def test_one_and_the_same_vote_throughout_has_no_kappa() -> None:
    found = agreement(_pairs(0, 0, 0, 12))
    assert (found.raw, found.kappa, found.pabak) == (1.0, None, 1.0)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        agreement([])

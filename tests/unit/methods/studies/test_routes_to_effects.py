"""Every route of what papers give leads to an effect: one trial told in many ways gives one number, and what is borrowed is marked."""

from __future__ import annotations

import math

import pytest

from bot.domain.effects import Effect
from bot.methods.studies.arms import from_numbers
from bot.methods.studies.computation import ROUTES_TO
from bot.methods.studies.extraction import Subject, read_numbers
from bot.methods.studies.routes import FORMULAS, ROUTES, THEN
from bot.methods.synthesis.distributions import special

SUBJECT = Subject("Lee 2021", "Depression", "PHQ-9")
N_E, N_C, MEAN_E, MEAN_C, SD = 40, 44, 9.0, 11.0, 5.0
SIZES = {"n_e": str(N_E), "n_c": str(N_C)}
SPREAD = math.sqrt(1 / N_E + 1 / N_C)
T = (MEAN_E - MEAN_C) / (SD * SPREAD)
HALF = float(special().stdtrit(N_E + N_C - 2, 0.975)) * SD * SPREAD


def effect(route: str, measure: str = "SMD", sign: float = -1.0, **typed: object) -> Effect:
    numbers, problems = read_numbers({**SIZES, **{name: f"{value:.14g}" if isinstance(value, float) else str(value)
                                                  for name, value in typed.items()}}, route=route, subject=SUBJECT)
    assert problems == ()
    assert numbers is not None
    given = numbers.as_entered() | ({"sign": sign} if ROUTES[route].directed else {})
    return from_numbers(given, route, measure, "Lee 2021")


WAYS = {
    "means_se": {"mean_e": MEAN_E, "se_e": SD / math.sqrt(N_E), "mean_c": MEAN_C, "se_c": SD / math.sqrt(N_C)},
    "t": {"t": abs(T)}, "f": {"f": T**2},
    "p": {"p": 2 * float(special().stdtr(N_E + N_C - 2, T))},
    "difference": {"difference": 2.0, "low": 2.0 - HALF, "high": 2.0 + HALF},
    "adjusted": {"difference": 2.0, "se": SD * SPREAD, "sd_e": SD, "sd_c": SD},
    "ancova_t": {"t": abs(T), "r2": 0},
}


@pytest.mark.parametrize("route", WAYS)
def test_one_trial_told_in_another_way_gives_the_same_effect(route: str) -> None:
    told = effect(route, **WAYS[route])
    plain = effect("means", mean_e=MEAN_E, sd_e=SD, mean_c=MEAN_C, sd_c=SD)
    assert (told.yi, told.vi) == pytest.approx((plain.yi, plain.vi), rel=1e-9)


def test_a_clustered_arm_alone_counts_less() -> None:
    plain = effect("t", t=2)
    clustered = effect("t", t=2, cluster_size_e=5, icc_e=0.05)
    # Cochrane Handbook 23.1: n / (1 + (5 - 1) 0.05) = n / 1.2 in that arm.
    assert clustered.yi == plain.yi
    expected = 1.2 / N_E + 1 / N_C + plain.yi**2 / (2 * (N_E / 1.2 + N_C))
    assert clustered.vi == pytest.approx(expected, rel=1e-12)


def test_an_icc_that_is_not_reported_is_borrowed_and_marked() -> None:
    numbers, _ = read_numbers(SIZES | {"t": "2", "cluster_size_e": "5"}, route="t", subject=SUBJECT)
    assert numbers is not None
    assert dict(numbers.more) == {"t": 2, "cluster_size_e": 5, "icc_e": 0.05, "icc_borrowed_e": 1}


def test_two_intervention_arms_are_combined_with_the_spread_between_them() -> None:
    both = effect("means", mean_e=10, sd_e=4, mean_c=12, sd_c=4, n_e2=10, mean_e2=14, sd_e2=4)
    # By hand: mean (40·10 + 10·14)/50 = 10.8; SD² = (39·16 + 9·16 + 40·10/50·16)/49.
    sd = math.sqrt((39 * 16 + 9 * 16 + 40 * 10 / 50 * 16) / 49)
    by_hand = from_numbers({"n_e": 50, "mean_e": 10.8, "sd_e": sd, "n_c": N_C, "mean_c": 12, "sd_c": 4}, "means", "SMD", "")
    assert (both.yi, both.vi) == pytest.approx((by_hand.yi, by_hand.vi), rel=1e-12)


def test_a_bound_is_no_exact_p_and_an_interval_holds_its_middle() -> None:
    _, bound = read_numbers(SIZES | {"p": "<.05"}, route="p", subject=SUBJECT)
    assert [problem.field for problem in bound] == ["p"]
    _, outside = read_numbers(SIZES | {"ratio": "0.5", "low": "0.6", "high": "0.9"}, route="odds_ratio", subject=SUBJECT)
    assert "must rise" in outside[0].message


def test_every_measure_has_a_route_and_every_formula_words() -> None:
    assert all(ROUTES_TO.values())
    assert not [step for step in FORMULAS if THEN in step]

"""Effects are turned so that the outcome's direction favours the intervention; each row of the starting set is held to the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.protocols import Protocol
from bot.domain.results import Numbers, Result
from bot.errors import EffectSizeError
from bot.methods.studies.computation import effect_of
from bot.protocols.load import load
from bot.steps.studies.import_starting_set import result_of_starting_row
from tests.fixtures_screening import REPOSITORY
from tests.fixtures_studies import starting_set

# Computed apart from this program, from the raw numbers of shared/evidence/starting_set.csv with the formulas of issue 2, item 6; where
# Metapsy has the row, its g (effects.csv, g_recomputed) is the same to 4 digits, with "positive favours treatment" (trap 1 of pitfalls.md).
EXPECTED = {
    ("Griffiths 2012", "depression"): -0.15695, ("Dean 2016", "depression"): -0.17688, ("Tomasino 2017", "depression"): -0.36337,
    ("Shorey 2019", "depression"): -0.48418, ("Westerhof 2019", "depression"): 0.31265, ("Rohrbach 2022", "depression"): -0.38532,
    ("Merza 2023", "depression"): -0.81091, ("Sebela 2025", "depression"): -0.30000, ("Rohrbach 2022", "anxiety"): -0.40386,
    ("Ellis 2011", "anxiety"): -0.95000, ("Sebela 2025", "anxiety"): -0.29000, ("Griffiths 2012", "quality_of_life"): 0.18618,
    ("Kaplan 2011", "quality_of_life"): 0.20742, ("Dean 2016", "quality_of_life"): 0.15026, ("Sebela 2025", "quality_of_life"): 0.27000,
    ("Kaplan 2011", "personal_recovery"): 0.14752, ("Dean 2016", "social_functioning"): 0.28692,
}


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load(REPOSITORY / "reviews" / "digital-peer-support")


def test_every_row_of_the_starting_set_points_the_way_its_outcome_says(protocol: Protocol) -> None:
    found = {}
    for row in starting_set():
        outcome = protocol.outcome(row.outcome)
        found[row.study, row.outcome] = effect_of(result_of_starting_row(row), study=row.study, outcome=outcome).yi
    assert found == pytest.approx(EXPECTED, abs=0.00001)


def result(outcome: str, numbers: Numbers, *, higher_is_better: bool) -> Result:
    return Result(outcome=outcome, report_id=None, instrument="X", higher_is_better=higher_is_better, experimental="peers", comparator="none",
                  design="randomised", time_point="end", months=None, programme_months=None, numbers=numbers, says="", randomised_e=None,
                  randomised_c=None, analysis="", source="table 2", quote="", note="", question="", answer="")


MEANS = Numbers(route="means", n_e=30, n_c=30, mean_e=12.0, sd_e=4.0, mean_c=10.0, sd_c=4.0)


def test_the_same_means_favour_the_intervention_on_one_instrument_and_the_comparison_on_its_mirror(protocol: Protocol) -> None:
    depression = protocol.outcome("depression")
    worse = effect_of(result("depression", MEANS, higher_is_better=False), study="A", outcome=depression)
    better = effect_of(result("depression", MEANS, higher_is_better=True), study="A", outcome=depression)
    assert worse.yi == -better.yi > 0
    assert worse.vi == better.vi


def test_a_ratio_of_the_opposite_event_is_refused_not_turned(protocol: Protocol) -> None:
    counts = Numbers(route="events", n_e=50, n_c=50, events_e=40, events_c=45)
    with pytest.raises(EffectSizeError, match="count those who had the event that the outcome asks about"):
        effect_of(result("drop_out", counts, higher_is_better=True), study="A", outcome=protocol.outcome("drop_out"))


def test_a_risk_ratio_cannot_be_had_from_means(protocol: Protocol) -> None:
    with pytest.raises(EffectSizeError, match="A, Drop-out: pooled as RR"):
        effect_of(result("drop_out", MEANS, higher_is_better=False), study="A", outcome=protocol.outcome("drop_out"))


def test_a_mean_difference_stays_in_points_where_the_outcome_says_so(protocol: Protocol) -> None:
    in_points = replace(protocol.outcome("depression"), measure="MD")
    assert effect_of(result("depression", MEANS, higher_is_better=False), study="A", outcome=in_points).yi == 2.0

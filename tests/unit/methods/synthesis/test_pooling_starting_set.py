"""The starting set through effect sizes and pooling, held to numbers computed apart from this code."""

from __future__ import annotations

import csv

import pytest

from bot.domain.effects import Effect
from bot.methods.synthesis.effect_sizes import from_events, from_reported_smd, standardised_mean_difference
from bot.methods.synthesis.pooling import pool
from tests.shared import shared_path


def _number(row: dict[str, str], name: str) -> float | None:
    return float(row[name]) if row[name] else None


def _effect(row: dict[str, str]) -> Effect:
    sizes = {"n_e": _number(row, "n_e"), "n_c": _number(row, "n_c"), "study": row["study"]}
    if row["route"] == "smd":
        return from_reported_smd(smd=_number(row, "smd_reported"), **sizes)
    if row["route"] == "events":
        effect = from_events(events_e=_number(row, "events_e"), events_c=_number(row, "events_c"), **sizes)
    else:
        fields = {name: _number(row, name) for name in ("mean_e", "sd_e", "mean_c", "sd_c")}
        effect = standardised_mean_difference(**fields, **sizes)
    return effect.turned() if row["higher_is_better"] == "yes" else effect


def _depression(*, until: str) -> list[Effect]:
    with shared_path("evidence/starting_set.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["outcome"] == "depression" and row["available_from"] <= until]
    return [_effect(row) for row in rows]


# Source: metafor-style REML with Knapp-Hartung (ad hoc) and t(k-1) prediction, computed from the starting set apart from this code.
@pytest.mark.shared
@pytest.mark.parametrize(
    ("until", "k", "estimate", "interval", "tau2", "i2", "predicted"),
    [
        ("2025-07", 7, -0.357624, (-0.652976, -0.062273), 0.052742, 55.90, (-0.99246, 0.27722)),
        ("2025-08", 8, -0.351541, (-0.583139, -0.119942), 0.036242, 53.90, (-0.85778, 0.15470)),
    ],
)
def test_the_depression_estimate_of_the_starting_set_is_the_one_computed_apart(until, k, estimate, interval, tau2, i2, predicted):
    effects = _depression(until=until)
    pooled = pool(yi=[e.yi for e in effects], vi=[e.vi for e in effects], labels=[e.study for e in effects])
    assert pooled.k == k
    assert pooled.estimate == pytest.approx(estimate, abs=1e-6)
    assert (pooled.ci_low, pooled.ci_high) == pytest.approx(interval, abs=1e-6)
    assert pooled.tau2 == pytest.approx(tau2, abs=1e-6)
    assert pooled.i2 == pytest.approx(i2, abs=5e-3)
    assert (pooled.pi_low, pooled.pi_high) == pytest.approx(predicted, abs=1e-5)

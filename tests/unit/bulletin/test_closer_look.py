"""The closer look as a bulletin shows it: numbers that are kept, put into words, on the scale that is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.bulletin.closer import closer
from bot.domain.effects import Effect
from bot.methods.synthesis.analyses import Dated, Kind, computed, frozen_analysis
from bot.methods.synthesis.provenance import fingerprint
from bot.methods.synthesis.sensitivity import Candidate, Line
from tests.unit.bulletin import sample_material as sample

DEPRESSION = sample.protocol().outcome("depression")

COMMON = {"method": "REML", "interval": "knapp-hartung-max1", "prediction": "t(k-1)", "level": 0.95}
OPTIONS = {
    "sensitivity": {"lines": list(Line), "suits_priors": True},
    "closer_look": {"asymmetry": "root-inverse-n"},
    "what_next": {"measure": "SMD", "thresholds": [0.0, -0.24], "sizes": [100], "seed": 1, "power": 0.8, "each": 200},
    "repeated_looks": {"difference": -0.24, "alpha": 0.05, "beta": 0.2, "spending": "OF", "tau": 0.2},
}


def looked(k: int, *, kinds: tuple[str, ...] = tuple(OPTIONS), measure: str = "SMD") -> dict[str, Any] | None:
    """Return what is shown of k trials and two other studies, one of them at critical risk."""
    sizes = [20 + 7 * i for i in range(k)]
    measured = [Effect(f"Trial {i}", -0.5 + 0.6 * i / k, 2 / n, measure, n, n) for i, n in enumerate(sizes)]
    trials = [Dated(Candidate(one, "randomised", "high" if i == 0 else ""), f"20{10 + i}") for i, one in enumerate(measured)]
    others = [Dated(Candidate(Effect("Other", -0.8, 0.1, measure, 20, 20), "non_randomised", "serious")),
              Dated(Candidate(Effect("Flawed", -3.0, 0.1, measure, 20, 20), "non_randomised", "critical"))]
    found = {}
    for kind in kinds:
        content = frozen_analysis(Kind(kind), [*trials, *others], COMMON | OPTIONS[kind])
        found[kind] = computed(content, sha256=fingerprint(content))
    return closer(replace(DEPRESSION, measure=measure), found)


def test_one_table_has_the_lines_and_says_who_was_left_out() -> None:
    shown = looked(5, kinds=("sensitivity",))
    assert shown is not None
    table = {row["label"]: row for row in shown["sensitivity"]["rows"]}
    assert table["Without trials at high risk of bias"]["left_out"] == ["Trial 0"]
    assert table["Without means converted from medians"]["same"] is True
    assert table["Non-randomised studies, apart"]["studies"] == "1 study"
    assert table["Sensitivity only: trials and non-randomised studies together"]["studies"] == "6 studies"
    assert [one["study"] for one in shown["sensitivity"]["shown_only"]] == ["Flawed"] and shown["sensitivity"]["not_appraised"] == 4


def test_a_test_for_asymmetry_is_told_of_from_ten_trials_on_and_lowers_nothing() -> None:
    nine, ten = looked(9, kinds=("sensitivity", "closer_look")), looked(10, kinds=("sensitivity", "closer_look"))
    assert nine is not None and ten is not None
    assert nine["asymmetry"] == "With fewer than ten trials no test for small-study effects is made."
    assert "√(1/n₁ + 1/n₂): p < 0.001" in ten["asymmetry"] and "lowers no certainty" in ten["asymmetry"]


def test_what_next_speaks_of_no_difference_and_of_the_smallest_that_matters() -> None:
    shown = looked(4)
    assert shown is not None
    assert [one["about"] for one in shown["next"]] == ["no difference", "the smallest difference that matters (SMD −0.24)"]
    assert len(shown["repeated"]["rows"]) == 4 and shown["repeated"]["rows"][0]["bound"] > 2


def test_ratios_are_shown_as_ratios_and_nothing_is_shown_of_too_little() -> None:
    shown = looked(4, kinds=("sensitivity", "closer_look"), measure="RR")
    assert shown is not None and not shown["sensitivity"]["rows"][0]["words"].startswith("−")
    assert closer(DEPRESSION, {}) is None

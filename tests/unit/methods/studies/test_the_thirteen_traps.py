"""The thirteen traps of shared/standards/pitfalls.md ("Figures from papers"), each on its own row of shared/evidence/effects.csv."""

from __future__ import annotations

import csv
import math
from typing import Any

import pytest

from bot.domain.outcomes import Instrument, Outcome
from bot.domain.results import Numbers, Result
from bot.errors import InvalidInputError
from bot.methods.studies.computation import effect_of
from bot.methods.studies.extraction import Subject, read_numbers
from bot.methods.studies.plausibility import Entry, Other, questions
from bot.steps.studies import forms
from tests.fixtures_screening import shipped_protocol
from tests.shared import shared_path

pytestmark = pytest.mark.shared
DEPRESSION: Outcome = shipped_protocol().outcome("depression")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with shared_path("evidence/effects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def the_row(rows: list[dict[str, str]], study: str, **wanted: str) -> dict[str, str]:
    return next(row for row in rows if study in row["study"] and all(words in row[name] for name, words in wanted.items()))


def result_of(row: dict[str, str], **changed: Any) -> Result:
    """Return a row as somebody would enter it: means and SDs where it has them, else the numbers that are given."""
    numbers = changed.pop("numbers", None) or Numbers(
        "means", int(float(row["n_i"])), int(float(row["n_c"])), float(row["mean_i"]), float(row["sd_i"]), float(row["mean_c"]),
        float(row["sd_c"]))
    given: dict[str, Any] = {
        "outcome": "depression", "report_id": None, "instrument": row["measure"], "higher_is_better": row["lower_is_better"] == "no",
        "experimental": row["arm_i"], "comparator": row["arm_c"], "design": "randomised", "time_point": row["time_point"], "months": None,
        "programme_months": None, "numbers": numbers, "says": "", "randomised_e": None, "randomised_c": None, "analysis": "", "source": "x",
        "quote": "", "note": "", "question": "", "answer": ""}
    return Result(**{**given, **changed})


def asked(result: Result, *others: Result, instrument: Instrument | None = None) -> list[str]:
    effect = effect_of(result, study="a study", outcome=DEPRESSION)
    entry = Entry(result, instrument, effect.yi, favours_below=True, variance=effect.vi)
    return [one.id for one in questions(entry, [Other(True, "a study", "another result", one) for one in others])]


def test_1_a_sign_says_nothing_so_words_are_asked_for(rows: list[dict[str, str]]) -> None:
    griffiths = the_row(rows, "Griffiths", effect_type="Hedges")
    assert griffiths["effect_sign"] == "positive = favours peer support"
    form, _ = forms.read({"route": "smd", "smd": "-0.156", "n_e": "53", "n_c": "71", "instrument": "other"})
    _, problems = forms.result_of(form, study="Griffiths 2012", outcome=DEPRESSION, reports=())
    assert {"smd", "favours"} <= {problem.field for problem in problems}


def test_2_effects_are_computed_from_their_own_row_and_months_called_weeks_are_asked_about(rows: list[dict[str, str]]) -> None:
    # g_recomputed has J by its approximation, ours by the gamma function: they part by up to 1 in 1,000 in the smallest trials.
    for row in (row for row in rows if row["sd_i"] and row["sd_c"] and row["g_recomputed"] and row["mean_i"]):
        effect = effect_of(result_of(row), study=row["study"], outcome=DEPRESSION)
        assert abs(effect.yi) == pytest.approx(abs(float(row["g_recomputed"])), rel=2e-3, abs=6e-4), (row["study"], row["measure"])
    kaplan = the_row(rows, "Kaplan", outcome_group="clinical")
    assert "behave as MONTHS" in kaplan["time_unit_as_in_source"]
    assert "months_or_weeks" in asked(result_of(kaplan, time_point="4 weeks", months=4.0))


def test_3_a_sign_that_contradicts_its_own_means_is_asked_about_in_davidson_2004(rows: list[dict[str, str]]) -> None:
    row = the_row(rows, "Davidson", flag="SIGN differs")
    assert asked(result_of(row, says="intervention")) == ["sign_against_words"]


def test_4_sds_that_are_standard_errors_are_asked_about_in_salzer_2016_and_entered_as_such_in_yeo_2023(rows: list[dict[str, str]]) -> None:
    assert "sd_like_se" in asked(result_of(the_row(rows, "Salzer", sd_i="0.14")))
    yeo = the_row(rows, "Yeo")
    assert "NOT SD" in yeo["effect_type"]
    given = {"mean_e": yeo["mean_i"], "mean_c": yeo["mean_c"], "se_e": "0.88", "se_c": "0.89", "n_e": "45", "n_c": "46"}
    numbers, problems = read_numbers(given, route="means_se", subject=Subject("Yeo 2023", "Depression", "x"))
    assert not problems and numbers is not None
    effect = effect_of(result_of(yeo, numbers=numbers), study="Yeo 2023", outcome=DEPRESSION)
    # SD = SE·√n: 5.90 and 6.04, so (7.15 − 11.75)/5.97·J = −0.76; as SDs they would give −5.
    assert effect.yi == pytest.approx(-0.76, abs=0.01)


def test_5_an_n_far_from_that_of_the_other_outcomes_or_above_the_randomised_is_asked_about_in_shorey_2019(rows: list[dict[str, str]]) -> None:
    epds, support = result_of(the_row(rows, "Shorey", measure="EPDS")), result_of(the_row(rows, "Shorey", measure="Perceived"))
    assert "n_unlike_others" in asked(support, epds)
    assert "n_above_randomised" in asked(result_of(the_row(rows, "Shorey", measure="EPDS"), randomised_e=50))


def test_6_a_d_within_one_arm_is_asked_about_in_merza_2023(rows: list[dict[str, str]]) -> None:
    row = the_row(rows, "Merza", measure="epds")
    assert "d=1.32" in row["flag"] and float(row["effect"]) == pytest.approx(0.81, abs=0.005)
    assert "between_arms" in asked(result_of(row, numbers=Numbers("smd", 92, 91, smd=-1.32), says="intervention"))


@pytest.mark.parametrize("study", ["Griffiths", "Rohrbach", "Kaplan"])
def test_7_one_control_group_under_several_arms_is_asked_about(rows: list[dict[str, str]], study: str) -> None:
    row = the_row(rows, study, sd_i=".")
    first = result_of(row)
    n_e, n_c = first.numbers.n_e, first.numbers.n_c
    second = result_of(row, experimental="another active arm", numbers=Numbers("means", n_e, n_c, 3.0, 1.0, 3.1, 1.0))
    assert "comparison_shared" in asked(second, first)


def test_8_two_reports_that_swap_the_arms_are_asked_about_in_horyzons(rows: list[dict[str, str]]) -> None:
    row = the_row(rows, "Alvarez", measure="CDSS")
    assert (row["n_i"], row["n_c"]) == ("84", "86")
    secondary = result_of(row, numbers=Numbers("means", 84, 86, 4.0, 3.0, 4.2, 3.0))
    own = result_of(row, outcome="anxiety", numbers=Numbers("means", 86, 84, 8.0, 4.0, 8.2, 4.0))
    assert "arms_swapped" in asked(secondary, own)


def test_9_what_a_source_judged_of_bias_cannot_be_entered_people_here_judge(rows: list[dict[str, str]]) -> None:
    judged = {row["rob_in_source"] for row in rows if "Griffiths" in row["study"] and row["rob_in_source"]}
    assert len(judged) > 1, "two sources, two judgements"
    with pytest.raises(InvalidInputError, match="does not belong to this form"):
        forms.read({"route": "smd", "risk_of_bias": "low"})


def test_10_arms_as_unequal_as_in_sebela_2025_are_asked_about_and_so_is_a_p_that_does_not_fit(rows: list[dict[str, str]]) -> None:
    row = the_row(rows, "Sebela")
    numbers = Numbers("smd", 173, 315, smd=-0.30)
    assert "arms_unequal" in asked(result_of(row, numbers=numbers, says="intervention"))
    assert "p_unlike" in asked(result_of(row, numbers=numbers, says="intervention", quote="not different (p = .30)"))


def test_11_the_peer_arm_is_asked_for_by_what_it_got_also_where_the_report_calls_it_the_control(rows: list[dict[str, str]]) -> None:
    assert "CONTROL" in the_row(rows, "Gliddon")["eligibility_for_topic"]
    _, problems = forms.result_of(forms.read({"route": "smd"})[0], study="Gliddon 2019", outcome=DEPRESSION, reports=())
    assert any("even if the report calls it the control" in problem.message for problem in problems)


def test_12_denominators_that_do_not_agree_are_asked_about_in_dean_2016_and_schlosser(rows: list[dict[str, str]]) -> None:
    assert "few_analysed" in asked(result_of(the_row(rows, "Dean", measure="CES-D"), randomised_e=431, randomised_c=432))
    schlosser = the_row(rows, "Schlosser")
    n_e, n_c = int(schlosser["n_i"]), int(schlosser["n_c"])
    t = 2.14
    given = Numbers.of("t", {"n_e": n_e, "n_c": n_c, "t": t, "sign": -1.0})
    assert "df_above_n" in asked(result_of(schlosser, numbers=given, says="intervention", quote=f"t(55) = {t}, p = .04"))
    assert "df_above_n" not in asked(result_of(schlosser, numbers=given, says="intervention", quote=f"t({n_e + n_c - 2}) = {t}"))
    assert math.isfinite(effect_of(result_of(schlosser, numbers=given), study="Schlosser", outcome=DEPRESSION).vi)


def test_13_not_significant_is_no_number_and_the_form_says_what_to_do_with_it(rows: list[dict[str, str]]) -> None:
    assert the_row(rows, "Ellis", outcome_group="depression", effect_type="not significant")["effect"] == ""
    for said in ("n.s.", "ns", "not significant", "p > .05"):
        given = {"smd": said, "n_e": "13", "n_c": "13"}
        numbers, problems = read_numbers(given, route="smd", subject=Subject("Ellis 2011", "Depression", "DASS"))
        assert numbers is None and problems, said

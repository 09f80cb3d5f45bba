"""The pictures beside the forest plot: true to the content, the same bytes each time, drawn only where there is something to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from lxml import etree

from bot.bulletin import pictures, plots
from bot.bulletin.compose import compose, finished
from bot.bulletin.figures import bias, flow, funnel, timeline
from bot.bulletin.figures.flow import FlowBox, FlowColumn
from bot.bulletin.figures.sheet import DARK, LIGHT, in_palette
from bot.bulletin.material import Appraised, Material
from bot.methods.appraisal import engine
from tests.unit.bulletin import sample_material as sample
from tests.unit.bulletin.figures.test_forest_plot import letters

DOMAINS = [(one.id, one.name) for one in engine.variant("rob2", "individual_assignment").domains]


def appraised(material: Material, overall: tuple[str, ...]) -> Material:
    """Return material in which the first trials of depression are judged, the others not."""
    outcomes = []
    for one in material.outcomes:
        judged = [*overall, *[""] * len(one.trials)] if one.outcome.id == "depression" else [""] * len(one.trials)
        outcomes.append(replace(one, trials=tuple(
            replace(trial, spread=0.2, risk=Appraised(risk, "RoB 2", tuple((sign, name, "low") for sign, name in DOMAINS)) if risk else None)
            for trial, risk in zip(one.trials, judged, strict=False))))
    return replace(material, outcomes=tuple(outcomes))


@lru_cache(maxsize=1)
def content() -> dict[str, Any]:
    """Return the second bulletin with three trials of depression judged."""
    return compose(appraised(sample.month_two(), ("low", "some concerns", "high")))


def depression(of: dict[str, Any] | None = None) -> dict[str, Any]:
    return next(one for one in (of or content())["outcomes"] if one["id"] == "depression")


def test_every_picture_is_named_in_the_content_with_what_a_screen_reader_says() -> None:
    listed = content()["pictures"]
    assert {one["kind"] for one in listed if one["outcome"] == "depression"} == {"forest", "timeline", "bias", "bias-summary"}
    assert listed[-1]["kind"] == "flow" and "Found since then: records identified 8, duplicates removed 0" in listed[-1]["alt"]
    said = {one["kind"]: one["alt"] for one in listed if one["outcome"] == "depression"}
    assert said["bias"] == "Risk of bias of 3 results on depression by RoB 2, overall: 1 low, 1 some concerns, 1 high."
    assert said["timeline"] == ("Depression in 2 bulletins: from −0.36 (−0.65 to −0.06) with 7 trials to −0.35 (−0.58 to −0.12) with 8 trials.")


def test_every_listed_picture_is_drawn_the_same_each_time_and_says_that_it_is_a_demonstration() -> None:
    first, again = pictures.svgs(content()), pictures.svgs(content())
    assert [file.content for file in first] == [file.content for file in again]
    assert len(first) == 4 * len(content()["pictures"]) and len({file.name for file in first}) == len(first)
    for file in first:
        assert etree.fromstring(file.content).tag.endswith("svg")
        assert any(line.startswith("Demonstration:scripted") for line in letters(file.content)), file.name


def test_an_unsigned_result_has_no_mark_and_a_signed_one_stands_in_the_forest_plot_with_its_sign() -> None:
    plot = plots.forest_plot(content(), depression())
    assert [row.risk for row in plot.rows[:4]] == ["low", "some concerns", "high", ""]
    svg = next(file.content for file in pictures.svgs(content()) if file.name == "forest-depression.svg")
    assert "Riskofbias:+low;−someconcerns;×high." in letters(svg)
    unjudged = next(file.content for file in pictures.svgs(compose(sample.month_two())) if file.name == "forest-depression.svg")
    assert not any("Riskofbias" in line for line in letters(unjudged))


def test_a_bar_shows_the_share_of_the_weight() -> None:
    assert bias.shares_of(["low", "high", ""], [0.5, 0.25, 0.25]) == [("low", 0.5), ("high", 0.25), ("", 0.25)]
    assert bias.shares_of([], []) == []


def test_an_estimate_that_never_moved_has_no_picture_over_time() -> None:
    assert plots.timeline(content(), depression()) is not None
    recovery = next(one for one in content()["outcomes"] if one["id"] == "personal_recovery")
    assert len(recovery["history"]) == 1 and plots.timeline(content(), recovery) is None


def test_history_grows_with_each_bulletin_and_keeps_its_numbers() -> None:
    third = compose(replace(sample.month_two(), previous=finished(content(), sample.publication(2, date(2025, 8, 9)))))
    told = depression(third)["history"]
    assert [(one["number"], one["k"], round(one["estimate"], 2)) for one in told] == [(1, 7, -0.36), (2, 8, -0.35)]
    assert [one["searched_to"] for one in told] == ["2025-02-01", "2025-08-01"]


def test_a_bulletin_frozen_before_there_was_a_history_is_read() -> None:
    old = sample.published_one()
    for one in old["outcomes"]:  # type: ignore[attr-defined]
        one.pop("history")
    assert [one["number"] for one in depression(compose(replace(sample.month_two(), previous=old)))["history"]] == [1]


def test_ten_years_of_bulletins_fit_the_picture() -> None:
    moments = tuple(timeline.Moment(date(2026 + month // 12, month % 12 + 1, 1), 8 + month // 12, -0.3, -0.5, -0.1) for month in range(120))
    sheet = timeline.drawn(timeline.Timeline("Depression", "SMD", moments, "favours peers", "favours comparison"), 4.1)
    assert b"NaN" not in sheet.svg("x") and len(sheet.svg("x")) < 100_000


def test_a_funnel_waits_for_ten_trials() -> None:
    assert plots.funnel(content(), depression()) is None
    many = depression() | {"trials": [trial | {"spread": 0.1 + 0.02 * number} for number, trial in enumerate(depression()["trials"] * 2)]}
    plot = plots.funnel(content(), many)
    assert plot is not None and plot.height == "√(1/n₁ + 1/n₂)" and plot.pooled == pytest.approx(-0.35154, abs=1e-3)
    assert funnel.drawn(plot, 6.4).svg("x") == funnel.drawn(plot, 6.4).svg("x")


@pytest.mark.parametrize("width", [pictures.WIDE, pictures.NARROW])
@pytest.mark.parametrize("label", ["Records identified", "<b>Records</b> " * 12])
def test_the_flow_holds_every_box_with_its_number_whatever_it_is_called(width: float, label: str) -> None:
    boxes = [FlowBox("identified", label, 1_234_567, ("a source with a very long name indeed: 7",) * 9), FlowBox("excluded", "Excluded", 3),
             FlowBox("screened", "Screened", 4), FlowBox("unheard_of", "Another box", 5)]
    words = "".join(letters(flow.drawn([FlowColumn("", tuple(boxes))], (), width, title="Flow").svg("x")))
    assert "1,234,567" in words and "Excluded:3" in words and "Anotherbox:5" in words


def test_dark_and_light_have_the_same_shapes() -> None:
    light = flow.drawn([FlowColumn("", (FlowBox("identified", "Records", 1),))], (), 4.1, title="Flow").svg("x")
    assert in_palette(in_palette(light, LIGHT, DARK), DARK, LIGHT) == light

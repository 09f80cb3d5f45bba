"""The pictures of a bulletin, drawn from its content: one forest plot per outcome, for wide and narrow, light and dark screens.

How a forest plot is drawn: bot/bulletin/figures/forest.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.bulletin.figures import forest
from bot.bulletin.figures.forest import ForestPlot, ForestRow, Layout, Summary
from bot.bulletin.figures.sheet import DARK, LIGHT, in_palette

SVG, PNG = "image/svg+xml", "image/png"
MARKS = ("*", "†", "‡", "§", "¶")
MOST_REMARK = 220


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bulletin."""

    name: str
    media_type: str
    content: bytes


def pictures(content: Mapping[str, Any]) -> list[File]:
    """Return every picture of a bulletin; an outcome without trials has none."""
    return [file for outcome in content["outcomes"] if outcome["trials"] for file in forest_files(content, outcome)]


def forest_files(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> list[File]:
    """Return the forest plot of an outcome: SVG for wide and narrow, light and dark, and a PNG for mail."""
    plot, name = forest_plot(content, outcome), forest_name(outcome)
    files = []
    for layout, suffix in ((Layout.WIDE, ""), (Layout.NARROW, "-narrow")):
        light = forest.svg(plot, layout=layout, alt=outcome["alt"])
        files += [File(f"{name}{suffix}.svg", SVG, light), File(f"{name}{suffix}-dark.svg", SVG, in_palette(light, LIGHT, DARK))]
    return [*files, File(f"{name}.png", PNG, forest.png(plot))]


def forest_name(outcome: Mapping[str, Any]) -> str:
    """Return how the files of an outcome's forest plot begin."""
    return f"forest-{outcome['id'].replace('_', '-')}"


def forest_plot(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> ForestPlot:
    """Return an outcome's forest plot as data."""
    asked = [trial for trial in outcome["trials"] if trial["answer"]]
    marks = {trial["study_id"]: MARKS[place] for place, trial in enumerate(asked[:len(MARKS)])}
    published = next(iter(outcome["published"]), None)
    remarks = [content["provisional"]]
    if published and content["benchmark"]:
        remarks.append(f"{published['short']}: a published review, apart and not pooled; {content['benchmark']['independence']}.")
    remarks += [_cut(f"{marks[trial['study_id']]} {trial['study']}: {trial['answer']}") for trial in asked[:len(MARKS)]]
    return ForestPlot(
        title=f"{outcome['label']}: {content['review']['intervention']} against comparison", measure=outcome["measure"],
        rows=tuple(_row(trial, marks.get(trial["study_id"], "")) for trial in outcome["trials"]),
        favours_left=outcome["favours"][0], favours_right=outcome["favours"][1], pooled=_pooled(outcome["result"]),
        benchmark=_summary(f"{published['short']}, published", published, is_firm=False) if published else None,
        remarks=tuple(remarks), notice=content["notice"], ratio=outcome["ratio"])


def _row(trial: Mapping[str, Any], mark: str) -> ForestRow:
    return ForestRow(label=trial["study"], estimate=trial["estimate"], ci_low=trial["ci_low"], ci_high=trial["ci_high"],
                     weight=trial["weight"], participants=trial["participants"], is_new=trial["is_new"], mark=mark)


def _pooled(result: Mapping[str, Any] | None) -> Summary | None:
    """Return the diamond: none for one trial, an empty one for the cautious estimate of two or three, none where each stands by itself."""
    if result is not None and result["cautious"]:
        return _summary(f"{result['k']} trials, cautious estimate", result["cautious"], is_firm=False)
    if result is None or not result["pooled"] or result["few"]:
        return None
    spread = (result["pi_low"], result["pi_high"]) if result["pi_low"] is not None and result["pi_high"] is not None else None
    return _summary(f"{result['k']} trials found so far", result, is_firm=True, prediction=spread)


def _summary(label: str, numbers: Mapping[str, Any], *, is_firm: bool, prediction: tuple[float, float] | None = None) -> Summary:
    low, high = numbers["ci_low"], numbers["ci_high"]
    return Summary(label, numbers["estimate"], float("-inf") if low is None else low, float("inf") if high is None else high, prediction,
                   is_firm)


def _cut(words: str) -> str:
    return words if len(words) <= MOST_REMARK else words[:MOST_REMARK].rsplit(" ", 1)[0] + " …"

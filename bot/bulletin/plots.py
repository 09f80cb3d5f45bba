"""The plots of a bulletin as data, made from its content. How they are drawn: bot/bulletin/figures; as which files: pictures.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.bulletin import history, prisma_flow
from bot.bulletin.closer import ENOUGH_FOR_A_TEST
from bot.bulletin.figures.bias import BiasPlot, BiasRow
from bot.bulletin.figures.flow import FlowBox, FlowColumn
from bot.bulletin.figures.forest import ForestPlot, ForestRow, Summary
from bot.bulletin.figures.funnel import Funnel, FunnelPoint
from bot.bulletin.figures.timeline import Moment, Timeline

MARKS = ("*", "†", "‡", "§", "¶")
MOST_REMARK = 220
# Boxes below the columns of the flow; and how the ids of those end that came by other methods.
BELOW, OTHER = ("included", "studies"), "_other"
ROOT_INVERSE_N, STANDARD_ERROR = "√(1/n₁ + 1/n₂)", "standard error"


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
    low, high = _ends(trial)
    return ForestRow(label=trial["study"], estimate=trial["estimate"], ci_low=low, ci_high=high,
                     weight=trial["weight"], participants=trial["participants"], is_new=trial["is_new"], mark=mark,
                     risk=(trial.get("risk") or {}).get("overall", ""))


def _pooled(result: Mapping[str, Any] | None) -> Summary | None:
    """Return the diamond: none for one trial, an empty one for the cautious estimate of two or three, none where each stands by itself."""
    if result is not None and result["cautious"]:
        return _summary(f"{result['k']} trials, cautious estimate", result["cautious"], is_firm=False)
    if result is None or not result["pooled"] or result["few"]:
        return None
    spread = (result["pi_low"], result["pi_high"]) if result["pi_low"] is not None and result["pi_high"] is not None else None
    return _summary(f"{result['k']} trials found so far", result, is_firm=True, prediction=spread)


def _summary(label: str, numbers: Mapping[str, Any], *, is_firm: bool, prediction: tuple[float, float] | None = None) -> Summary:
    return Summary(label, numbers["estimate"], *_ends(numbers), prediction, is_firm)


def _cut(words: str) -> str:
    return words if len(words) <= MOST_REMARK else words[:MOST_REMARK].rsplit(" ", 1)[0] + " …"


def cumulative_plot(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> ForestPlot | None:
    """Return the estimate as the trials came in, a row for each; None with fewer than three."""
    rows = (outcome["closer"] or {}).get("cumulated", [])
    if len(rows) < 3 or "estimate" not in rows[0]:
        return None
    return ForestPlot(
        title=f"{outcome['label']}: as the trials came in", measure=outcome["measure"],
        rows=tuple(ForestRow(f"+ {row['added']}", row["estimate"], *_ends(row)) for row in rows),
        favours_left=outcome["favours"][0], favours_right=outcome["favours"][1], remarks=(content["provisional"],), notice=content["notice"],
        ratio=outcome["ratio"])


def funnel(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> Funnel | None:
    """Return the funnel plot; None with fewer than ten trials, where it tells nothing."""
    trials = [trial for trial in outcome["trials"] if trial.get("spread")]
    if len(trials) < ENOUGH_FOR_A_TEST:
        return None
    result = outcome["result"]
    return Funnel(
        title=f"{outcome['label']}: do small trials say another thing?", measure=outcome["measure"],
        height=ROOT_INVERSE_N if outcome["measure"] == "SMD" else STANDARD_ERROR,
        points=tuple(FunnelPoint(one["study"], one["estimate"], one["spread"], is_new=one["is_new"]) for one in trials),
        pooled=result["estimate"] if result and result["pooled"] else None, favours_left=outcome["favours"][0],
        favours_right=outcome["favours"][1], notice=content["notice"], ratio=outcome["ratio"],
        remarks=("Each dot is a trial; the upright dashed line is the estimate.",
                 "Slanted lines: p = .10 (dotted), .05 (dashed), .01 (long dashes).",
                 "Lack of symmetry has many reasons, and lowers no certainty by itself."))


def bias_plots(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> list[BiasPlot]:
    """Return the signed judgements of an outcome, one plot for each tool; none where nothing is signed."""
    tools = dict.fromkeys(trial["risk"]["tool"] for trial in outcome["trials"] if trial.get("risk"))
    return [_bias(content, outcome, tool) for tool in tools]


def _bias(content: Mapping[str, Any], outcome: Mapping[str, Any], tool: str) -> BiasPlot:
    trials = [trial for trial in outcome["trials"] if trial.get("risk") and trial["risk"]["tool"] == tool]
    domains = tuple((sign, name) for sign, name, _ in trials[0]["risk"]["domains"])
    rows = tuple(BiasRow(trial["study"], trial["risk"]["overall"], tuple(judged for _, _, judged in trial["risk"]["domains"]), trial["weight"])
                 for trial in trials)
    return BiasPlot(f"{outcome['label']}: risk of bias", tool, domains, rows, content["notice"])


def timeline(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> Timeline | None:
    """Return what each bulletin said, this one last; None as long as none said another number."""
    now = history.said(outcome, content["searched_to"])
    entries = [*outcome.get("history", []), *([now] if now else [])]
    if len({one["estimate"] for one in entries}) < 2:
        return None
    moments = tuple(Moment(date.fromisoformat(one["searched_to"]), one["k"], one["estimate"], one["ci_low"], one["ci_high"]) for one in entries)
    matters = tuple(outcome.get("matters", ()))
    dashed = ("Dashed: the smallest difference that matters, on both sides.",) if matters else ()
    return Timeline(
        title=f"{outcome['label']}: what each bulletin said", measure=outcome["measure"], moments=moments, favours_low=outcome["favours"][0],
        favours_high=outcome["favours"][1], matters=matters, remarks=(content["provisional"], *dashed), notice=content["notice"],
        ratio=outcome["ratio"])


def flow_columns(content: Mapping[str, Any], number: int = prisma_flow.DEFAULT_LAYOUT) -> tuple[list[FlowColumn], list[FlowBox]]:
    """Return the columns of a layout (1-4) from records to reports, and below them the boxes of what they come to."""
    boxes = {box["id"]: box for box in content["flow"]}
    below = [_flow_box(boxes[name], boxes[name]["n"], boxes[name]["parts"]) for name in BELOW if name in boxes]
    columns = prisma_flow.layout(content, number)
    if len(columns) < 2:
        return [FlowColumn("", tuple(_joined(boxes, {name: box["n"] for name, box in boxes.items()}, with_parts=True)))], below
    each = tuple(f"{column['title']}: {column['boxes']['included']:,}" for column in columns)
    below = [replace(box, parts=each) if box.id == "included" else box for box in below]
    return [FlowColumn(column["title"], tuple(_joined(boxes, column["boxes"], with_parts=False))) for column in columns], below


def _joined(boxes: Mapping[str, Any], counts: Mapping[str, int], *, with_parts: bool) -> Iterator[FlowBox]:
    """Give the boxes of a picture: what came by other methods stands in the box of the rest, told apart beneath."""
    for name, box in boxes.items():
        if name in BELOW or name.endswith(OTHER):
            continue
        elsewhere = counts.get(name + OTHER, 0)
        parts: Counter[str] = Counter()
        for one in (name, name + OTHER) if with_parts else ():
            for part in boxes.get(one, {"parts": ()})["parts"]:
                parts[part["label"]] += part["n"]
        if elsewhere:
            parts["of these by other methods"] = elsewhere
        label = "Records identified" if name == "identified" else box["label"]
        yield _flow_box(box | {"label": label}, counts.get(name, 0) + elsewhere, [{"label": what, "n": n} for what, n in parts.items()])


def _flow_box(box: Mapping[str, Any], n: int, parts: Sequence[Mapping[str, Any]]) -> FlowBox:
    return FlowBox(box["id"], box["label"], n, tuple(f"{part['label']}: {part['n']:,}" for part in parts))


def _ends(row: Mapping[str, Any]) -> tuple[float, float]:
    return (float("-inf") if row["ci_low"] is None else row["ci_low"], float("inf") if row["ci_high"] is None else row["ci_high"])

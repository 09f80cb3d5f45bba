"""The pictures of a bulletin, drawn from its content, each for wide and narrow, light and dark screens and as PNG.

What each shows: plots.py. How it is drawn: bot/bulletin/figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bot.bulletin import plots, prisma_flow
from bot.bulletin.figures import bias, flow, forest, funnel, timeline
from bot.bulletin.figures.flow import FlowBox
from bot.bulletin.figures.forest import ForestPlot, Layout
from bot.bulletin.figures.risk_marks import ORDER
from bot.bulletin.figures.sheet import DARK, LIGHT, Sheet, in_palette
from bot.bulletin.numbers import interval, signed
from bot.rendering import plural

SVG, PNG = "image/svg+xml", "image/png"
WIDE, NARROW = 6.4, 4.1
FLOW_TITLE = "From records to studies"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bulletin."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. name: how its files begin; kind: `forest`, `timeline`, `bias`, `bias-summary`, `cumulative`, `funnel` or `flow`.

    alt: the finding in a sentence. wide, narrow: what draws it.
    """

    name: str
    kind: str
    outcome: str
    alt: str
    wide: Callable[[], Sheet]
    narrow: Callable[[], Sheet]


def svgs(content: Mapping[str, Any]) -> list[File]:
    """Return every picture of a bulletin as SVG for wide and narrow, light and dark; an outcome without trials has none."""
    found = []
    for picture in drawn_of(content):
        for draw, suffix in ((picture.wide, ""), (picture.narrow, "-narrow")):
            light = draw().svg(picture.alt)
            found += [File(f"{picture.name}{suffix}.svg", SVG, light),
                      File(f"{picture.name}{suffix}-dark.svg", SVG, in_palette(light, LIGHT, DARK))]
    return found


def pngs_for_mail(content: Mapping[str, Any]) -> list[File]:
    """Return the pictures that go out by mail as PNG: the forest plots."""
    drawn = [picture for picture in drawn_of(content) if picture.kind == "forest"]
    # Two at a time: while one is drawn, the colours of the other are chosen and packed.
    with ThreadPoolExecutor(2) as at_work:
        return list(at_work.map(lambda picture: File(f"{picture.name}.png", PNG, picture.wide().png()), drawn))


def png(content: Mapping[str, Any], name: str) -> bytes | None:
    """Return one picture as PNG, for other people's slides, None if there is none of that name; the same bytes each time."""
    return next((picture.wide().png() for picture in drawn_of(content) if picture.name == name), None)


def index(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return which pictures a content has, as JSON values: name, kind, outcome ("" for the flow) and what a screen reader says."""
    return [{"name": one.name, "kind": one.kind, "outcome": one.outcome, "alt": one.alt} for one in drawn_of(content)]


def drawn_of(content: Mapping[str, Any]) -> Iterator[Picture]:
    """Give every picture of a bulletin in the order of the page; each is drawn when it is asked for."""
    for outcome in content["outcomes"]:
        if outcome["trials"]:
            yield from _of_outcome(content, outcome)
    yield _flow(content, prisma_flow.DEFAULT_LAYOUT, "flow")


def flow_in(content: Mapping[str, Any], layout: int) -> bytes:
    """Return the flow in one of its four layouts (prisma_flow.py) as SVG."""
    one = _flow(content, layout, f"flow-{layout}")
    return one.wide().svg(one.alt)


def _flow(content: Mapping[str, Any], layout: int, name: str) -> Picture:
    columns, below = plots.flow_columns(content, layout)
    said = [f"{column.title}{': ' if column.title else ''}{_boxes_said(column.boxes)}" for column in columns]
    return _picture(name, "flow", "", f"Flow. {'; '.join([*said, _boxes_said(below)])}.",
                    lambda width: flow.drawn(columns, below, width, title=FLOW_TITLE, notice=content["notice"]))


def _boxes_said(boxes: Iterable[FlowBox]) -> str:
    return ", ".join(f"{box.label.lower()} {box.n:,}" for box in boxes)


def forest_name(outcome: Mapping[str, Any]) -> str:
    """Return how the files of an outcome's forest plot begin."""
    return _name("forest", outcome)


def _of_outcome(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> Iterator[Picture]:
    yield _forest("forest", plots.forest_plot(content, outcome), outcome, outcome["alt"])
    if (line := plots.timeline(content, outcome)) is not None:
        first, last = line.moments[0], line.moments[-1]
        yield _picture(
            _name("timeline", outcome), "timeline", outcome["id"],
            f"{outcome['label']} in {len(line.moments)} bulletins: from {signed(first.estimate)} {interval(first.ci_low, first.ci_high)} with "
            f"{plural(first.k, 'trial')} to {signed(last.estimate)} {interval(last.ci_low, last.ci_high)} with {plural(last.k, 'trial')}.",
            lambda width: timeline.drawn(line, width))
    for number, plot in enumerate(plots.bias_plots(content, outcome), start=1):
        yield from _bias(plot, outcome, "" if number == 1 else f"-{number}")
    if (cumulative := plots.cumulative_plot(content, outcome)) is not None:
        first, last = cumulative.rows[0], cumulative.rows[-1]
        yield _forest("cumulative", cumulative, outcome, f"{outcome['label']} as the trials came in: from {signed(first.estimate)} "
                      f"{interval(first.ci_low, first.ci_high)} to {signed(last.estimate)} {interval(last.ci_low, last.ci_high)}.")
    if (scatter := plots.funnel(content, outcome)) is not None:
        said = (outcome["closer"] or {}).get("asymmetry", "")
        yield _picture(_name("funnel", outcome), "funnel", outcome["id"],
                       f"Funnel plot of {plural(len(scatter.points), 'trial')}. {said}".strip(), lambda width: funnel.drawn(scatter, width))


def _bias(plot: bias.BiasPlot, outcome: Mapping[str, Any], suffix: str) -> Iterator[Picture]:
    counted = Counter(row.overall for row in plot.rows)
    said = ", ".join(f"{counted[one]} {one}" for one in ORDER if counted[one])
    alt = f"Risk of bias of {plural(len(plot.rows), 'result')} on {outcome['label'].lower()} by {plot.tool}, overall: {said}."
    yield _picture(_name("bias", outcome) + suffix, "bias", outcome["id"], alt, lambda width: bias.traffic_light(plot, width))
    yield _picture(_name("bias-summary", outcome) + suffix, "bias-summary", outcome["id"], alt, lambda width: bias.summary(plot, width))


def _forest(kind: str, plot: ForestPlot, outcome: Mapping[str, Any], alt: str) -> Picture:
    return Picture(_name(kind, outcome), kind, outcome["id"], alt, lambda: forest.drawn(plot, Layout.WIDE),
                   lambda: forest.drawn(plot, Layout.NARROW))


def _picture(name: str, kind: str, outcome_id: str, alt: str, draw: Callable[[float], Sheet]) -> Picture:
    return Picture(name, kind, outcome_id, alt, lambda: draw(WIDE), lambda: draw(NARROW))


def _name(kind: str, outcome: Mapping[str, Any]) -> str:
    return f"{kind}-{outcome['id'].replace('_', '-')}"

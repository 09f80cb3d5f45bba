"""How records became studies: the 16 boxes of PRISMA for living reviews, as far as they are counted, in four layouts, and whether they add up.

Boxes: number, as livingPRISMAflow counts them (Kahale 2022, doi:10.12688/f1000research.51723.3); those without a number wait for somebody.
Registers are counted with databases. What came by other methods (11) is screened with the rest, and told apart again from there on (12-15).
Layouts: 1 the base and each update apart; 2 all together; 3 the base apart, updates together; 4 what was found before, and the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.bulletin.material import Exclusion, FlowCounts
from bot.domain.flow import Counted
from bot.rendering import day

Content = Mapping[str, Any]
DEFAULT_LAYOUT = 4
LAYOUTS = {1: "The base and each update apart", 2: "All together", 3: "The base apart, updates together",
           4: "Found before the last bulletin, and since"}
LEFT_OUT = {"cutoff": "below the ranking's cut-off", "design": "no controlled study, says the filter"}


@dataclass(frozen=True, slots=True)
class Box:
    """A box. number: among PRISMA's 16, None for one that waits; counts: what it is the sum of; way: `main`, `other` methods or `both`."""

    id: str
    number: int | None
    label: str
    counts: tuple[str, ...]
    way: str = "both"


BOXES = (
    Box("identified", 2, "Records identified in databases and registers", ("identified",), "main"),
    Box("identified_other", 11, "Records identified by other methods", ("identified",), "other"),
    Box("duplicates", 3, "Duplicates removed", ("duplicates",)),
    Box("left_out", 3, "Reports left out by automation", ("left_out",)),
    Box("awaiting", None, "Reports awaiting screening", ("awaiting_screening",)),
    Box("screened", 4, "Reports screened by people", ("screened",)),
    Box("excluded", 5, "Reports excluded", ("excluded",)),
    Box("unclear", None, "Reports awaiting classification", ("awaiting_classification",)),
    Box("sought", 6, "Reports sought for retrieval", ("sought",), "main"),
    Box("sought_other", 12, "Reports sought for retrieval, from other methods", ("sought",), "other"),
    Box("not_retrieved", 7, "Reports not retrieved", ("not_retrieved",), "main"),
    Box("not_retrieved_other", 13, "Reports not retrieved, from other methods", ("not_retrieved",), "other"),
    Box("awaiting_full_text", None, "Reports whose full text is pending", ("awaiting_full_text",)),
    Box("assessed", 8, "Reports assessed for eligibility", ("assessed",), "main"),
    Box("assessed_other", 14, "Reports assessed for eligibility, from other methods", ("assessed",), "other"),
    Box("excluded_in_full", 9, "Reports excluded after reading", ("excluded_in_full",), "main"),
    Box("excluded_in_full_other", 15, "Reports excluded after reading, from other methods", ("excluded_in_full",), "other"),
    Box("unclear_in_full", None, "Reports read and awaiting classification", ("awaiting_in_full",)),
    Box("included", 10, "Reports included", ("included_at_once", "included_in_full")),
)
STUDIES = Box("studies", 16, "Studies in the review", ())
# Shown even if nothing is in them; the others only where something is.
ALWAYS = frozenset({"identified", "duplicates", "screened", "awaiting", "excluded", "unclear", "included", "studies"})


def boxes(flow: FlowCounts, exclusions: Sequence[Exclusion], labels: Mapping[str, str], reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the boxes from top to bottom: id, number, label, n, what it is made of, and how many of n the bulletin before counted.

    labels: source → how it is called; reasons: criterion → how an exclusion for it is called.
    """
    found = [_box(box, flow, exclusions, labels, reasons) for box in BOXES]
    return [box for box in found if box["n"] or box["id"] in ALWAYS] + [_studies(flow)]


def by_cycle(flow: FlowCounts) -> list[dict[str, Any]]:
    """Return each cycle that brought anything, oldest first: its period and box → how many are in it now."""
    return [{"period": period, "boxes": {box.id: n for box in BOXES if (n := _sum(_of(box, flow), period.__eq__))}}
            for period in sorted({one.period for one in flow.counted})]


def layout(content: Content, number: int) -> list[dict[str, Any]]:
    """Return the columns of a layout (1-4): title and box → n. Empty for a bulletin that was made before cycles were counted apart."""
    cycles, base, since = content.get("flow_cycles", []), content.get("flow_base", ""), content.get("flow_since", "")
    first = base or content["period"]
    if number == 1:
        started = [one for one in cycles if one["period"] <= first]
        return _columns((f"Base, to {day(first)}", started), *((day(one["period"]), [one]) for one in cycles if one["period"] > first))
    if number == 2:
        return _columns(("All cycles", cycles))
    border = first if number == 3 else since
    names = (f"Base, to {day(first)}", "Updates") if number == 3 else (f"Found to {day(since)}", "Found since then")
    if not since:
        return _columns(("All cycles", cycles))
    return _columns((names[0], [one for one in cycles if one["period"] <= border]),
                    (names[1], [one for one in cycles if one["period"] > border]))


def _columns(*groups: tuple[str, Sequence[Content]]) -> list[dict[str, Any]]:
    return [{"title": title, "boxes": {box.id: sum(one["boxes"].get(box.id, 0) for one in cycles) for box in BOXES}}
            for title, cycles in groups]


def imbalances(flow: FlowCounts) -> list[str]:
    """Return a sentence for each sum that does not come out, over all cycles or, where those do, in one; none if the flow adds up."""
    studies = flow.studies
    found = list(_unequal(flow, lambda _: True, ""))
    if not found:
        found = [sentence for period in sorted({one.period for one in flow.counted})
                 for sentence in _unequal(flow, period.__eq__, f" in {period or 'no cycle'}")]
    kinds = (("records", flow.records, _sum(_named(flow, "identified"))), ("reports", flow.reports, _sum(_named(flow, "reports"))))
    found += [f"There are {there} {name}, but the cycles and sources have {counted}." for name, there, counted in kinds if there != counted]
    if studies.previous + studies.new - studies.withdrawn != studies.total:
        found.append(f"{studies.total} studies are in the review, but {studies.previous} before, {studies.new} new and {studies.withdrawn} "
                     f"withdrawn make {studies.previous + studies.new - studies.withdrawn}.")
    return found


# A box, what is said of it, the boxes that it goes on to, what is said of them.
SUMS = (
    ("identified", "records were identified", ("duplicates", "left_out", "screened", "awaiting_screening"),
     "duplicates, left out, screened and awaiting"),
    ("identified", "records were identified", ("duplicates", "reports"), "duplicates and reports"),
    ("screened", "reports were screened", ("excluded", "sought", "included_at_once", "awaiting_classification"),
     "excluded, let in and awaiting classification"),
    ("sought", "full texts were sought", ("not_retrieved", "assessed", "awaiting_full_text"), "not retrieved, assessed and pending"),
    ("assessed", "full texts were assessed", ("excluded_in_full", "included_in_full", "awaiting_in_full"),
     "excluded, included and awaiting classification"),
)


def _unequal(flow: FlowCounts, period: Callable[[str], bool], where: str) -> Iterable[str]:
    for whole, said, parts, named in SUMS:
        there, sum_of = _sum(_named(flow, whole), period), _sum(_named(flow, *parts), period)
        if there != sum_of:
            yield f"{there} {said}{where}, but {named} make {sum_of}."


def _box(box: Box, flow: FlowCounts, exclusions: Sequence[Exclusion], labels: Mapping[str, str], reasons: Mapping[str, str]) -> dict[str, Any]:
    counted = _of(box, flow)
    return {"id": box.id, "number": box.number, "label": box.label, "n": _sum(counted),
            "before": _sum(counted, lambda period: period <= flow.since) if flow.since else 0,
            "parts": [{"label": label, "n": n} for label, n in _parts(box, flow, counted, exclusions, labels, reasons)]}


def _parts(box: Box, flow: FlowCounts, counted: Sequence[Counted], exclusions: Sequence[Exclusion], labels: Mapping[str, str],
           reasons: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    if box.counts == ("identified",):
        return sorted(_by(counted, lambda one: labels.get(one.source, one.source)).items())
    if box.id == "left_out":
        return sorted(_by(counted, lambda one: LEFT_OUT.get(one.reason, one.reason)).items())
    if box.counts == ("excluded_in_full",):
        return sorted(_by(counted, lambda one: reasons.get(one.reason, one.reason)).items())
    # Where full texts are read, reasons are told of those: of titles and abstracts the number alone, as PRISMA 2020 asks.
    if box.id == "excluded" and not _named(flow, "sought"):
        return [(one.reason, len(one.reports)) for one in exclusions]
    return []


def _studies(flow: FlowCounts) -> dict[str, Any]:
    studies = flow.studies
    if flow.since:
        parts = [("in the bulletin before", studies.previous), ("new", studies.new), ("withdrawn", studies.withdrawn)]
    else:
        parts = [("from the starting set", studies.starting), ("found since", studies.total - studies.starting)] if studies.starting else []
    return {"id": STUDIES.id, "number": STUDIES.number, "label": STUDIES.label, "n": studies.total, "before": studies.previous,
            "parts": [{"label": label, "n": n} for label, n in parts], "gone": list(studies.gone)}


def _of(box: Box, flow: FlowCounts) -> list[Counted]:
    return [one for one in _named(flow, *box.counts) if box.way == "both" or (one.source in flow.other_methods) == (box.way == "other")]


def _named(flow: FlowCounts, *names: str) -> list[Counted]:
    return [one for one in flow.counted if one.box in names]


def _sum(counted: Iterable[Counted], period: Callable[[str], bool] = lambda _: True) -> int:
    return sum(one.n for one in counted if period(one.period))


def _by(counted: Iterable[Counted], what: Callable[[Counted], str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in counted:
        found[what(one)] = found.get(what(one), 0) + one.n
    return found

"""The flow of PRISMA for living reviews: 16 boxes in four layouts, each counted by itself, which must add up.

Boxes and layouts: Kahale et al. 2022, doi:10.12688/f1000research.51723.3. The sums: those a bulletin is refused for (docs/guide/reporting.md).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bulletin import pictures, plots, prisma_flow
from bot.bulletin.compose import compose
from bot.bulletin.material import FlowCounts, StudyFlow
from bot.domain.flow import Counted
from tests.unit.bulletin import sample_material as sample


def whole() -> FlowCounts:
    """Return a flow in which no box is empty, over a base and two updates, with a hand search."""
    def cycle(period: str, source: str, times: int) -> list[Counted]:
        boxes = {"identified": 20, "duplicates": 3, "reports": 17, "screened": 12, "awaiting_screening": 2, "excluded": 3,
                 "awaiting_classification": 1, "sought": 8, "not_retrieved": 1, "awaiting_full_text": 1, "assessed": 6, "awaiting_in_full": 1,
                 "included_in_full": 2}
        rows = [Counted(box, period, source, "", n * times) for box, n in boxes.items()]
        reasons = [("left_out", "cutoff", 2), ("left_out", "design", 1), ("excluded_in_full", "peers", 2), ("excluded_in_full", "design", 1)]
        return rows + [Counted(box, period, source, reason, n * times) for box, reason, n in reasons]

    counted = (*cycle("2025-01", "pubmed", 10), *cycle("2025-02", "pubmed", 2), *cycle("2025-03", "pubmed", 1),
               *cycle("2025-03", "handsearch", 1))
    return FlowCounts(counted, 280, 238, StudyFlow(20, 4, 1, 23), since="2025-02", base="2025-01", other_methods=frozenset({"handsearch"}))


def content() -> dict[str, object]:
    return compose(replace(sample.month_two(), period="2025-03", flow=whole()))


def test_all_sixteen_boxes_are_there_and_those_that_wait_are_printed() -> None:
    boxes = {box["id"]: box for box in content()["flow"]}
    # The first box, studies of the version before, stands in the last one, whose parts are previous, new and withdrawn.
    assert {box["number"] for box in boxes.values()} - {None} == set(range(2, 17))
    assert boxes["studies"]["parts"][0] == {"label": "in the bulletin before", "n": 20}
    assert {"awaiting", "unclear", "awaiting_full_text", "unclear_in_full"} <= boxes.keys()
    assert (boxes["identified"]["n"], boxes["identified"]["before"], boxes["identified_other"]["n"]) == (260, 240, 20)
    assert boxes["left_out"]["parts"] == [{"label": "below the ranking's cut-off", "n": 28},
                                          {"label": "no controlled study, says the filter", "n": 14}]


@pytest.mark.parametrize(("number", "titles", "identified"), [
    (1, ["Base, to January 2025", "February 2025", "March 2025"], [200, 40, 20]),
    (2, ["All cycles"], [260]),
    (3, ["Base, to January 2025", "Updates"], [200, 60]),
    (4, ["Found to February 2025", "Found since then"], [240, 20]),
])
def test_a_layout_tells_apart_what_it_should(number: int, titles: list[str], identified: list[int]) -> None:
    columns = prisma_flow.layout(content(), number)
    assert [column["title"] for column in columns] == titles
    assert [column["boxes"]["identified"] for column in columns] == identified
    # The hand search of the last cycle: box 11.
    assert columns[-1]["boxes"]["identified_other"] == 20
    drawn, below = plots.flow_columns(content(), number)
    assert len(drawn) == len(titles) and [box.id for box in below] == ["included", "studies"]
    assert all(f"{column.title}" in pictures.flow_in(content(), number).decode() for column in drawn)


def test_the_first_bulletin_has_one_column_in_every_layout() -> None:
    first = compose(sample.month_one())
    assert [len(prisma_flow.layout(first, number)) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_flow_in_which_every_box_is_counted_right_adds_up() -> None:
    assert prisma_flow.imbalances(whole()) == []


@pytest.mark.parametrize("box", sorted({one.box for one in whole().counted}))
def test_one_row_that_is_counted_wrong_is_found_in_any_box(box: str) -> None:
    flow = whole()
    place = next(number for number, one in enumerate(flow.counted) if one.box == box)
    wrong = [replace(one, n=one.n + 1) if number == place else one for number, one in enumerate(flow.counted)]
    assert prisma_flow.imbalances(replace(flow, counted=tuple(wrong)))


def test_errors_of_two_cycles_that_cancel_are_found() -> None:
    flow = whole()
    moved = [replace(one, n=one.n + {"2025-01": 1, "2025-02": -1}.get(one.period, 0)) if one.box == "screened" else one for one in flow.counted]
    assert any("in 2025-01" in sentence for sentence in prisma_flow.imbalances(replace(flow, counted=tuple(moved))))


def test_a_record_that_no_cycle_has_and_studies_that_do_not_add_up_are_found() -> None:
    assert prisma_flow.imbalances(replace(whole(), records=281)) == ["There are 281 records, but the cycles and sources have 280."]
    broken = replace(whole(), studies=StudyFlow(20, 4, 1, 24))
    assert prisma_flow.imbalances(broken) == ["24 studies are in the review, but 20 before, 4 new and 1 withdrawn make 23."]

"""The forest plot: the same bytes each time, true to its numbers, readable for 1 to 200 studies with any name."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from lxml import etree
from PIL import Image

from bot.bulletin.compose import compose
from bot.bulletin.figures import forest
from bot.bulletin.figures.axis import axis_for
from bot.bulletin.figures.forest import ForestPlot, ForestRow, Layout, Summary
from bot.bulletin.figures.sheet import DARK, LIGHT, in_palette, shortened, text_width, wrapped
from bot.bulletin.pictures import pngs_for_mail, svgs
from bot.bulletin.plots import forest_plot
from tests.unit.bulletin import sample_material as sample

NOTICE = "Demonstration: scripted reviewers, an incomplete set of trials, not for clinical use"


def plot(count: int = 5, name: str = "Study", **more) -> ForestPlot:
    rows = tuple(ForestRow(f"{name} {number}", -0.5 + 0.01 * number, -1 + 0.01 * number, 0.01 * number, 1 / count, 100)
                 for number in range(count))
    return replace(ForestPlot("Depression", "SMD", rows, "favours peers", "favours comparison",
                              Summary(f"{count} trials found so far", -0.3, -0.5, -0.1, (-0.9, 0.2))), **more)


def outcome(name: str = "depression"):
    content = compose(sample.month_two())
    return content, next(one for one in content["outcomes"] if one["id"] == name)


def forest_files(content, outcome):
    name = f"forest-{outcome['id'].replace('_', '-')}"
    return [file for file in (*svgs(content), *pngs_for_mail(content)) if file.name.startswith(name)]


def letters(svg: bytes) -> list[str]:
    """Return the lines of text of a picture, by the outlines that it uses."""
    lines = re.findall(r"<g fill=[^>]*>(.*?)</g>", svg.decode())
    return ["".join(chr(int(code, 16)) for code in re.findall(r'href="#[nb]([0-9a-f]+)"', line)) for line in lines]


def test_the_same_data_give_the_same_bytes() -> None:
    assert forest.svg(plot()) == forest.svg(plot())
    assert forest.png(plot()) == forest.png(plot())


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("count", [1, 5, 200])
def test_one_to_two_hundred_studies_give_a_well_formed_picture(layout: Layout, count: int) -> None:
    root = etree.fromstring(forest.svg(plot(count), layout=layout))
    assert root.tag.endswith("svg")
    low_to_high = [float(number) for number in root.get("viewBox").split()]
    assert low_to_high[2] == pytest.approx(layout.value * 72)


def test_a_picture_of_two_hundred_studies_can_be_mailed() -> None:
    image = Image.open(io.BytesIO(forest.png(plot(200))))
    assert image.size[0] == round(8.4 * 160)


@pytest.mark.parametrize("name", ['<b>"&', "N" * 300, "漢字", "$x^2$", "a\nb", "\x00\ud800"])
def test_a_study_may_be_called_anything(name: str) -> None:
    etree.fromstring(forest.svg(plot(name=name), alt=name))
    forest.png(plot(2, name=name))


def test_the_picture_itself_says_that_it_is_a_demonstration() -> None:
    content, depression = outcome()
    assert content["notice"] == NOTICE
    assert NOTICE.replace(" ", "") in letters(forest.svg(forest_plot(content, depression)))


def test_a_new_study_is_marked_by_a_word_and_not_by_colour_alone() -> None:
    content, depression = outcome()
    assert "Sebela2025*new" in letters(forest.svg(forest_plot(content, depression)))


def test_the_answer_to_an_open_question_stands_under_the_picture() -> None:
    content, depression = outcome()
    assert "*Sebela2025:abstractonly,fulltextawaited" in letters(forest.svg(forest_plot(content, depression)))


def test_one_two_or_three_trials_have_no_diamond() -> None:
    content, recovery = outcome("personal_recovery")
    assert forest_plot(content, recovery).pooled is None
    content, anxiety = outcome("anxiety")
    drawn = forest_plot(content, anxiety)
    assert drawn.pooled is None and all(row.weight is None for row in drawn.rows)


def test_the_cautious_estimate_of_two_trials_is_an_empty_diamond_with_its_name_and_the_published_one_a_dashed_one() -> None:
    content, anxiety = outcome("anxiety")
    found = {"estimate": -0.55, "ci_low": -1.33, "ci_high": 0.15, "words": "−0.55 (−1.33 to 0.15)"}
    drawn = forest_plot(content, anxiety | {"result": anxiety["result"] | {"cautious": found}})
    assert drawn.pooled is not None and (drawn.pooled.label, drawn.pooled.is_firm) == ("2 trials, cautious estimate", False)
    assert (drawn.pooled.ci_low, drawn.pooled.ci_high, drawn.pooled.prediction) == (-1.33, 0.15, None)
    picture = forest.svg(drawn)
    assert "2trials,cautiousestimate" in letters(picture) and b"nan" not in picture


def test_the_benchmark_is_named_as_published_and_apart() -> None:
    content, depression = outcome()
    drawn = forest_plot(content, depression)
    assert drawn.benchmark is not None and drawn.benchmark.label == "Croke 2026, published" and not drawn.benchmark.is_firm
    assert any("apart and not pooled; independent; not endorsed by its authors" in remark for remark in drawn.remarks)


def test_what_is_favoured_on_each_side_follows_the_direction_of_the_outcome() -> None:
    assert forest_plot(*outcome("depression")).favours_left == "favours digital peer support"
    assert forest_plot(*outcome("personal_recovery")).favours_right == "favours digital peer support"


def test_an_interval_without_end_is_cut_by_an_arrow() -> None:
    wide = plot(3, pooled=Summary("3 trials", -0.3, float("-inf"), float("inf"), None, False))
    assert b"inf" not in forest.svg(wide) and b"nan" not in forest.svg(wide)


def test_the_widest_interval_never_hides_the_others() -> None:
    axis = axis_for([(-0.3, -0.5, -0.1), (-0.5, -300.0, 290.0)], left=0, right=4, ratio=False)
    assert axis.low > -3 and axis.high < 3 and not axis.holds(290)


def test_the_axis_of_a_ratio_is_logarithmic_around_one() -> None:
    axis = axis_for([(0.5, 0.25, 1.0), (2.0, 1.0, 4.0)], left=0, right=4, ratio=True)
    assert axis.null == 1 and axis.at(0.5) + axis.at(2.0) == pytest.approx(2 * axis.at(1.0))
    assert axis.tick_label(0.5) == "0.5"


def test_the_dark_picture_has_the_same_lines_in_other_colours() -> None:
    light, dark = forest.svg(plot()), forest.svg(plot(), palette=DARK)
    assert in_palette(light, LIGHT, DARK) == dark != light


def test_every_outcome_with_trials_gets_its_pictures_and_no_other() -> None:
    content = compose(sample.month_two())
    names = [file.name for file in (*svgs(content), *pngs_for_mail(content)) if file.name.startswith("forest-")]
    assert len(names) == 15 and "forest-depression.svg" in names and "forest-personal-recovery-narrow-dark.svg" in names


def test_a_picture_carries_no_style_and_no_script_so_that_a_strict_policy_shows_it() -> None:
    svg = next(file for file in forest_files(*outcome()) if file.name == "forest-depression.svg").content
    assert b"style" not in svg and b"script" not in svg and b"http://www.w3.org/2000/svg" in svg


def test_the_title_of_the_picture_states_the_finding() -> None:
    svg = next(file for file in forest_files(*outcome()) if file.name == "forest-depression.svg").content
    title = etree.fromstring(svg).findtext("{http://www.w3.org/2000/svg}title")
    assert title.startswith("Forest plot, depression, 8 trials.") and "−0.35" in title


def test_words_are_cut_and_wrapped_to_the_width_that_they_are_given() -> None:
    assert text_width(shortened("A very long name of a study " * 10, 2, 9), 9) <= 2
    assert all(text_width(line, 9) <= 2 for line in wrapped("words that go on and on " * 9, 2, 9))
    assert shortened("short", 2, 9) == "short"

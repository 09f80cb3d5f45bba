"""Plain sentences by size and certainty, and what a rating rests on."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from bot import paths
from bot.domain.protocols import Protocol
from bot.methods.certainty import statements
from bot.methods.certainty.body import Body, Member, Thresholds
from bot.methods.certainty.sizes import Bands, size_of
from bot.protocols.load import load


@lru_cache(maxsize=1)
def protocol() -> Protocol:
    return load(paths.review_folders()["digital-peer-support"])


# grade.md, part 4: the grid of informative statements.
@pytest.mark.parametrize(("certainty", "size", "said"), [
    ("high", "large", "Digital peer support results in a large reduction in symptoms of depression."),
    ("high", "moderate", "Digital peer support reduces symptoms of depression."),
    ("high", "small", "Digital peer support reduces symptoms of depression slightly."),
    ("high", "trivial", "Digital peer support results in little to no difference in symptoms of depression."),
    ("moderate", "large", "Digital peer support probably results in a large reduction in symptoms of depression."),
    ("moderate", "small", "Digital peer support probably reduces symptoms of depression slightly."),
    ("low", "moderate", "Digital peer support may reduce symptoms of depression."),
    ("low", "trivial", "Digital peer support may result in little to no difference in symptoms of depression."),
    ("very low", "large", "We are very uncertain about the effect of digital peer support on symptoms of depression."),
    ("very low", "trivial", "We are very uncertain about the effect of digital peer support on symptoms of depression."),
])
def test_a_sentence_says_size_and_certainty(certainty: str, size: str, said: str) -> None:
    outcome = protocol().outcome("depression")
    assert statements.sentence(outcome, "digital peer support", certainty=certainty, size=size, favourable=True) == said


def test_an_interval_that_reaches_both_ways_is_said_both_ways() -> None:
    said = statements.sentence(protocol().outcome("depression"), "digital peer support", certainty="low", size="small", favourable=False,
                               both_ways=True)
    assert said == ("Digital peer support may increase symptoms of depression slightly, but an important reduction and an important increase "
                    "are both possible.")


def test_signs_have_words_beside_them() -> None:
    assert statements.shown("low") == "⊕⊕⊖⊖ Low"


def test_bands_begin_at_the_outcomes_own_smallest_important_difference() -> None:
    outcome, bands = protocol().outcome("depression"), protocol().bands_for("SMD")
    assert statements.bands_of(outcome, bands, 0.25) == Bands(0.24, 0.5, 0.8, margin=0.06)
    assert size_of(2.0, statements.bands_of(outcome, None, 0.25) or Bands(1, 1, 1)).name == "SMALL"
    assert statements.bands_of(replace(outcome, mid=None), None, 0.25) is None and statements.size_said(outcome, -0.4, None) == "unsized"


@pytest.mark.parametrize(("now", "last", "said"), [
    (-0.51, None, "moderate"), (-0.51, ("small", True), "small"), (-0.57, ("small", True), "moderate"), (-0.19, ("small", True), "small"),
    (0.19, ("small", True), "trivial"), (-0.19, ("unsized", True), "trivial"), (0.25, ("trivial", True), "trivial"),
])
def test_a_published_size_stays_until_the_estimate_is_beyond_its_boundary_by_the_margin(
        now: float, last: tuple[str, bool] | None, said: str) -> None:
    outcome = protocol().outcome("depression")
    bands = statements.bands_of(outcome, protocol().bands_for("SMD"), 0.25)
    assert statements.size_said(outcome, now, bands, last=last) == said
    # Where more is better the same estimates lie on the other side.
    better = replace(outcome, direction="higher")
    assert statements.size_said(better, -now, bands, last=last) == said


def test_other_data_and_other_thresholds_make_another_fingerprint() -> None:
    one = Body("randomised", "SMD", (Member("Lee 2021", -0.3, -0.5, -0.1, 100, "low"),), -0.3, -0.5, -0.1)
    first = statements.fingerprint(one, Thresholds(mid=0.24))
    assert statements.fingerprint(one, Thresholds(mid=0.24)) == first
    assert statements.fingerprint(replace(one, ci_high=-0.2), Thresholds(mid=0.24)) != first
    assert statements.fingerprint(replace(one, members=(replace(one.members[0], risk="high"),)), Thresholds(mid=0.24)) != first
    assert statements.fingerprint(one, Thresholds(mid=0.3)) != first

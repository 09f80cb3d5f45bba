"""Each published estimate moves when the first new randomised trial for its outcome is confirmed, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot.methods.synthesis.prior import update_again
from bot.steps.estimates.update_published import UpdateAccount, update_published
from db import blobs, effects, events, published_updates, reviews, studies
from db.effects import EffectRow
from db.published_updates import PublishedUpdateRow
from db.session import Database
from db.studies import StudyRow
from tests.fixtures_bulletins import Press, press
from tests.fixtures_screening import Desk

# Croke 2026, as its abstract states them (reviews/digital-peer-support/published.toml).
SIX = ("depression", "anxiety", "social_functioning", "quality_of_life", "patient_activation", "personal_recovery")


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return press(sqlite, now).desk


def updated(one: Desk) -> UpdateAccount:
    return update_published(database=one.database, review_id=one.review_id, cycle_id=one.cycle_id, protocol=one.protocol, by="system:test",
                            now=one.now)


def stored(one: Desk) -> dict[str, PublishedUpdateRow]:
    with one.database.reading() as session:
        return {row.outcome: row for row in published_updates.of_cycle(session, one.cycle_id)}


def add_effect(one: Desk, outcome: str, *, label: str = "New 2026", public: str = "2026-03", yi: float = 0.5, **other: Any) -> None:
    """Store a made-up effect with variance 0.02, verified unless told otherwise."""
    with one.database.writing(by="system:test") as session:
        study = studies.of_label(session, one.review_id, label) or studies.add(session, StudyRow(
            review_id=one.review_id, label=label, year=2026, origin="screening", state="included", available_from=public, created_at=one.now))
        values = {
            "origin": "extraction", "identity": f"{label}:{outcome}:{len(effects.effects_of_study(session, study.id))}", "outcome": outcome,
            "window": "post_treatment", "window_reason": "made up", "time_point": "8 weeks", "months": 2.0, "instrument": "made up",
            "higher_is_better": True, "experimental": "peers", "comparator": "none", "design": "randomised", "route": "smd", "raw": {},
            "n_e": 100, "n_c": 100, "yi": yi, "vi": 0.02, "measure": "SMD", "formula": "made up", "source": "made up", "state": "verified",
            "created_at": one.now}
        effects.add(session, EffectRow(
            review_id=one.review_id, study_id=study.id, protocol_version_id=reviews.current_protocol_version(session, one.review_id).id,
            **values | other))


@pytest.mark.parametrize("outcome", SIX)
def test_an_estimate_moves_when_the_first_new_trial_for_its_outcome_enters_and_not_before(one: Desk, outcome: str) -> None:
    before = updated(one).updates
    published = {each.outcome: each for each in one.protocol.published}
    assert set(published) == set(SIX) and set(before) == {(name, "") for name in SIX}
    for name in SIX:
        assert before[name, ""].lead.estimate == pytest.approx(published[name].estimate, abs=1e-9)
    add_effect(one, outcome, state="extracted")
    assert updated(one).updates[outcome, ""].studies == ()
    add_effect(one, outcome)
    after = updated(one).updates
    assert [name for name in SIX if after[name, ""].lead.estimate != before[name, ""].lead.estimate] == [outcome]
    # The effect 0.5 lies above each of the six.
    assert after[outcome, ""].lead.estimate > published[outcome].estimate
    assert [row.k for name, row in stored(one).items() if name == outcome] == [1]


def test_the_panel_shows_every_assumption_and_says_which_leads(one: Desk) -> None:
    add_effect(one, "anxiety", yi=-0.3)
    updated(one)
    row = stored(one)["anxiety"]
    assert [each["tau"] for each in row.result["panel"]] == [0.0, 0.1, 0.2, 0.3, 0.5, None]
    assert row.result["lead"]["assumption"] == "average over half-normal(0.5)" and row.result["se_read_as"] == "normal interval"
    assert row.result["label"] == "approximate: study data not available"
    assert not {"i2", "tau2", "q"} & {key for part in (row.result, row.result["lead"]) for key in part}
    # At tau = 0.2 by hand: weights 1/se² of the published mean and 1/(v + 0.04) of the trial.
    weight, new = (2 * 1.959963984540054 / 0.41) ** 2, 1 / 0.06
    assert row.result["panel"][2]["estimate"] == pytest.approx((weight * -0.47 + new * -0.3) / (weight + new), abs=1e-9)


def test_it_can_be_computed_again_from_its_frozen_inputs(one: Desk) -> None:
    add_effect(one, "depression", yi=-0.1)
    updated(one)
    row = stored(one)["depression"]
    with one.database.reading() as session:
        content, _ = blobs.get(session, row.inputs_sha256)
    lead, panel = update_again(content, sha256=row.inputs_sha256)
    assert (lead.estimate, lead.ci_low) == (row.result["lead"]["estimate"], row.result["lead"]["ci_low"]) and len(panel) == 6


@pytest.mark.parametrize(("changed", "kind", "said"), [
    ({"public": "2025-01"}, "inside", "may be inside the published estimate"),
    ({"public": "2025"}, "inside", "may be inside the published estimate"),
    ({"public": ""}, "inside", "its first report has no date"),
    ({"available_from": "2024-11"}, "inside", "may be inside the published estimate"),
    ({"design": "non_randomised"}, "design", "only randomised trials are added"),
    ({"measure": "MD"}, "measure", "its measure is MD"),
])
def test_a_trial_that_may_be_inside_or_is_of_another_kind_is_refused_with_the_reason(one: Desk, changed: dict, kind: str, said: str) -> None:
    add_effect(one, "depression", **changed)
    assert updated(one).updates["depression", ""].studies == ()
    (refused,) = stored(one)["depression"].refused
    assert (refused["study"], refused["kind"]) == ("New 2026", kind) and said in refused["reason"]


def test_a_published_estimate_with_its_sign_the_other_way_takes_no_trial(one: Desk) -> None:
    add_effect(one, "depression")
    published = tuple(replace(each, favours="higher") if each.outcome == "depression" else each for each in one.protocol.published)
    one.protocol = replace(one.protocol, published=published)
    assert updated(one).updates["depression", ""].studies == ()
    assert stored(one)["depression"].refused[0]["kind"] == "direction"


def test_of_a_trial_the_first_measurement_after_the_end_enters_once(one: Desk) -> None:
    add_effect(one, "depression", window="longer", months=14.0, yi=-0.9)
    add_effect(one, "depression", yi=-0.2)
    assert updated(one).updates["depression", ""].studies == ("New 2026",)
    assert [member["yi"] for member in stored(one)["depression"].members] == [-0.2]


def test_again_on_the_same_effects_stores_nothing_and_a_withdrawn_effect_takes_the_estimate_back(one: Desk) -> None:
    add_effect(one, "depression", yi=-0.2)
    updated(one)
    updated(one)
    assert {row.revision for row in stored(one).values()} == {1}
    with one.database.writing(by="system:test") as session:
        effects.effects_of(session, one.review_id, "depression")[0].state = "withdrawn"
    assert updated(one).updates["depression", ""].lead.estimate == pytest.approx(-0.28)
    assert (stored(one)["depression"].k, stored(one)["depression"].revision) == (0, 2)
    with one.database.reading() as session:
        assert len(events.of_kind(session, one.review_id, "published_estimate.updated")) == 7


def test_nothing_is_updated_where_the_end_of_the_published_search_is_not_known(one: Desk) -> None:
    add_effect(one, "depression")
    assert one.protocol.starting_point is not None
    one.protocol = replace(one.protocol, starting_point=replace(one.protocol.starting_point, searched_until=None))
    assert updated(one).updates == {} and stored(one) == {}


def test_no_trial_is_added_where_unappraised_trials_stay_out_of_every_pool(one: Desk) -> None:
    add_effect(one, "depression")
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, provisional="never"))
    assert updated(one).updates["depression", ""].studies == ()
    assert [refused["kind"] for refused in stored(one)["depression"].refused] == ["appraisal"]


def test_a_ratio_is_carried_on_by_its_logarithm(one: Desk) -> None:
    ratios = tuple(replace(outcome, measure="RR") if outcome.id == "depression" else outcome for outcome in one.protocol.outcomes)
    published = replace(one.protocol.published_for("depression")[0], measure="RR", estimate=0.8, ci_low=0.64, ci_high=1.0)
    one.protocol = replace(one.protocol, outcomes=ratios, published=(published,))
    add_effect(one, "depression", measure="RR", yi=-0.2231435513142097)
    update = updated(one).updates["depression", ""]
    # log 0.8 = -0.22314, so a trial with the same ratio leaves it where it is.
    assert update.lead.estimate == pytest.approx(-0.2231435513, abs=1e-9) and update.studies == ("New 2026",)


def test_the_bulletin_shows_published_and_updated_beside_each_other_and_apart_from_ours(sqlite: Database, now: datetime) -> None:
    one: Press = press(sqlite, now)
    one.starting_set(until=date(2025, 2, 1))
    one.draft()
    before = {outcome["id"]: outcome["published"] for outcome in one.bulletin.content["outcomes"]}
    assert [each["updated"] for name in SIX for each in before[name]] == [None] * 6
    assert before["depression"][0]["not_added"][0]["why"] == "may be, or is, inside the published estimate already"
    one.starting_set()
    one.draft()
    content = one.bulletin.content
    after = {outcome["id"]: outcome["published"][0]["updated"] for outcome in content["outcomes"] if outcome["published"]}
    # Sebela 2025 is public since August 2025, and reports these three.
    assert {name for name, found in after.items() if found} == {"depression", "anxiety", "quality_of_life"}
    assert {tuple(found["studies"]) for found in after.values() if found} == {("Sebela 2025",)}
    shown = content | {"number": 1, "dated": "2026-12-01", "address": "https://example.org/1", "cite": "", "signed": None}
    html = " ".join(one.renderer.text("page.html", c=shown, base="x/").split())
    section = html.split('id="benchmark"')[1].split('id="table"')[0]
    assert section.count("with Sebela 2025") == 3 and section.count("as published: no trial reported since") == 3
    assert "approximate: study data not available" in section and "read from its interval (normal interval)" in section
    assert "average over half-normal(0.5) (leads)" in section and "I²" not in section and "not averaged with ours" in section
    text = " ".join(one.renderer.text("bulletin.txt", c=shown).split())
    assert text.count("Updated with trials since (approximate: study data not available): SMD") == 3

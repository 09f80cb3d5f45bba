"""What is computed beside the lead estimate, on the starting set as confirmed: bodies apart, sensitivity, closer look, what next (issue 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot.domain.protocols import RepeatedLooks
from bot.steps.estimates.analyse import AnalysisAccount, analyse
from bot.steps.estimates.reproduce import reproduce
from bot.steps.estimates.update_published import update_published
from db import analyses, appraisals, blobs, effects, estimates
from db.appraisals import AppraisalSettlementRow
from db.effects import EffectRow
from db.session import Database
from tests.fixtures_screening import Desk
from tests.fixtures_studies import import_until, pooled, studied
from tests.integration.test_pooling_the_starting_set import confirm_all


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    desk = studied(sqlite, now)
    import_until(desk, date(2025, 2, 1))
    confirm_all(desk)
    return desk


def analysed(one: Desk) -> AnalysisAccount:
    """Pool and analyse every outcome."""
    pooled(one)
    return analyse(database=one.database, review_id=one.review_id, cycle_id=one.cycle_id, protocol=one.protocol, by="system:test", now=one.now)


def change(one: Desk, count: int, outcome: str = "depression", **values: Any) -> list[EffectRow]:
    """Change the first effects of an outcome, and return them."""
    with one.database.writing(by="system:test") as session:
        rows = list(effects.effects_of(session, one.review_id, outcome))[:count]
        for row in rows:
            for name, value in values.items():
                setattr(row, name, value)
        return rows


def sign(one: Desk, rows: list[EffectRow], judgement: str, tool: str = "RoB 2") -> None:
    """Let a person sign the risk of bias of these results."""
    with one.database.writing(by="system:test") as session:
        for row in rows:
            session.add(AppraisalSettlementRow(
                review_id=one.review_id, effect_id=row.id, number=1, reason="", state="signed", tool=tool,
                tool_version="2019", variant="assignment",
                judgements={}, overall=judgement, basis="agreed",
                signed_by=[one.people["Edda"].id], at=one.now))


def lines(account: AnalysisAccount, outcome: str = "depression") -> dict[str, Any]:
    return {row["label"]: row for row in account.results[outcome, "sensitivity"]["rows"]}


def test_non_randomised_studies_are_an_estimate_of_their_own_and_never_in_the_lead(one: Desk) -> None:
    change(one, 2, design="non_randomised")
    account = pooled(one)
    assert (account.estimates["depression"].k, account.apart["depression"].k) == (5, 2)
    with one.database.reading() as session:
        lead = {row.outcome: row for row in estimates.estimates_of_cycle(session, one.cycle_id)}
        apart = estimates.estimates_of_cycle(session, one.cycle_id, body="non_randomised")
    assert (lead["depression"].body, lead["depression"].k) == ("randomised", 5)
    assert [(row.outcome, row.k) for row in apart] == [("depression", 2)]
    assert {member["study"] for member in lead["depression"].members}.isdisjoint(member["study"] for member in apart[0].members)


def test_both_together_stand_in_the_table_of_sensitivity_alone_and_say_so(one: Desk) -> None:
    change(one, 2, design="non_randomised")
    table = lines(analysed(one))
    assert table["Sensitivity only: trials and non-randomised studies together"]["k"] == 7
    assert table["Non-randomised studies, apart"]["k"] == 2
    # All seven together are what the seven give as trials: R metafor, REML, test="adhoc" (issue 2, item 6).
    assert table["Sensitivity only: trials and non-randomised studies together"]["estimate"] == pytest.approx(-0.357624, abs=1e-5)


def test_a_result_at_critical_risk_is_shown_and_in_no_pool(one: Desk) -> None:
    rows = change(one, 2, design="non_randomised")
    sign(one, rows[:1], "critical", tool="ROBINS-I")
    account = analysed(one)
    assert pooled(one).apart["depression"].k == 1
    table = account.results["depression", "sensitivity"]
    assert len(table["shown_only"]) == 1 and max(row["k"] for row in table["rows"]) == 6


def test_without_high_risk_leaves_out_whoever_was_signed_so(one: Desk) -> None:
    rows = change(one, 3)
    sign(one, rows[:2], "high")
    sign(one, rows[2:], "low")
    table = analysed(one).results["depression", "sensitivity"]
    row = next(row for row in table["rows"] if row["line"] == "without_high_risk")
    assert (row["k"], len(row["left_out"]), len(table["not_appraised"])) == (5, 2, 4)


def test_without_medians_leaves_out_means_that_were_computed_from_them(one: Desk) -> None:
    change(one, 1, formula="smd-LS from medians")
    row = next(row for row in analysed(one).results["depression", "sensitivity"]["rows"] if row["line"] == "without_converted")
    assert (row["k"], len(row["left_out"])) == (6, 1)


def test_a_protocol_that_waits_for_appraisals_pools_those_that_are_signed(one: Desk) -> None:
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, provisional="never"))
    assert pooled(one).estimates == {}
    sign(one, change(one, 3), "low")
    assert {outcome: estimate.k for outcome, estimate in pooled(one).estimates.items()} == {"depression": 3}


def test_an_outcome_whose_last_effect_is_taken_back_in_the_same_cycle_has_no_estimate_any_more(one: Desk) -> None:
    pooled(one)
    change(one, 1, "personal_recovery", state="withdrawn")
    assert "personal_recovery" not in pooled(one).estimates
    pooled(one)
    with one.database.reading() as session:
        assert "personal_recovery" not in {row.outcome for row in estimates.estimates_of_cycle(session, one.cycle_id)}
        newest = estimates.newest(session, one.cycle_id, "personal_recovery")
    assert newest is not None and (newest.k, newest.revision) == (0, 2)


def test_the_closer_look_has_each_study_left_out_and_the_studies_as_they_came(one: Desk) -> None:
    look = analysed(one).results["depression", "closer_look"]
    since = [row["since"] for row in look["cumulated"]]
    assert len(look["without"]) == 7 and since == sorted(since) and look["cumulated"][-1]["k"] == 7
    assert look["cumulated"][-1]["estimate"] == pytest.approx(-0.357624, abs=1e-5)
    # Seven trials are too few to test for asymmetry.
    assert look["tests"] is None


def test_repeated_looks_are_off_until_the_protocol_switches_them_on(one: Desk) -> None:
    assert not [kind for _, kind in analysed(one).results if kind == "repeated_looks"]
    looks = RepeatedLooks("obrien-fleming", 0.05, 0.8, 0.2)
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, repeated_looks=looks))
    panel = analysed(one).results["depression", "repeated_looks"]
    assert len(panel["looks"]["z"]) == len(panel["always"]["low"]) == 7 and panel["always"]["level"] == 0.95


def test_again_on_the_same_effects_stores_nothing_and_on_others_a_newer_row(one: Desk) -> None:
    analysed(one)
    analysed(one)
    with one.database.reading() as session:
        rows = analyses.of_cycle(session, one.cycle_id)
    assert {row.revision for row in rows} == {1} and {"sensitivity", "closer_look", "what_next"} == {row.kind for row in rows}
    change(one, 1, yi=-0.9)
    analysed(one)
    with one.database.reading() as session:
        assert {row.revision for row in analyses.of_cycle(session, one.cycle_id) if row.outcome == "depression"} == {2}
        assert all(blobs.get(session, row.inputs_sha256) for row in analyses.all_of_cycle(session, one.cycle_id))
        assert appraisals.overall_of_effects(session, one.review_id) == {}


def everything(one: Desk) -> None:
    """Make every kind of result there is: pooled, for few trials, apart, from published estimates, and all four analyses."""
    change(one, 2, design="non_randomised")
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, repeated_looks=RepeatedLooks("pocock", 0.05, 0.8, 0.1)))
    analysed(one)
    update_published(database=one.database, review_id=one.review_id, cycle_id=one.cycle_id, protocol=one.protocol, by="system:test", now=one.now)


def test_every_kept_result_comes_back_from_its_frozen_inputs_to_the_last_digit(one: Desk) -> None:
    everything(one)
    account = reproduce(database=one.database, review_id=one.review_id)
    with one.database.reading() as session:
        kinds = {row.kind for row in analyses.of_cycle(session, one.cycle_id)}
        few = [row.outcome for row in estimates.estimates_of_cycle(session, one.cycle_id) if row.result["few"]]
    assert kinds == {"sensitivity", "closer_look", "what_next", "repeated_looks"} and len(few) == 2
    assert account.differences == () and account.other_software == 0 and account.results > 20


def test_a_number_that_somebody_changed_in_the_database_is_named(one: Desk) -> None:
    everything(one)
    with one.database.writing(by="system:test") as session:
        row = estimates.newest(session, one.cycle_id, "depression")
        assert row is not None
        row.result = {**row.result, "estimate": row.result["estimate"] * (1 + 1e-15)}
        panel = analyses.newest(session, one.cycle_id, "depression", "closer_look")
        assert panel is not None
        panel.result = {**panel.result, "without": panel.result["without"][1:]}
    found = {(one.what.split(", ")[2], one.where) for one in reproduce(database=one.database, review_id=one.review_id).differences}
    assert found == {("randomised estimate", "estimate"), ("closer_look", "without")}

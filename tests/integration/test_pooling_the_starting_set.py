"""From the starting set, through a named person's confirmation, to the estimates that R's metafor gives (issue 2, item 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.steps.studies.invite_confirmation import invite_confirmation
from db import blobs, effects, estimates, events
from db.session import Database
from tests.fixtures_screening import KEYS, Desk
from tests.fixtures_studies import address_in_mail, forms_of, import_until, pooled, studied, web

MONTH_ONE = date(2025, 2, 1)
# R metafor, REML, test="adhoc" (Hartung-Knapp, max(1, .)), prediction interval t(k-1): issue 2, item 6.
K7 = {"estimate": -0.357624, "ci_low": -0.652976, "ci_high": -0.062273, "tau2": 0.052742, "pi_low": -0.99246, "pi_high": 0.27722}


def confirm_all(one: Desk) -> None:
    """Let the editor confirm every row, over the web."""
    assert invite_confirmation(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test",
                               now=one.now) == 1
    browser, address = web(one), address_in_mail(one, "Edda", "starting_set", "starting_set")
    (form,) = forms_of(browser.get(address))
    chosen = dict.fromkeys(form["choices"], "confirm")
    assert browser.post(form["action"], form["fields"] | chosen).status_code == 200


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return studied(sqlite, now)


def test_the_confirmed_starting_set_of_month_one_gives_metafors_estimate_for_depression(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    depression = pooled(one).estimates["depression"]
    assert depression.k == 7
    assert {name: getattr(depression, name) for name in K7} == pytest.approx(K7, abs=1e-5)
    assert depression.i2 == pytest.approx(55.90, abs=0.005)


def test_nothing_is_pooled_before_a_person_has_confirmed(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    assert pooled(one).estimates == {}


def test_one_trial_comes_back_as_its_own_numbers_and_is_not_called_pooled(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    recovery = pooled(one).estimates["personal_recovery"]
    assert (recovery.k, recovery.pooled, recovery.tau2, recovery.pi_low) == (1, False, None, None)
    assert recovery.estimate > 0


def test_only_rows_that_were_public_by_then_are_imported(one: Desk) -> None:
    account = import_until(one, MONTH_ONE)
    assert (account.new, account.later) == (14, 3)
    with one.database.reading() as session:
        assert max(row.available_from for row in effects.candidates(session, one.review_id)) <= "2025-02"
    assert import_until(one, None).new == 3


def test_importing_again_adds_nothing_and_keeps_what_was_confirmed(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    again = import_until(one, MONTH_ONE)
    assert (again.new, again.changed, again.known) == (0, 0, 14)
    with one.database.reading() as session:
        assert len(effects.effects_of(session, one.review_id)) == 14


def test_the_estimate_names_its_frozen_inputs_and_can_be_computed_from_them_again(one: Desk) -> None:
    from bot.methods.synthesis.pooling import pool_again

    import_until(one, MONTH_ONE)
    confirm_all(one)
    pooled(one)
    with one.database.reading() as session:
        row = next(row for row in estimates.estimates_of_cycle(session, one.cycle_id) if row.outcome == "depression")
        content, media_type = blobs.get(session, row.inputs_sha256)
    assert media_type == "application/json"
    assert pool_again(content, sha256=row.inputs_sha256).estimate == row.result["estimate"]
    assert row.participants == 787
    assert [member["study"] for member in row.members] == list(row.result["labels"])


def test_pooling_again_on_the_same_effects_stores_nothing_new(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    pooled(one)
    pooled(one)
    with one.database.reading() as session:
        rows = estimates.estimates_of_cycle(session, one.cycle_id)
        assert [row.revision for row in rows] == [1] * len(rows)
        assert len(events.of_kind(session, one.review_id, "estimate.computed")) == len(rows)


def test_two_trials_have_the_bayesian_estimate_beside_the_pooled_one_and_it_can_be_computed_again(one: Desk) -> None:
    from bot.methods.synthesis.bayesian import pool_bayesian
    from bot.methods.synthesis.provenance import thawed

    import_until(one, MONTH_ONE)
    confirm_all(one)
    anxiety = pooled(one).estimates["anxiety"]
    # Knapp-Hartung's interval of two is kept where it was, and is what a reader is never shown as the answer (issue 3, item 5).
    assert (anxiety.k, round(anxiety.ci_low, 1), round(anxiety.ci_high, 1)) == (2, -3.7, 2.6)
    with one.database.reading() as session:
        rows = {row.outcome: row for row in estimates.estimates_of_cycle(session, one.cycle_id)}
        inputs = thawed(blobs.get(session, rows["anxiety"].inputs_sha256)[0], sha256=rows["anxiety"].inputs_sha256)
    few = rows["anxiety"].result["few"]
    again = pool_bayesian(yi=inputs["yi"], vi=inputs["vi"], labels=inputs["labels"])
    assert (few["bayesian"]["estimate"], few["bayesian"]["inputs_sha256"]) == (again.estimate, again.inputs_sha256)
    assert (few["bayesian"]["ci_low"], few["bayesian"]["ci_high"]) == again.interval
    assert few["bayesian"]["ci_low"] > -1.6 and few["bayesian"]["ci_high"] < 0.6
    assert few["knapp_hartung"]["ci_low"] == anxiety.ci_low and few["wald"]["ci_low"] > anxiety.ci_low
    assert {outcome: row.k for outcome, row in rows.items() if row.result["few"]} == {"anxiety": 2, "quality_of_life": 3}


def test_where_the_protocol_shows_each_trial_by_itself_no_bayesian_estimate_is_made(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    pooled(one)
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, few=((1, "trials"), (2, "trials"), (3, "bayesian"))))
    pooled(one)
    with one.database.reading() as session:
        rows = {row.outcome: row for row in estimates.estimates_of_cycle(session, one.cycle_id)}
    assert rows["anxiety"].result["few"] is None and rows["quality_of_life"].result["few"] is not None
    assert {outcome: row.revision for outcome, row in rows.items()} == dict.fromkeys(rows, 1) | {"anxiety": 2}


def test_priors_made_for_standardised_differences_are_not_used_on_another_scale(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    with one.database.writing(by="system:test") as session:
        for row in effects.effects_of(session, one.review_id, "anxiety"):
            row.measure = "MD"
    outcomes = tuple(replace(outcome, measure="MD") if outcome.id == "anxiety" else outcome for outcome in one.protocol.outcomes)
    one.protocol = replace(one.protocol, outcomes=outcomes)
    pooled(one)
    with one.database.reading() as session:
        row = next(row for row in estimates.estimates_of_cycle(session, one.cycle_id) if row.outcome == "anxiety")
    assert (row.k, row.result["few"]) == (2, None)


def test_a_trial_that_was_not_randomised_stays_out_of_the_lead_estimate(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    with one.database.writing(by="system:test") as session:
        effects.effects_of(session, one.review_id, "depression")[0].design = "non_randomised"
    assert pooled(one).estimates["depression"].k == 6


def test_a_protocol_that_forbids_unappraised_trials_pools_none_of_them(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    confirm_all(one)
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, provisional="never"))
    assert pooled(one).estimates == {}

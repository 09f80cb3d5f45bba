"""Studies without randomisation are pooled, rated and shown apart, and never enter the number that leads (GRADE 18)."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import update

from bot.errors import ConflictError
from bot.methods.certainty.suggestions import DOMAINS
from db import appraisals, certainty, effects, estimates
from db.appraisals import AppraisalSettlementRow
from db.effects import EffectRow
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, press

OUTCOME, OTHER = "quality_of_life", "not-randomised"


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    """A review whose second trial of an outcome was not randomised after all."""
    made = press(sqlite, now)
    made.starting_set(outcome=OUTCOME)
    with sqlite.reading() as session:
        rows = effects.effects_of(session, made.desk.review_id, OUTCOME)
    with sqlite.writing(by=SYSTEM) as session:
        session.execute(update(EffectRow).where(EffectRow.study_id == rows[-1].study_id).values(design="non_randomised"))
    made.draft()
    return made


def appraise(one: Press, tool: str) -> None:
    """Sign the risk of bias of every pooled result; of the other body by this tool."""
    with one.desk.database.writing(by=SYSTEM) as session:
        for body, by in (("randomised", "rob2"), ("non_randomised", tool)):
            for row in estimates.estimates_of_cycle(session, one.desk.cycle_id, body=body):
                for member in row.members:
                    session.add(AppraisalSettlementRow(
                        review_id=one.desk.review_id, effect_id=member["effect_id"], number=1, state="signed", basis="agreed", tool=by,
                        tool_version="1", variant="assignment" if by == "robins_i" else "individual_assignment", overall="low",
                        judgements={}, signed_by=[], reason="", at=one.desk.now))


def page(one: Press) -> str:
    return f"/g/{one.token('Eve', 'certainty', one.desk.review_id)}/{OUTCOME}/{OTHER}"


def rate(one: Press, **changes: str) -> int:
    basis = re.search(r'name="basis" value="(\w+)"', one.browser.get(page(one)).text)
    given = {f"steps_{domain}": "0" for domain in (*DOMAINS, "dose_response", "confounding")}
    reasons = {f"reason_{domain}": "Judged by the editor." for domain in DOMAINS}
    sent = {"basis": basis.group(1) if basis else "", **given, **reasons} | changes
    return one.browser.post(page(one), sent, follow_redirects=False).status_code


def outcome(one: Press) -> dict:
    return next(found for found in one.bulletin.content["outcomes"] if found["id"] == OUTCOME)


@pytest.mark.parametrize(("tool", "start", "level"), [("robins_i", "high", "moderate"), ("rob2", "low", "very low")])
def test_it_has_a_page_of_its_own_and_starts_low_unless_robins_i_judged_it(one: Press, tool: str, start: str, level: str) -> None:
    assert "It cannot be rated yet" in one.browser.get(page(one)).text and rate(one) == 409
    appraise(one, tool)
    listed = one.browser.get(page(one).removesuffix(f"/{OUTCOME}/{OTHER}")).text
    assert "Quality of life, studies without randomisation" in listed and f"/{OUTCOME}/{OTHER}" in listed
    shown = one.browser.get(page(one)).text
    assert f"not randomised: the rating starts at {start}" in shown and "Dose and response" in shown
    assert rate(one, steps_imprecision="-1") == 303
    with one.desk.database.reading() as session:
        held = certainty.newest(session, one.desk.review_id)
    assert held[OUTCOME, "non_randomised"].level == level and (OUTCOME, "randomised") not in held
    assert rate(one, steps_confounding="1", steps_imprecision="-1", reason_confounding="All of it.") == 422


def test_it_stands_apart_in_page_text_print_and_mail_and_in_no_other_number(one: Press) -> None:
    appraise(one, "robins_i")
    rate(one, steps_risk_of_bias="-2", steps_imprecision="-1")
    one.draft()
    found = outcome(one)
    apart, lead = found["apart"], found["result"]
    studies = {trial["study_id"] for trial in apart["trials"]}
    assert apart["result"]["k"] == len(studies) == 1 and lead["k"] == len(found["trials"])
    assert not studies & {trial["study_id"] for trial in found["trials"]} and apart["certainty"] == "⊕⊖⊖⊖ very low"
    assert found["certainty"] == "not rated yet" and found["rating"] is None
    number = one.issue()
    for name in ("", "/bulletin.txt"):
        words = " ".join(one.browser.get(f"/reviews/digital-peer-support/bulletins/{number}{name}").text.split())
        assert "Studies without randomisation, apart: one study" in words or "Studies without randomisation, apart: 1 study" in words
        assert "never pooled with randomised trials" in words and "We are very uncertain" in words


def test_new_data_make_its_rating_stale_and_what_is_stale_is_not_signed(one: Press) -> None:
    appraise(one, "robins_i")
    rate(one, steps_imprecision="-1")
    with one.desk.database.writing(by=SYSTEM) as session:
        session.execute(update(EffectRow).where(EffectRow.design == "non_randomised").values(yi=-1.5))
    one.draft()
    with one.desk.database.reading() as session:
        assert len(appraisals.overall_of_effects(session, one.desk.review_id)) > 1
    assert outcome(one)["apart"]["rating"]["is_stale"] and "rated on other data" in outcome(one)["apart"]["certainty"]
    with pytest.raises(ConflictError, match="Quality of life"):
        one.sign()


def test_a_change_of_it_is_told_as_one(one: Press) -> None:
    one.issue()
    one.desk.next_cycle("2026-12")
    with one.desk.database.writing(by=SYSTEM) as session:
        session.execute(update(EffectRow).where(EffectRow.design == "non_randomised").values(yi=-1.5))
    one.draft()
    change = outcome(one)["change"]
    assert change["changed"] and "studies without randomisation: before" in change["sentence"] and not change["conclusion"]

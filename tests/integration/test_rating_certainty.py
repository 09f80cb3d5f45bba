"""An editor rates certainty: suggested from data, decided by a person, stale when the data change, and in the bulletin as it was signed."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from bot.errors import ConflictError
from bot.methods.certainty.suggestions import DOMAINS
from db import appraisals, certainty, estimates
from db.appraisals import AppraisalSettlementRow
from db.session import Database
from tests.asgi import Answer
from tests.fixtures_bulletins import SYSTEM, Press, press

OUTCOME = "quality_of_life"


@pytest.fixture
def one(database: Database, now: datetime) -> Press:
    """A review with the trials of one outcome confirmed and a draft, nothing appraised yet."""
    made = press(database, now)
    made.starting_set(outcome=OUTCOME)
    made.draft()
    return made


def appraise(one: Press, judgement: str = "low") -> None:
    """Sign the risk of bias of every pooled result."""
    with one.desk.database.writing(by=SYSTEM) as session:
        for row in estimates.estimates_of_cycle(session, one.desk.cycle_id):
            for member in row.members:
                number = 2 if member["effect_id"] in appraisals.overall_of_effects(session, one.desk.review_id) else 1
                session.add(AppraisalSettlementRow(
                    review_id=one.desk.review_id, effect_id=member["effect_id"], number=number, state="signed", basis="agreed", tool="rob2",
                    tool_version="2019-08-22", variant="individual_assignment", overall=judgement, judgements={}, signed_by=[], reason="",
                    at=one.desk.now))


def address(one: Press) -> str:
    return f"/g/{one.token('Eve', 'certainty', one.desk.review_id)}"


def fill(one: Press, **changes: str) -> dict[str, str]:
    """Return the form as an editor fills it who rates down for imprecision alone."""
    page = one.browser.get(f"{address(one)}/{OUTCOME}").text
    basis = re.search(r'name="basis" value="(\w+)"', page)
    given = {f"steps_{domain}": "-1" if domain == "imprecision" else "0" for domain in DOMAINS}
    reasons = {f"reason_{domain}": f"Judged by the editor: {domain}." for domain in DOMAINS}
    return {"basis": basis.group(1) if basis else "", **given, **reasons} | changes


def send(one: Press, **changes: str) -> Answer:
    return one.browser.post(f"{address(one)}/{OUTCOME}", fill(one, **changes), follow_redirects=False)


def ratings(one: Press) -> dict:
    with one.desk.database.reading() as session:
        return dict(certainty.newest(session, one.desk.review_id))


def test_nobody_rates_before_the_risk_of_bias_is_signed(one: Press) -> None:
    page = one.browser.get(f"{address(one)}/{OUTCOME}").text
    assert "It cannot be rated yet" in page and 'type="radio"' not in page
    assert send(one).status_code == 409 and not ratings(one)


def test_a_rating_is_stored_with_what_was_suggested_and_stands_in_the_bulletin(one: Press) -> None:
    appraise(one)
    assert send(one).status_code == 303
    rated = ratings(one)[OUTCOME, "randomised"]
    assert rated.level == "moderate" and rated.person_id == one.desk.people["Eve"].id
    assert rated.decisions["risk_of_bias"]["suggested"] == 0 and "100% of the weight at low" in rated.decisions["risk_of_bias"]["suggestion"]
    one.draft()
    outcome = next(found for found in one.bulletin.content["outcomes"] if found["id"] == OUTCOME)
    assert outcome["certainty"] == "⊕⊕⊕⊖ moderate" and "probably" in outcome["answer"]
    assert outcome["rating"]["reasons"] == [{"domain": "imprecision", "steps": -1, "words": "Judged by the editor: imprecision."}]
    one.sign()
    number = one.publish().numbers[0]
    assert "⊕⊕⊕⊖ moderate" in one.browser.get(f"/reviews/{one.desk.protocol.slug}/bulletins/{number}").text


def test_nothing_is_chosen_beforehand_and_every_domain_wants_a_decision(one: Press) -> None:
    appraise(one)
    assert " checked" not in one.browser.get(f"{address(one)}/{OUTCOME}").text
    answer = send(one, steps_inconsistency="")
    assert answer.status_code == 422 and "Choose one for inconsistency" in answer.text and not ratings(one)


def test_a_decision_other_than_suggested_wants_a_reason(one: Press) -> None:
    appraise(one)
    answer = send(one, steps_risk_of_bias="-1", reason_risk_of_bias=" ")
    assert answer.status_code == 422 and "Say why for risk of bias" in answer.text
    assert send(one, reason_indirectness="").status_code == 422


@pytest.mark.parametrize("steps", ["-3", "1", "x", "-1; drop table"])
def test_a_step_that_does_not_exist_is_refused(one: Press, steps: str) -> None:
    appraise(one)
    assert send(one, steps_risk_of_bias=steps).status_code == 422 and not ratings(one)


def test_the_same_form_sent_twice_is_one_rating(one: Press) -> None:
    appraise(one)
    assert [send(one).status_code, send(one).status_code] == [303, 303]
    assert ratings(one)[OUTCOME, "randomised"].number == 1
    assert send(one, steps_imprecision="-2").status_code == 303
    assert ratings(one)[OUTCOME, "randomised"].number == 2


def test_a_rating_whose_data_changed_is_stale_and_blocks_signing(one: Press) -> None:
    appraise(one)
    send(one)
    appraise(one, "high")
    one.draft()
    content = next(found for found in one.bulletin.content["outcomes"] if found["id"] == OUTCOME)
    assert content["certainty"] == "rated on other data, to be rated again" and "probably" not in content["answer"]
    with pytest.raises(ConflictError, match="was rated on other data"):
        one.sign()
    assert "stale" in one.browser.get(address(one)).text
    send(one, steps_risk_of_bias="-2")
    one.draft()
    assert one.sign().state == "signed"


def test_a_page_opened_before_the_data_changed_stores_nothing(one: Press) -> None:
    appraise(one)
    old = fill(one)
    appraise(one, "some concerns")
    answer = one.browser.post(f"{address(one)}/{OUTCOME}", old, follow_redirects=False)
    assert answer.status_code == 409 and "changed since you opened" in answer.text and not ratings(one)


def test_another_purpose_or_person_opens_nothing(one: Press) -> None:
    appraise(one)
    wrong = one.token("Eve", "sign", one.bulletin.id)
    assert one.browser.get(f"/g/{wrong}").status_code in (403, 404, 410)
    assert one.browser.post(f"/g/{wrong}/{OUTCOME}", {}, follow_redirects=False).status_code in (403, 404, 410)
    ada = one.token("Ada", "certainty", one.desk.review_id)
    assert one.browser.post(f"/g/{ada}/{OUTCOME}", fill(one), follow_redirects=False).status_code in (403, 409) and not ratings(one)


def test_an_unknown_outcome_is_not_found(one: Press) -> None:
    assert one.browser.get(f"{address(one)}/nothing").status_code == 404

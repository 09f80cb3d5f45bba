"""One number leads: the published estimate until an editor signs that our own set is complete; and no flow that does not add up is signed."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from bot.errors import ConflictError
from db import bulletins
from db.completeness import CompletenessRow
from db.records import RecordRow
from db.searches import SearchRunRow
from db.session import Database
from tests.asgi import Answer
from tests.fixtures_bulletins import SYSTEM, Press, press

OUTCOME = "quality_of_life"


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    """A review with the trials of one outcome confirmed, of which a published estimate exists, and a search."""
    made = press(sqlite, now)
    made.starting_set(outcome=OUTCOME)
    with sqlite.writing(by=SYSTEM) as session:
        session.add(SearchRunRow(review_id=made.desk.review_id, cycle_id=made.desk.cycle_id, source="pubmed", attempt=1, kind="api",
                                 strategy_sha256="0" * 64, window_from="", window_to="2026-11-02", state="ok", software="test", started_at=now,
                                 finished_at=now))
    made.draft()
    return made


def drafted(one: Press) -> dict:
    one.draft()
    return next(found for found in one.bulletin.content["outcomes"] if found["id"] == OUTCOME)


def send(one: Press, **given: str) -> Answer:
    address = f"/g/{one.token('Eve', 'certainty', one.desk.review_id)}/{OUTCOME}/complete"
    sent = {"choice": "complete", "basis": "Two of us compared our list with Croke's."} | given
    return one.browser.post(address, sent, follow_redirects=False)


def signatures(one: Press) -> int:
    with one.desk.database.reading() as session:
        return session.scalar(select(func.count()).select_from(CompletenessRow)) or 0


def test_the_published_estimate_leads_until_the_set_is_signed_complete_and_again_when_that_is_taken_back(one: Press) -> None:
    before = drafted(one)
    assert before["leads"] == "published" and before["lead"]["words"] == before["published"][0]["updated"]["words"]
    assert before["answer"].startswith("In the published review Croke 2026, brought up to date")
    assert "Apart from it, trials found so far, incomplete" in before["answer"]
    assert send(one).status_code == 303
    signed = drafted(one)
    assert signed["leads"] == "ours" and signed["lead"] is None and signed["answer"] == signed["ours"]
    assert signed["complete_to"] == "2026-11-02" and "complete to 2 November 2026" in signed["caveat"]
    assert send(one, choice="withdrawn", basis="A trial had been overlooked.").status_code == 303
    assert drafted(one)["leads"] == "published"


def test_our_numbers_are_the_same_whichever_leads(one: Press) -> None:
    before = drafted(one)["result"]
    send(one)
    assert drafted(one)["result"] == before


@pytest.mark.parametrize("given", [{"choice": ""}, {"choice": "yes"}, {"basis": ""}, {"basis": "x" * 2001}, {"choice": "withdrawn"}])
def test_without_a_choice_or_a_reason_nothing_is_signed(one: Press, given: dict[str, str]) -> None:
    answer = send(one, **given)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and not signatures(one)


def test_signing_twice_is_signing_once(one: Press) -> None:
    assert [send(one).status_code for _ in range(2)] == [303, 303] and signatures(one) == 1


def test_a_set_is_complete_to_the_day_of_a_search_and_before_one_to_none(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    one.starting_set(outcome=OUTCOME)
    one.draft()
    answer = send(one)
    assert answer.status_code == 422 and "No source has been searched yet" in answer.text and not signatures(one)


def test_a_row_that_breaks_the_flow_keeps_the_bulletin_from_being_signed(one: Press) -> None:
    assert one.bulletin.content["flow_remarks"] == []
    with one.desk.database.writing(by=SYSTEM) as session:
        session.add(RecordRow(review_id=one.desk.review_id, source="pubmed", identity="999", cycle_id=one.desk.cycle_id, fields={},
                              seen_at=one.desk.now))
    one.draft()
    assert one.bulletin.content["flow_remarks"]
    with pytest.raises(ConflictError, match="The flow does not add up, so this cannot be published: 3 records were identified"):
        one.sign()
    with one.desk.database.reading() as session:
        assert not bulletins.published(session, one.desk.review_id)

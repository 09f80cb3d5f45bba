"""A reviewer without time: records go to a colleague, mails stop until a day; two blind votes stay votes of two people."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from db import outbox, people, rounds
from db.session import Database
from tests.fixtures_reviewing import browser
from tests.fixtures_screening import Desk, desk
from tests.fixtures_studies import forms_of, words_of

THREE = (("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"))


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return desk(sqlite, now, reports=4, team=THREE)


def opened(one: Desk) -> int:
    round_id = one.open().round_id
    assert round_id is not None
    return round_id


def mails_to(one: Desk, name: str, template: str) -> list[datetime]:
    with one.database.reading() as session:
        return [row.not_before for row in outbox.in_state(session, "pending")
                if row.template == template and row.recipient_id == one.people[name].id]


def press(one: Desk, name: str, round_id: int, which: str, **fields: str):
    """Send a form of a reviewer's own list."""
    page = browser(one)
    address = f"/r/{one.token(name, round_id)}"
    form = next(form for form in forms_of(page.get(address)) if form["action"].endswith(which))
    return page.post(form["action"], form["fields"] | fields)


def test_undecided_records_go_to_a_colleague_who_gets_one_mail_and_votes_stay(one: Desk) -> None:
    round_id = opened(one)
    one.vote("Ada", round_id, 1, "include")
    answer = press(one, "Ada", round_id, "/hand-over", to=one.people["Cleo"].public_id)
    assert "3 records handed over" in words_of(answer)
    assert [len(one.list_of(name, round_id)) for name in ("Ada", "Ben", "Cleo")] == [1, 4, 3]
    assert len(mails_to(one, "Cleo", "digest")) == 1
    for assignment in one.list_of("Cleo", round_id):
        one.vote("Cleo", round_id, assignment.position, "include")
    for assignment in one.list_of("Ben", round_id):
        one.vote("Ben", round_id, assignment.position, "include")
    assert one.settle().closed == 1


def test_nobody_votes_twice_on_one_record(one: Desk) -> None:
    round_id = opened(one)
    answer = press(one, "Ada", round_id, "/hand-over", to=one.people["Ben"].public_id)
    assert answer.status_code == 409 and "on Ben's list already" in words_of(answer)
    assert len(one.list_of("Ada", round_id)) == 4


def test_a_stranger_is_no_colleague_and_a_closed_round_hands_nothing_over(one: Desk) -> None:
    round_id = opened(one)
    for to in ("", "x", one.people["Ada"].public_id):
        assert press(one, "Ada", round_id, "/hand-over", to=to).status_code == 422
    with one.database.writing(by="system:test") as session:
        rounds.by_id(session, round_id).closed_at = one.now
    token = one.token("Ada", round_id)
    assert browser(one).post(f"/r/{token}/hand-over", {"to": one.people["Cleo"].public_id}).status_code == 409


def test_who_is_away_gets_no_reminder_and_no_mail_before_the_day(one: Desk) -> None:
    round_id = opened(one)
    until = (one.now + timedelta(days=40)).date()
    assert "No reminders and no new rounds for you before" in words_of(press(one, "Ada", round_id, "/away", until=until.isoformat()))
    one.later(days=max(one.protocol.reviewing.reminder_days))
    one.remind()
    assert mails_to(one, "Ada", "reminder") == [] and mails_to(one, "Ben", "reminder")

    press(one, "Ada", round_id, "/away", until="")
    one.remind()
    assert mails_to(one, "Ada", "reminder")


@pytest.mark.parametrize("until", ["tomorrow", "2020-01-01", "2999-01-01", "2026-13-40", "<script>"])
def test_a_day_that_is_none_or_is_over_is_refused_with_a_sentence(one: Desk, until: str) -> None:
    round_id = opened(one)
    answer = press(one, "Ada", round_id, "/away", until=until)
    assert answer.status_code == 422 and "<script>" not in answer.text
    with one.database.reading() as session:
        assert people.away(session, one.review_id, one.now) == {}


def test_a_new_round_asks_those_who_are_here_and_all_where_too_few_would_be_left(sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=4, team=(*THREE, ("Dora", "reviewer")))
    with one.database.writing(by="system:test") as session:
        people.set_away(session, one.review_id, one.people["Ada"].id, now + timedelta(days=30))
    round_id = opened(one)
    assert one.list_of("Ada", round_id) == [] and len(one.list_of("Dora", round_id)) == 4


def test_all_are_asked_where_too_few_would_be_left_and_written_to_later(one: Desk) -> None:
    back = one.now + timedelta(days=30)
    with one.database.writing(by="system:test") as session:
        people.set_away(session, one.review_id, one.people["Ada"].id, back)
    round_id = opened(one)
    assert len(one.list_of("Ada", round_id)) == 4 and mails_to(one, "Ada", "digest") == [back]

"""Limits on what one client may ask for, shared by all processes; that nobody learns who is known; signs that no database takes."""

from __future__ import annotations

import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.web import create, limits
from db import outbox, rate_counters
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_bulletins import press
from tests.fixtures_screening import sample_records
from tests.fixtures_studies import application, studied

FORM = "/reviews/digital-peer-support/subscribe"


def test_one_client_asks_five_times_an_hour_whatever_process_answers(database: Database, now: datetime) -> None:
    one = press(database, now)
    webs = [create(one.app), create(one.app)]
    answers = [Browser(webs[number % 2]).post(FORM, {"email": f"reader{number}@example.org"}, follow_redirects=False) for number in range(8)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 3
    assert answers[-1].headers["retry-after"] == "3600" and "too often" in answers[-1].text
    assert Browser(webs[0], client="203.0.113.8").post(FORM, {"email": "z@example.org"}, follow_redirects=False).status_code == 303
    assert len(one.mails("confirm_subscription")) == 6
    one.desk.later(hours=1)
    assert Browser(webs[0]).post(FORM, {"email": "y@example.org"}, follow_redirects=False).status_code == 303


def test_one_network_of_ipv6_is_one_client_and_no_address_is_stored(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    web = create(one.app)
    codes = [Browser(web, client=f"2001:db8::{number}").post(FORM, {"email": f"r{number}@example.org"}, follow_redirects=False).status_code
             for number in range(6)]
    assert codes == [303] * 5 + [429]
    stored = Path(str(sqlite.url.database)).read_bytes() + Path(f"{sqlite.url.database}-wal").read_bytes()
    assert b"2001:db8" not in stored


def test_an_address_gets_at_most_three_mails_a_day_however_many_ask(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    web = create(one.app)
    for number in range(12):
        assert Browser(web, client=f"203.0.113.{number}").post(FORM, {"email": "ann@example.org"}, follow_redirects=False).status_code == 303
        one.desk.later(minutes=60)
    assert len(one.mails("confirm_subscription")) == 3


def test_signing_in_is_limited_by_client_and_by_address(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=sample_records(1))
    web = create(application(one))
    codes = [Browser(web).post("/sign-in", {"email": f"nobody{number}@example.org"}, follow_redirects=False).status_code for number in range(12)]
    assert codes == [303] * 10 + [429] * 2
    for number in range(8):
        one.later(minutes=2)
        Browser(web, client=f"203.0.113.{number}").post("/sign-in", {"email": "ada@example.org"}, follow_redirects=False)
    with sqlite.reading() as session:
        mails = [row for row in outbox.in_state(session, "pending") if row.template == "sign_in"]
    assert len(mails) == 5


def test_who_tries_links_is_stopped_and_who_holds_one_is_not(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=sample_records(1))
    web, round_id = Browser(create(application(one))), one.open().round_id
    codes = [web.get(f"/r/{number:043d}").status_code for number in range(35)]
    assert codes == [403] * 30 + [429] * 5
    assert round_id is not None and web.get(f"/r/{one.token('Ada', round_id)}").status_code == 200
    one.later(minutes=1)
    assert web.get(f"/r/{'x' * 43}").status_code == 403


def test_counting_from_many_sides_at_once_loses_none_and_what_is_over_is_forgotten(database: Database, now: datetime) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(_: int) -> int:
        with database.writing(by="system:test") as session:
            return rate_counters.count(session, "x", "me", at=now, span=timedelta(hours=1))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(40))) == list(range(1, 41))
    with database.writing(by="system:test") as session:
        rate_counters.count(session, "x", "other", at=now + timedelta(hours=2), span=timedelta(hours=1))
        assert rate_counters.asked(session, "x", "me", at=now, span=timedelta(hours=1)) == 0


@pytest.mark.parametrize("page", ["sign-in", "subscribe"])
def test_the_answer_takes_the_same_time_for_who_is_known_and_who_is_not(sqlite: Database, now: datetime, page: str,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEAST_SECONDS", 0.25)
    one = press(sqlite, now)
    one.reader("known@example.org")
    web = create(one.app)
    address, known = ("/sign-in", "ada@example.org") if page == "sign-in" else (FORM, "known@example.org")
    took = {"known": [], "stranger": []}
    for number in range(3):
        for who, email in (("known", known), ("stranger", f"stranger{number}@example.org")):
            began = time.monotonic()
            Browser(web, client=f"203.0.113.{number}{who == 'known':d}").post(address, {"email": email}, follow_redirects=False)
            took[who].append(time.monotonic() - began)
    assert min(took["known"] + took["stranger"]) >= 0.25
    assert abs(statistics.median(took["known"]) - statistics.median(took["stranger"])) < 0.1


def test_a_sign_that_no_database_takes_is_kept_out(database: Database, now: datetime) -> None:
    one = studied(database, now, reports=sample_records(1))
    web, round_id = Browser(create(application(one))), one.open().round_id
    assert round_id is not None
    address = f"/r/{one.token('Ada', round_id)}"
    assert web.get("/reviews/digital-peer-support/bulletins/1/a\x00b").status_code == 404
    assert web.get(f"{address}?voted=%00").status_code == 404
    answer = web.post(f"{address}/1", {"verdict": "unsure", "note": "a\x00b", "version": "0"}, follow_redirects=False)
    assert answer.status_code == 303 and "ab" in web.get(f"{address}/1").text
    assert web.post("/sign-in", {"email": "a\x00b@example.org"}).status_code in (200, 422)


def test_a_mail_to_who_left_this_review_is_not_sent(sqlite: Database, now: datetime) -> None:
    from bot.steps.people.leave import leave
    from tests.integration.test_team_and_sign_in import declare, sent

    one = studied(sqlite, now, reports=sample_records(2))
    one.open()
    declare(one, "Ada")
    with sqlite.writing(by="system:test") as session:
        from db import people, reviews

        other = reviews.ensure(session, slug="other", title="Other", at=now)
        people.add(session, review_id=other.id, name="Ada", email="ada@example.org", role="reviewer", at=now)
    leave(database=sqlite, review_id=one.review_id, person_id=one.people["Ada"].id, by="system:test", now=now)
    assert sent(one) == []

"""What was wrong in a published bulletin is said above it at once and named by the next one; the bulletin itself stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import corrections, events
from db.session import Database
from tests.fixtures_bulletins import Press, one_trial

REVIEW = "/reviews/digital-peer-support"
WHAT = "The number of people in Kaplan 2011 was printed as 991; it is 199. <b>Sorry</b>"


@pytest.fixture
def one(database: Database, now) -> Press:
    """A review with a published bulletin and a draft of the next."""
    made = one_trial(database, now)
    made.issue()
    made.desk.now += timedelta(days=30)
    made.desk.next_cycle("2026-12")
    made.draft()
    return made


def say(one: Press, number: str = "1", what: str = WHAT):
    token = one.token("Eve", "sign", one.bulletin.id)
    return one.browser.post(f"/e/{token}/correct", {"number": number, "what": what}, follow_redirects=False)


def kept(one: Press) -> list[tuple[int, str]]:
    with one.desk.database.reading() as session:
        return [(row.number, row.what) for row in corrections.of_review(session, one.desk.review_id)]


def test_it_stands_above_the_old_bulletin_at_once_and_in_the_next_one(one: Press) -> None:
    frozen = one.browser.get(f"{REVIEW}/bulletins/1/bulletin.json").content
    assert say(one).status_code == 303 and kept(one) == [(1, WHAT)]
    above = one.browser.get(f"{REVIEW}/bulletins/1").text
    assert "Something in this bulletin was wrong" in above and "is not out yet" in above and "&lt;b&gt;Sorry&lt;/b&gt;" in above
    assert one.browser.get(f"{REVIEW}/bulletins/1/bulletin.json").content == frozen
    assert one.issue() == 2
    newest = one.browser.get(f"{REVIEW}/bulletins/2").text
    assert 'In <a href="/reviews/digital-peer-support/bulletins/1">bulletin 1</a> something was wrong' in newest
    assert "CORRECTION. In bulletin 1" in one.browser.get(f"{REVIEW}/bulletins/2/bulletin.txt").text
    assert "Corrected in bulletin 2" in one.browser.get(f"{REVIEW}/bulletins/1").text


def test_the_bulletin_after_the_correction_does_not_say_it_again(one: Press) -> None:
    say(one)
    one.issue()
    one.desk.now += timedelta(days=31)
    one.desk.next_cycle("2027-01")
    one.issue()
    assert "something was wrong" not in one.browser.get(f"{REVIEW}/bulletins/3").text


def test_said_twice_is_said_once_with_one_event(one: Press) -> None:
    assert [say(one).status_code, say(one).status_code] == [303, 303] and len(kept(one)) == 1
    with one.desk.database.reading() as session:
        assert len(events.of_kind(session, one.desk.review_id, "bulletin.corrected")) == 1


@pytest.mark.parametrize(("number", "what", "status"), [
    ("", WHAT, 422), ("x", WHAT, 422), ("9", WHAT, 404), ("1", "  ", 422), ("1", "x" * 2001, 422)])
def test_a_correction_of_nothing_is_refused_with_a_sentence(one: Press, number: str, what: str, status: int) -> None:
    answer = say(one, number, what)
    assert answer.status_code == status and 'role="alert"' in answer.text and not kept(one)


def test_only_an_editor_by_her_own_link_says_it(one: Press) -> None:
    wrong = one.token("Eve", "certainty", one.desk.review_id)
    assert one.browser.post(f"/e/{wrong}/correct", {"number": "1", "what": WHAT}, follow_redirects=False).status_code in (403, 404)
    ada = one.token("Ada", "sign", one.bulletin.id)
    assert one.browser.post(f"/e/{ada}/correct", {"number": "1", "what": WHAT}, follow_redirects=False).status_code == 403 and not kept(one)

"""What asks for a bulletin besides the calendar, a status note that goes by itself, a review that is overdue, and one that is retired."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot import jobs, paths
from bot.bulletin import living
from bot.errors import ConflictError
from bot.protocols.check import check
from bot.steps.bulletins.let_go import let_go
from db import bulletins, events, reviews
from db.searches import SearchRunRow
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, one_trial
from tests.unit.protocols.small_review import edit

GIVEN: dict[str, object] = {
    "amended": None, "corrects": [], "flow_remarks": [], "triggers": [], "status": "no change", "outcomes": [], "sources": [{"state": "ok"}]}


def by_itself(one: Press) -> Press:
    one.desk.protocol = replace(one.desk.protocol, publishing=replace(one.desk.protocol.publishing, status_notes="by_itself"))
    return one


def search_everything(one: Press) -> None:
    """Let every source of the protocol have been searched in the cycle, with nothing found."""
    with one.desk.database.writing(by=SYSTEM) as session:
        for plan in one.desk.protocol.sources:
            session.add(SearchRunRow(
                review_id=one.desk.review_id, cycle_id=one.desk.cycle_id, source=plan.name, attempt=1, kind=plan.kind, strategy_sha256="",
                window_from="2026-11-01", window_to=f"{one.desk.now:%Y-%m-%d}", state="ok", software="", started_at=one.desk.now,
                finished_at=one.desk.now))


def second_month(one: Press) -> Press:
    one.issue()
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2026-12")
    return one


def test_a_status_note_goes_by_itself_where_the_protocol_says_so_and_everything_was_searched(sqlite: Database, now: datetime) -> None:
    one = second_month(by_itself(one_trial(sqlite, now)))
    one.reader("ada@example.org")
    search_everything(one)
    one.draft()
    assert one.bulletin.status == "no change"
    assert let_go(**one.common, now=one.desk.now) == (one.bulletin.id,) and let_go(**one.common, now=one.desk.now) == ()
    assert one.publish().numbers == (2,)
    assert one.bulletin.signed_by is None and one.bulletin.content["signed"]["by"].startswith("nobody")
    page = one.browser.get(f"/reviews/{one.desk.protocol.slug}/bulletins/2").text
    assert "Signed by nobody: by its protocol a status note without changes goes by itself" in page and "read and signed" not in page
    with sqlite.reading() as session:
        assert len(events.of_kind(session, one.desk.review_id, "bulletin.by_itself")) == 1
    (first, second) = (mail.data for mail in one.mails("draft_to_sign"))
    assert not first["by_itself"] and second["by_itself"]


def test_without_that_rule_or_with_a_source_that_was_not_searched_a_note_waits_for_an_editor(sqlite: Database, now: datetime) -> None:
    one = second_month(one_trial(sqlite, now))
    one.draft()
    assert let_go(**one.common, now=one.desk.now) == ()
    # Nothing was searched in this cycle.
    assert let_go(**by_itself(one).common, now=one.desk.now) == () and one.bulletin.state == "draft"


@pytest.mark.parametrize("changed", [
    {"status": "estimate updated"}, {"status": "first"}, {"triggers": [{"id": "age"}]}, {"flow_remarks": ["It does not add up."]},
    {"sources": [{"state": "ok"}, {"state": "failed"}]}, {"sources": [{"state": "waiting"}]}, {"sources": [{"state": "never"}]},
    {"corrects": [{"number": 1}]}, {"amended": {"since": "1.0"}}, {"outcomes": [{"rating": {"is_stale": True}}]}])
def test_anything_that_asks_for_an_editor_keeps_a_note_from_going_by_itself(sqlite: Database, now: datetime, changed: dict[str, object]) -> None:
    protocol = by_itself(one_trial(sqlite, now)).desk.protocol
    assert living.goes_by_itself(protocol, GIVEN)
    assert not living.goes_by_itself(protocol, GIVEN | changed)


def outcome(label: str, *, harm: bool = False, studies: tuple[int, ...] = (), conclusion: str = "", **rating: object) -> dict[str, object]:
    return {"id": label.lower(), "label": label, "importance": "critical", "harm": harm, "change": {"conclusion": conclusion},
            "rating": {"level": "low", "size": "small", "favours": True} | rating,
            "trials": [{"study_id": n, "study": f"S {n}"} for n in studies]}


REVIEW = {"population": "adults", "intervention": "peers", "comparator": "none"}
BEFORE = {"dated": "2026-01-05", "review": REVIEW, "told": [], "outcomes": [outcome("Depression"), outcome("Deaths", harm=True, studies=(1,))]}
NOW = BEFORE | {"searched_to": "2026-02-01", "pending": [{"n": 1}]}


@pytest.mark.parametrize(("now_said", "trigger", "why"), [
    ({"outcomes": [outcome("Depression", conclusion="It changed.", size="large")]}, "size", "Depression"),
    ({"outcomes": [outcome("Depression", conclusion="It changed.", level="high")]}, "certainty", "Depression"),
    ({"outcomes": [outcome("Depression"), outcome("Sleep")]}, "question", "the outcome Sleep is new"),
    ({"review": REVIEW | {"population": "children"}}, "question", "the population is described anew"),
    ({"told": [{"study": "S 1", "kind": "retraction"}]}, "retraction", "S 1: retraction"),
    ({"outcomes": [outcome("Deaths", harm=True, studies=(1, 2))]}, "safety", "S 2 on deaths"),
    ({"searched_to": "2026-08-01"}, "age", "the last bulletin is of 5 January 2026, and there is evidence that waits"),
])
def test_each_trigger_is_set_off_by_what_it_says(sqlite: Database, now: datetime, now_said: dict[str, object], trigger: str, why: str) -> None:
    protocol = one_trial(sqlite, now).desk.protocol
    found = living.fired(protocol, NOW | now_said, BEFORE)
    assert [(one["id"], one["why"]) for one in found] == [(trigger, why)]
    assert living.fired(protocol, NOW, BEFORE) == [] and living.fired(protocol, NOW | now_said, None) == []


def test_a_trigger_stands_in_the_draft_its_mail_and_the_bulletin(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.issue()
    one.desk.now += timedelta(days=400)
    one.desk.next_cycle("2027-12")
    one.draft()
    assert [found["id"] for found in one.bulletin.content["triggers"]] == ["age"]
    assert one.mails("draft_to_sign")[-1].data["triggers"][0]["id"] == "age"
    one.sign()
    one.publish()
    address = f"/reviews/{one.desk.protocol.slug}/bulletins/2"
    for path in (address, f"{address}/bulletin.txt"):
        assert "Besides the calendar, this asked for a bulletin" in one.browser.get(path).text


def test_a_review_without_a_bulletin_for_longer_than_it_allows_is_called_overdue(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.issue()
    slug, most = one.desk.protocol.slug, one.desk.protocol.publishing.largest_silence_months
    assert one.browser.get(f"/api/v1/reviews/{slug}").json()["status"] == "active"
    one.desk.now += timedelta(days=31 * (most + 1))
    assert one.browser.get(f"/api/v1/reviews/{slug}").json()["status"] == "overdue"
    assert "This review is overdue: its last bulletin is of" in one.browser.get(f"/reviews/{slug}").text
    assert f"{slug}: overdue" in jobs._waiting_for_a_person(one.app)


@pytest.mark.parametrize(("first", "last", "months"), [
    (date(2026, 1, 31), date(2026, 2, 28), 0), (date(2026, 1, 31), date(2026, 3, 1), 1), (date(2025, 12, 1), date(2026, 12, 1), 12)])
def test_months_are_whole_months(first: date, last: date, months: int) -> None:
    assert living.months_between(first, last) == months


def retired(one: Press, day: date) -> Press:
    ended = replace(one.desk.protocol.living, retired_on=day, retired_why="Nobody asks any more.")
    one.desk.protocol = replace(one.desk.protocol, living=ended)
    return one


def test_a_retired_review_says_so_and_why_and_begins_no_cycle(sqlite: Database, now: datetime) -> None:
    one = retired(one_trial(sqlite, now), now.date() - timedelta(days=1))
    one.issue()
    slug, app = one.desk.protocol.slug, one.app
    for path in (f"/reviews/{slug}", "/", f"/reviews/{slug}/bulletins/1", f"/reviews/{slug}/bulletins/1/plain.html"):
        assert "Nobody asks any more." in one.browser.get(path).text, path
    assert one.browser.get(f"/api/v1/reviews/{slug}").json()["status"] == "retired"
    with pytest.raises(ConflictError, match=r"Nobody asks any more\. No cycle of it begins any more\. To take it up again"):
        jobs.run_now(app, slug, by=SYSTEM)
    later = replace(app, clock=lambda: one.desk.now + timedelta(days=70))
    with sqlite.reading() as session:
        begun = len(reviews.cycles(session, one.desk.review_id))
    jobs._begin_what_is_due(later, slug)
    with sqlite.reading() as session:
        assert len(reviews.cycles(session, one.desk.review_id)) == begun and len(bulletins.published(session, one.desk.review_id)) == 1


def test_a_review_that_will_be_retired_is_active_until_then(sqlite: Database, now: datetime) -> None:
    one = retired(one_trial(sqlite, now), now.date() + timedelta(days=300))
    assert living.standing(one.desk.protocol, None, now.date()).status == "active"
    one.issue()
    assert not one.bulletin.content["living"]["is_last"]


def test_a_day_without_a_reason_is_refused(tmp_path: Path) -> None:
    review = shutil.copytree(paths.reviews() / "digital-peer-support", tmp_path / "digital-peer-support")
    edit(review, "protocol.toml", "[living]\n", "[living]\nretired_on = 2026-12-31\n")
    assert [finding.key for finding in check(review)] == ["living.retired_why"]

"""From an inclusion by title and abstract to a decision on the full text: attached, read, judged by two; what cannot be had is said."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.methods.screening.portable_documents import MOST_BYTES
from bot.steps.full_texts.open_round import open_full_text_round
from bot.web.guards import MAX_FILE
from db import decisions, full_texts, outbox, retrievals, reviews, rounds, screening, studies
from db.full_texts import FullTextLink
from db.retrievals import RetrievalRow
from db.session import Database
from tests.asgi import Answer, Browser
from tests.fixtures_screening import KEYS, Desk, desk, sample_records
from tests.fixtures_studies import EVERYBODY, take_up, web, words_of
from tests.integration.test_reviewing_pages import state_of

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\nstartxref\n9\n%%EOF\n"


def reading(database: Database, now: datetime, count: int = 3) -> Desk:
    """Return a review whose protocol reads full texts, with all reports let in by title and abstract."""
    one = desk(database, now, reports=sample_records(count), team=EVERYBODY)
    one.protocol = replace(one.protocol, reviewing=replace(one.protocol.reviewing, full_text="assessed"))
    round_id = one.open().round_id
    assert round_id is not None
    for name in ("Ada", "Ben"):
        for assignment in one.list_of(name, round_id):
            one.vote(name, round_id, assignment.position, "include")
    one.settle()
    with database.writing(by="system:test") as session:
        reviews.cycle(session, one.cycle_id).state = "reviewing"
    return one


def opened(one: Desk) -> int:
    """Open the round on full texts and return it."""
    number = open_full_text_round(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test",
                                  now=one.now).round_id
    assert number is not None
    return number


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return reading(sqlite, now)


def attach(browser: Browser, place: str, content: bytes, name: str = "paper.pdf", kind: str = "application/pdf") -> Answer:
    """Send a file as a browser does."""
    body = (f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n').encode()
    return browser.request("POST", f"{place}/full-text", body=body + content + b"\r\n--edge--\r\n",
                           headers={"content-type": "multipart/form-data; boundary=edge"})


def counted(one: Desk) -> dict[str, int]:
    with one.database.reading() as session:
        return retrievals.counts(session, one.review_id)


def test_titles_and_abstracts_alone_make_no_study_and_full_texts_do_on_both_databases(database: Database, now: datetime) -> None:
    one = reading(database, now)
    assert take_up(one).new == 0
    assert (counted(one)["sought"], counted(one)["pending"]) == (3, 3)
    round_id = opened(one)
    assert opened(one) == round_id
    browser, pages = web(one), {name: f"/r/{one.token(name, round_id)}" for name in ("Ada", "Ben")}
    places = {name: {row.report_id: row.position for row in one.list_of(name, round_id)} for name in pages}
    first, second, third = sorted(places["Ada"])
    attach(browser, f"{pages['Ada']}/{places['Ada'][first]}", PDF)
    browser.post(f"{pages['Ben']}/{places['Ben'][second]}/full-text", {"state": "read_elsewhere", "note": "in the library"})
    browser.post(f"{pages['Ben']}/{places['Ben'][third]}/full-text", {"state": "not_retrieved", "note": "authors asked twice"})
    for name in pages:
        one.vote_on(name, round_id, first, "include")
        one.vote_on(name, round_id, second, "exclude", "setting")
    one.settle()
    assert counted(one) == {"sought": 3, "not_retrieved": 1, "assessed": 2, "included": 1, "excluded": 1, "awaiting": 0, "pending": 0}
    with database.reading() as session:
        assert retrievals.reasons(session, one.review_id) == {"setting": 1}
        assert screening.screening_counts(session, one.review_id)["included"] == 3
        assert rounds.by_id(session, round_id).closed_at is not None
        # All three were let through by title and abstract; only what the full text confirmed is a whole example (docs/adr/0604).
        assert screening.decisions_for_training(session, one.review_id) == [(first, 1, 1.0), (second, 1, 0.5), (third, 1, 0.5)]
    assert take_up(one).new == 1
    with database.reading() as session:
        assert len(studies.studies(session, one.review_id)) == 1


def test_a_vote_waits_for_the_full_text(one: Desk) -> None:
    round_id = opened(one)
    place = f"/r/{one.token('Ada', round_id)}/1"
    browser = web(one)
    refused = browser.post(place, {"verdict": "include", "version": "0"})
    assert (refused.status_code, "The full text is not there yet" in words_of(refused)) == (409, True)
    assert attach(browser, place, PDF).status_code == 200
    assert "Ada attached it" in words_of(browser.get(place))
    assert browser.post(place, {"verdict": "include", "version": "0"}).status_code == 200


@pytest.mark.parametrize(("content", "says"), [
    (b"", "empty"), (b"<html><body>Sign in</body></html>", "web page"), (b"PK\x03\x04 a Word file", "another kind of file"),
    (PDF[:-6], "not whole"), (b"%PDF-1.7\n" + b"0" * MOST_BYTES + b"%%EOF", "at most 25 MB"),
])
def test_a_pdf_that_is_none_is_refused_with_what_to_do(one: Desk, content: bytes, says: str) -> None:
    round_id = opened(one)
    before = state_of(one.database)
    refused = attach(web(one), f"/r/{one.token('Ada', round_id)}/1", content, name="paper.pdf")
    assert (refused.status_code, says in words_of(refused)) == (422, True)
    # The token was made before the comparison; nothing else was stored.
    assert state_of(one.database) == before or says == "empty"


def test_what_is_larger_than_any_paper_is_not_even_read(one: Desk) -> None:
    round_id = opened(one)
    place = f"/r/{one.token('Ada', round_id)}/1"
    assert web(one).request("POST", f"{place}/full-text", headers={"content-length": str(MAX_FILE + 1)}).status_code == 413
    assert web(one).request("POST", place, headers={"content-length": "2000000"}).status_code == 413


def test_a_full_text_is_given_to_the_team_as_a_file_and_to_nobody_else(one: Desk) -> None:
    round_id = opened(one)
    browser, place = web(one), f"/r/{one.token('Ada', round_id)}/1"
    assert browser.get(f"{place}/full-text").status_code == 404
    attach(browser, place, PDF, name="../../etc/passwd\x00.html", kind="text/html")
    given = browser.get(f"{place}/full-text")
    assert given.content == PDF
    assert given.headers["content-type"] == "application/pdf"
    assert given.headers["content-disposition"].startswith('attachment; filename="full-text-')
    assert "sandbox" in given.headers["content-security-policy"] and given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["cache-control"] == "no-store"
    assert browser.get(f"/r/{'A' * 43}/1/full-text").status_code == 403
    assert browser.get("/static/../full-text").status_code == 404
    report = one.list_of("Ada", round_id)[0].report_id
    with one.database.reading() as session:
        assert retrievals.latest(session, [report])[report].sha256 is not None


def test_the_same_file_sent_a_hundred_times_is_attached_once(database: Database, now: datetime) -> None:
    one = reading(database, now, count=1)
    round_id = opened(one)
    browser, place = web(one), f"/r/{one.token('Ada', round_id)}/1"
    browser.get(place)
    statuses: list[int] = []

    def send() -> None:
        statuses.extend(attach(browser, place, PDF).status_code for _ in range(10))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RetrievalRow)) == 1


def test_what_could_not_be_had_and_turns_up_is_read_in_a_later_round(one: Desk) -> None:
    round_id = opened(one)
    browser = web(one)
    for row in one.list_of("Ada", round_id):
        browser.post(f"/r/{one.token('Ada', round_id)}/{row.position}/full-text", {"state": "not_retrieved", "note": "no answer"})
    assert one.settle().closed == 1
    assert counted(one)["not_retrieved"] == 3
    one.now += timedelta(days=1)
    assert attach(browser, f"/r/{one.token('Ada', round_id)}/1", PDF).status_code == 200
    with one.database.reading() as session:
        assert len(retrievals.to_assess(session, one.review_id)) == 1


def test_a_mind_can_change_before_the_round_closes(sqlite: Database, now: datetime) -> None:
    one = reading(sqlite, now, count=2)
    round_id = opened(one)
    browser, place = web(one), f"/r/{one.token('Ada', round_id)}/1"
    assert "Say where" in words_of(browser.post(f"{place}/full-text", {"state": "not_retrieved", "note": " "}))
    browser.post(f"{place}/full-text", {"state": "not_retrieved", "note": "no answer"})
    one.settle()
    one.now += timedelta(hours=1)
    assert attach(browser, place, PDF).status_code == 200
    one.settle()
    assert counted(one) == {"sought": 2, "not_retrieved": 0, "assessed": 0, "included": 0, "excluded": 0, "awaiting": 0, "pending": 2}
    assert browser.post(place, {"verdict": "include", "version": "0"}).status_code == 200


def test_two_who_differ_on_a_full_text_go_to_a_third_as_in_screening(sqlite: Database, now: datetime) -> None:
    one = reading(sqlite, now, count=1)
    round_id = opened(one)
    attach(web(one), f"/r/{one.token('Ada', round_id)}/1", PDF)
    one.vote("Ada", round_id, 1, "include")
    one.vote("Ben", round_id, 1, "exclude", "outcome")
    assert one.settle().conflicts == 1
    with one.database.reading() as session:
        third = [row for row in rounds.assignments(session, round_id) if row.part == "third"]
        assert [row.template for row in outbox.in_state(session, "pending")].count("full_texts") == 2
        assert decisions.own(session, round_id, one.people["Cleo"].id) == {}
    assert [row.person_id for row in third] == [one.people["Cleo"].id]


def test_links_to_read_it_free_are_shown_and_hostile_ones_are_not(one: Desk) -> None:
    round_id = opened(one)
    with one.database.writing(by="system:test") as session:
        report = next(row.report_id for row in rounds.own(session, round_id, one.people["Ada"].id) if row.position == 1)
        links = [FullTextLink("unpaywall", "https://example.org/paper.pdf", "publishedVersion", "cc-by"),
                 FullTextLink("unpaywall", "javascript:alert(1)")]
        full_texts.keep(session, review_id=one.review_id, report_id=report, source="unpaywall", at=one.now, links=links)
    text = web(one).get(f"/r/{one.token('Ada', round_id)}/1").text
    assert 'href="https://example.org/paper.pdf"' in text and "javascript:" not in text


def test_opening_the_pages_changes_nothing_and_strangers_get_nothing(one: Desk) -> None:
    round_id = opened(one)
    browser, place = web(one), f"/r/{one.token('Ada', round_id)}/1"
    attach(browser, place, PDF)
    before = state_of(one.database)
    for address in (place, f"{place}/full-text"):
        assert browser.get(address).status_code == 200
        assert browser.head(address).status_code == 200
    assert state_of(one.database) == before
    assert browser.get(f"/a/{'A' * 43}/full-texts/1").status_code == 403
    assert browser.get(f"/z/{'A' * 43}/full-texts/1").status_code == 404


def test_a_review_without_the_switch_keeps_its_one_round(sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=sample_records(2), team=EVERYBODY)
    round_id = one.open().round_id
    assert round_id is not None
    for name in ("Ada", "Ben"):
        for row in one.list_of(name, round_id):
            one.vote(name, round_id, row.position, "include")
    one.settle()
    account = open_full_text_round(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test",
                                   now=one.now)
    assert account.round_id is None
    assert take_up(one).new == 2
    assert counted(one)["sought"] == 0

"""Pairs that a person judges: the mail, the page, the answers, the undoing; nothing comes back. What is asked: test_search_deduplicates.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot import links as tokens
from bot.domain.records import Record
from bot.steps.records.deduplicate import deduplicate
from bot.steps.records.invite_questions import invite_questions
from db import belonging, effects, events, links, merges, outbox, records, studies, study_links
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_screening import KEYS, Desk, add_reports, desk
from tests.fixtures_studies import (
    EVERYBODY,
    address_in_mail,
    forms_of,
    import_until,
    include_all,
    pooled,
    studied,
    take_up,
    web,
    words_of,
)
from tests.integration.test_pooling_the_starting_set import MONTH_ONE, confirm_all

TRIAL: dict[str, Any] = {"title": "Effect of an online peer support group on depression: a randomised controlled trial", "year": 2020,
                         "journal": "Journal of Tests", "volume": "3", "pages": "10-19", "authors": ("Doe J", "Roe R")}


def like_trial(source: str, source_id: str, **changes: Any) -> Record:
    return Record(source, source_id, **{**TRIAL, **changes})


FIRST = Record("pubmed", "1", pmid="1", **TRIAL)
# The same title in the same volume on other pages: an abstract and its paper, or miscounted. A person is asked.
DOUBTFUL = like_trial("embase", "L1", pages="S99")


def put(one: Desk, *given: Record) -> Any:
    with one.database.writing(by="system:test") as session:
        records.store(session, review_id=one.review_id, records=given, at=one.now, cycle_id=one.cycle_id)
    return deduplicate(database=one.database, review_id=one.review_id, by="system:test", now=one.now)


def invite(one: Desk) -> int:
    return invite_questions(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test", now=one.now)


def opened(one: Desk) -> tuple[Browser, str]:
    """Return a browser and the address of the editor's page of questions."""
    with one.database.writing(by="system:test") as session:
        link = links.create(session, KEYS, review_id=one.review_id, purpose="questions", person_id=one.people["Edda"].id,
                            subject_id=one.review_id, at=one.now)
    return web(one), tokens.path("questions", tokens.token(KEYS, link.key_id, "questions", link.id))


def answer(one: Desk, browser: Browser, address: str, kind: str, choice: str, which: int = 0) -> Any:
    forms = [form for form in forms_of(browser.get(address)) if f"/{kind}/" in form["action"]]
    return browser.post(forms[which]["action"], {"answer": choice} if choice else {})


def grouped(one: Desk) -> set[frozenset[str]]:
    """Return the source ids of the records of each report."""
    with one.database.reading() as session:
        return {frozenset(row.identity for row in records.records_of(session, report.id)) for report in records.reports(session, one.review_id)}


def placed(one: Desk) -> dict[str, int | None]:
    """Return the report of each record."""
    with one.database.reading() as session:
        rows = [row for report in records.reports(session, one.review_id) for row in records.records_of(session, report.id)]
        return {row.identity: row.report_id for row in rows}


def flow(one: Desk) -> tuple[int, int, int]:
    with one.database.reading() as session:
        counted = records.counts(session, one.review_id)
    return counted["identified"], counted["duplicates"], counted["reports"]


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    found = desk(sqlite, now, reports=(), team=EVERYBODY)
    put(found, FIRST, DOUBTFUL)
    return found


def test_the_editor_gets_one_mail_a_cycle_and_nobody_without_questions(one: Desk) -> None:
    assert invite(one) == 1
    assert web(one).get(address_in_mail(one, "Edda", "questions", "questions")).status_code == 200
    put(one, replace(DOUBTFUL, source_id="L2", pages="S120"))
    assert invite(one) == 0
    one.next_cycle("2026-12")
    assert invite(one) == 1
    with one.database.reading() as session:
        assert [row.recipient_id for row in outbox.in_state(session, "pending")] == [one.people["Edda"].id] * 2


def test_no_question_no_mail(sqlite: Database, now: datetime) -> None:
    found = desk(sqlite, now, reports=(), team=EVERYBODY)
    put(found, FIRST)
    assert invite(found) == 0


def test_the_page_shows_both_side_by_side_and_chooses_nothing(one: Desk) -> None:
    browser, address = opened(one)
    page = browser.get(address)
    (form,) = forms_of(page)
    assert page.status_code == 200 and form["choices"] == {"answer": ["same", "different"]} and form["fields"] == {}
    words = words_of(page)
    assert "Pages differs S99 10-19" in words and "Title agrees" in words and "PMID only one has it" in words
    assert "<mark>10-19</mark>" in page.text and "<mark>S99</mark>" in page.text
    assert page.headers["cache-control"] == "no-store"


def test_opening_the_page_changes_nothing(one: Desk) -> None:
    browser, address = opened(one)
    with one.database.reading() as session:
        before = events.count(session)
    for path in ("", "/merged", "/studies"):
        assert browser.get(address + path).status_code == 200
    with one.database.reading() as session:
        assert events.count(session) == before


def test_no_choice_is_said_at_the_pair_and_stores_nothing(one: Desk) -> None:
    browser, address = opened(one)
    refused = answer(one, browser, address, "records", "")
    assert refused.status_code == 422 and "Choose one" in words_of(refused)
    assert len(grouped(one)) == 2


def test_different_is_stored_with_who_and_when_and_never_asked_again(one: Desk) -> None:
    browser, address = opened(one)
    assert answer(one, browser, address, "records", "different").status_code == 200
    with one.database.reading() as session:
        (row,) = merges.answered_questions(session, one.review_id, 9)
        assert row.answered_by == f"person:{one.people['Edda'].public_id}" and row.answered_at == one.now
        assert records.open_questions(session, one.review_id) == []
    assert "Edda" in words_of(browser.get(address))
    one.next_cycle("2026-12")
    # A third citation of each, a month later.
    put(one, replace(FIRST, source="psycinfo", source_id="P1", pmid=""), replace(DOUBTFUL, source="psycinfo", source_id="P2"))
    assert grouped(one) == {frozenset({"1", "P1"}), frozenset({"L1", "P2"})}
    with one.database.reading() as session:
        assert records.open_questions(session, one.review_id) == []


def test_same_makes_one_report_and_the_flow_adds_up(one: Desk) -> None:
    browser, address = opened(one)
    assert flow(one) == (2, 0, 2)
    assert answer(one, browser, address, "records", "same").status_code == 200
    assert grouped(one) == {frozenset({"1", "L1"})}
    assert flow(one) == (2, 1, 1)
    assert "Edda" in words_of(browser.get(address + "/merged"))


def test_an_answer_that_was_stored_once_is_stored_once(one: Desk) -> None:
    browser, address = opened(one)
    (form,) = forms_of(browser.get(address))
    for _ in range(2):
        assert browser.post(form["action"], {"answer": "same"}).status_code == 200
    with one.database.reading() as session:
        assert len(events.of_kind(session, one.review_id, "records.judged")) == 1
    assert browser.post(form["action"], {"answer": "different"}).status_code == 409
    assert flow(one) == (2, 1, 1)


def undo(browser: Browser, address: str, path: str = "/merged", end: str = "/undo") -> Any:
    form = next(form for form in forms_of(browser.get(address + path)) if form["action"].endswith(end))
    return browser.post(form["action"], {})


@pytest.mark.parametrize("third", [
    Record("psycinfo", "P1", **TRIAL),
    Record("psycinfo", "P1", doi="10.1000/1", **TRIAL),
    like_trial("psycinfo", "P1", pages=""),
], ids=["like both", "with the DOI", "without pages"])  # fmt: skip
def test_what_a_person_undid_never_comes_back_whatever_a_third_record_says(sqlite: Database, now: datetime, third: Record) -> None:
    one = desk(sqlite, now, reports=(), team=EVERYBODY)
    put(one, Record("pubmed", "1", pmid="1", doi="10.1000/1", **TRIAL), Record("embase", "L1", doi="10.1000/1", **TRIAL), DOUBTFUL_OTHER)
    browser, address = opened(one)
    assert flow(one)[1] == 1
    assert undo(browser, address).status_code == 200
    together = [group for group in grouped(one) if {"1", "L1"} <= group]
    assert not together and flow(one) == (3, 0, 3)
    for month in ("2026-12", "2027-01"):
        one.next_cycle(month)
        put(one, replace(third, source_id=f"{third.source_id}-{month}"))
        assert not [group for group in grouped(one) if {"1", "L1"} <= group], grouped(one)
        identified, duplicates, reports = flow(one)
        assert identified == duplicates + reports
    with one.database.reading() as session:
        (row,) = [row for row in merges.of_report(session, 1) if row.undone_at is not None][:1]
        assert row.undone_by == f"person:{one.people['Edda'].public_id}"


DOUBTFUL_OTHER = Record("wos", "W1", title="Something wholly different of many other words and people", year=2011)


def test_the_same_record_sent_again_after_an_undoing_stays_where_it_was_put(one: Desk) -> None:
    browser, address = opened(one)
    answer(one, browser, address, "records", "same")
    assert undo(browser, address).status_code == 200
    assert grouped(one) == {frozenset({"1"}), frozenset({"L1"})} and flow(one) == (2, 0, 2)
    put(one, FIRST, DOUBTFUL)
    assert grouped(one) == {frozenset({"1"}), frozenset({"L1"})}


def test_a_report_that_was_put_into_another_comes_back_as_the_one_it_was(one: Desk) -> None:
    before = placed(one)
    browser, address = opened(one)
    answer(one, browser, address, "records", "same")
    undo(browser, address)
    assert placed(one) == before
    with one.database.reading() as session:
        assert len(belonging.told_apart(session, [1])) == 1


def test_the_first_record_of_a_report_cannot_be_taken_out(one: Desk) -> None:
    browser, address = opened(one)
    with one.database.reading() as session:
        first = next(row for row in merges.of_report(session, 1) if row.reason == records.FIRST)
    assert browser.post(f"{address}/merged/{first.id}/undo", {}).status_code == 422


def test_a_link_of_one_review_opens_nothing_of_another_and_nothing_without_the_role(one: Desk) -> None:
    browser, address = opened(one)
    assert browser.get("/q/" + "x" * 43).status_code == 403
    assert browser.post(f"{address}/records/999", {"answer": "same"}).status_code == 404
    assert browser.post(f"{address}/records/9999999999999999999", {"answer": "same"}).status_code == 404
    with one.database.writing(by="system:test") as session:
        link = links.create(session, KEYS, review_id=one.review_id, purpose="questions", person_id=one.people["Ada"].id,
                            subject_id=one.review_id, at=one.now)
    path = tokens.path("questions", tokens.token(KEYS, link.key_id, "questions", link.id))
    assert browser.get(path).status_code == 403


def test_markup_in_a_title_is_shown_as_text(sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=(), team=EVERYBODY)
    title = TRIAL["title"] + " <script>alert(1)</script>"
    put(one, replace(FIRST, title=title), replace(DOUBTFUL, title=title))
    browser, address = opened(one)
    assert "<script>alert" not in browser.get(address).text


def test_odd_records_are_named_on_the_page(one: Desk) -> None:
    put(one, Record("embase", "L7", title="", abstract="BACKGROUND: words without a title"))
    browser, address = opened(one)
    assert "embase L7 has no title and has only an abstract; it was kept" in words_of(browser.get(address))


LEE = Record("pubmed", "11", pmid="11", doi="10.1000/lee", registrations=("NCT00000011",), year=2021, authors=("Lee K", "Doe J"),
             title="Peer support by text message for adults with depression: a randomised trial", abstract="240 adults were randomised.")
FOLLOW_UP = replace(LEE, source_id="12", pmid="12", doi="10.1000/lee2", year=2023, title="Work two years after peer support by text message",
                    abstract="231 adults were randomised.")
SMALL = replace(LEE, source_id="13", pmid="13", doi="10.1000/lee3", year=2019, title="Peer support by text message: first numbers",
                abstract="60 adults were randomised.")


def labels(one: Desk) -> list[str]:
    with one.database.reading() as session:
        return [row.label for row in studies.studies(session, one.review_id)]


def test_an_automatic_link_is_shown_as_such_and_can_be_undone_for_good(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=[LEE, FOLLOW_UP])
    assert include_all(one).joined == 1
    browser, address = opened(one)
    assert "linked automatically: the same registration both give NCT00000011" in words_of(browser.get(address + "/studies"))
    assert undo(browser, address, "/studies").status_code == 200
    assert "Lee 2021" in labels(one) and "Lee 2023" in labels(one)
    take_up(one)
    with one.database.reading() as session:
        rows = studies.studies(session, one.review_id)
        assert [len(studies.reports_of(session, row.id)) for row in rows] == [1, 1]
        assert study_links.apart_pairs(session, one.review_id) == {frozenset(row.id for row in rows)}


def test_two_trials_under_one_id_are_two_studies_until_a_person_says(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=[LEE, SMALL])
    assert include_all(one).new == 2
    browser, address = opened(one)
    words = words_of(browser.get(address))
    assert "both give NCT00000011 as their own registration" in words and "60 participants in one, 240 in the other" in words
    assert answer(one, browser, address, "trials", "same").status_code == 200
    assert labels(one) == ["Lee 2021"]
    assert undo(browser, address, "/studies", "/apart").status_code == 200
    assert labels(one) == ["Lee 2019", "Lee 2021"]
    take_up(one)
    assert labels(one) == ["Lee 2019", "Lee 2021"]
    with one.database.reading() as session:
        assert study_links.open_pairs(session, one.review_id) == []


def test_one_trial_under_two_ids_is_suggested_and_put_together_by_a_person(sqlite: Database, now: datetime) -> None:
    other = replace(FOLLOW_UP, registrations=("ISRCTN00000012",), abstract=LEE.abstract, title=LEE.title + ": two years later")
    one = studied(sqlite, now, reports=[LEE, other])
    assert include_all(one).new == 2
    browser, address = opened(one)
    assert "each has a registration of its own: ISRCTN00000012, NCT00000011" in words_of(browser.get(address))
    answer(one, browser, address, "trials", "same")
    assert labels(one) == ["Lee 2021"]


def test_a_protocol_alone_is_no_study_with_results_until_a_report_joins(sqlite: Database, now: datetime) -> None:
    protocol = replace(LEE, source_id="14", pmid="14", doi="10.1000/p", year=2019, title=LEE.title + ": study protocol", abstract="")
    one = studied(sqlite, now, reports=[protocol])
    include_all(one)
    with one.database.reading() as session:
        (row,) = studies.studies(session, one.review_id)
        assert (row.results_awaited, row.extraction, row.extractor_id) == (True, "none", None)
    one.next_cycle("2026-12")
    add_reports(one, [replace(LEE, abstract="")])
    include_all(one)
    with one.database.reading() as session:
        (row,) = studies.studies(session, one.review_id)
        assert (row.results_awaited, row.extraction) == (False, "open")


def test_a_study_that_may_be_one_with_a_pooled_study_waits_until_a_person_says(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    with one.database.writing(by="system:test") as session:
        rows = {row.label: row for row in studies.studies(session, one.review_id)}
        study_links.ask(session, one.review_id, rows["Tomasino 2017"].id, rows["Shorey 2019"].id, report_id=None,
                        reasons=["the same first author"], against=["60 participants in one, 240 in the other"], at=one.now)
        assert study_links.held_back(session, one.review_id) == {max(rows["Tomasino 2017"].id, rows["Shorey 2019"].id)}
    assert pooled(one).estimates["depression"].k == 6
    browser, address = opened(one)
    assert "Not pooled until this is answered:" in words_of(browser.get(address))
    assert answer(one, browser, address, "trials", "different").status_code == 200
    assert pooled(one).estimates["depression"].k == 7


def test_two_studies_with_results_that_a_person_puts_together_count_once_and_come_apart_again(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    with one.database.writing(by="system:test") as session:
        rows = {row.label: row for row in studies.studies(session, one.review_id)}
        before = {row.id: row.study_id for row in effects.effects_of(session, one.review_id)}
        study_links.ask(session, one.review_id, rows["Tomasino 2017"].id, rows["Shorey 2019"].id, report_id=None, reasons=["x"], against=[],
                        at=one.now)
    browser, address = opened(one)
    answer(one, browser, address, "trials", "same")
    assert pooled(one).estimates["depression"].k == 6
    assert undo(browser, address, "/studies", "/apart").status_code == 200
    assert pooled(one).estimates["depression"].k == 7
    with one.database.reading() as session:
        assert {row.id: row.study_id for row in effects.effects_of(session, one.review_id)} == before

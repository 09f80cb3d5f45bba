"""Notices and registered trials are kept once, completed by a second source, and told of by one event each."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.domain.full_texts import FullTextLink
from bot.domain.notices import Notice
from bot.domain.records import Record
from bot.domain.trials import Trial
from bot.errors import ConflictError
from db import budgets, events, full_texts, notices, records, reviews, screening, studies, trials
from db.records import RecordRow
from db.rounds import RoundRow
from db.screening import ResolutionRow
from db.session import Database, Session
from db.studies import StudyRow
from tests.fixtures_search import BY, library

NCT = "NCT01234567"


def _report(session: Session, review_id: int, now: datetime, *, source: str = "pubmed", source_id: str = "1") -> int:
    records.store(session, review_id=review_id, records=[Record(source, source_id, "A trial of peer support")], at=now)
    row = next(one for one in records.not_compared(session, review_id, 99) if one.identity == source_id)
    assert isinstance(row, RecordRow)
    return records.begin_report(session, row, by=BY, at=now).id


def _include(session: Session, review_id: int, cycle_id: int, report_ids: list[int], now: datetime) -> None:
    version = reviews.current_protocol_version(session, review_id)
    row = RoundRow(review_id=review_id, cycle_id=cycle_id, protocol_version_id=version.id, number=1, stage="title_abstract", rules={},
                   begun_at=now, due_at=now)
    session.add(row)
    session.flush()
    for report_id in report_ids:
        screening.add_resolution(session, ResolutionRow(review_id=review_id, round_id=row.id, report_id=report_id, verdict="include",
                                                        basis="agreed", criterion="", at=now, final_at=now))


def test_two_sources_of_one_retraction_make_one_notice_and_one_event(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    with database.writing(by=BY) as session:
        report = _report(session, review, now)
        told = [Notice("retraction", "pubmed"), Notice("retraction", "pubmed", pmid="77"), Notice("retraction", "crossref", doi="10.1/x"),
                Notice("retraction", "pubmed", pmid="77"), Notice("correction", "crossref", doi="10.1/y")]
        assert [notices.keep(session, review_id=review, report_id=report, notice=one, at=now) for one in told] == [
            True, False, False, False, True]
    with database.reading() as session:
        retraction, correction = notices.open_notices(session, review)
        assert (retraction.pmid, retraction.doi, retraction.sources, retraction.source) == ("77", "10.1/x", ["pubmed", "crossref"], "pubmed")
        assert correction.kind == "correction"
        assert [one.data["kind"] for one in events.of_kind(session, review, notices.FOUND)] == ["retraction", "correction"]


def test_two_corrections_that_sources_name_apart_stay_two(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    with database.writing(by=BY) as session:
        report = _report(session, review, now)
        for one in (Notice("correction", "pubmed", pmid="1"), Notice("correction", "pubmed", pmid="2"),
                    Notice("correction", "crossref", doi="10.1/a"), Notice("correction", "crossref", doi="10.1/b"),
                    Notice("correction", "crossref", doi="10.1/b")):
            notices.keep(session, review_id=review, report_id=report, notice=one, at=now)
        assert [(row.pmid, row.doi) for row in notices.of_report(session, report)] == [("1", "10.1/a"), ("2", "10.1/b")]


def test_a_notice_is_answered_once_by_a_person(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    with database.writing(by=BY) as session:
        report = _report(session, review, now)
        notices.keep(session, review_id=review, report_id=report, notice=Notice("retraction", "pubmed"), at=now)
        row = notices.open_notices(session, review)[0]
        notices.answer(session, row.id, said="taken out of every estimate", at=now)
        assert not notices.open_notices(session, review) and row.answered_by == BY
        with pytest.raises(ConflictError):
            notices.answer(session, row.id, said="again", at=now)


def test_a_trial_is_kept_as_it_is_now_and_a_change_is_one_event(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    first = Trial(NCT, "clinicaltrials", "A trial", "RECRUITING", completion="2027-03", completion_expected=True, enrolment=120)
    later = Trial(NCT, "clinicaltrials", "A trial", "COMPLETED", completion="2027-02-01", enrolment=118, results={"measures": [1]})
    with database.writing(by=BY) as session:
        assert [trials.keep(session, review_id=review, trials=[one], at=now) for one in (first, first, later)] == [1, 0, 1]
        row = trials.of_registration(session, review, NCT)
        assert row is not None and (row.state, row.enrolment, row.results) == ("COMPLETED", 118, {"measures": [1]})
        changes = events.of_kind(session, review, trials.CHANGED)
        assert [one.data["state"] for one in changes] == [["RECRUITING", "COMPLETED"]]


def test_ongoing_are_the_trials_let_in_that_were_not_given_up(database: Database, now: datetime) -> None:
    shelf = library(database, now)
    numbers = {"NCT00000001": "RECRUITING", "NCT00000002": "WITHDRAWN", "NCT00000003": "COMPLETED", "NCT00000004": "RECRUITING"}
    with database.writing(by=BY) as session:
        trials.keep(session, review_id=shelf.review_id, at=now, trials=[
            Trial(number, "clinicaltrials", number, state, completion=f"2027-0{number[-1]}") for number, state in numbers.items()])
    cycle = shelf.cycle()
    with database.writing(by=BY) as session:
        reports = {number: _report(session, shelf.review_id, now, source="clinicaltrials", source_id=number) for number in numbers}
        _include(session, shelf.review_id, cycle, [reports[number] for number in list(numbers)[:3]], now)
    with database.reading() as session:
        found = trials.ongoing(session, shelf.review_id)
    assert [(one.registration, one.report_id) for one in found] == [(one, reports[one]) for one in ("NCT00000001", "NCT00000003")]


def test_a_notice_about_starting_data_belongs_to_the_study(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    with database.writing(by=BY) as session:
        study = studies.add(session, StudyRow(review_id=review, label="Lee 2021", year=2021, origin="starting_set", state="candidate",
                                              created_at=now))
        assert notices.keep(session, review_id=review, study_id=study.id, notice=Notice("retraction", "crossref", doi="10.1/x"), at=now)
        assert not notices.keep(session, review_id=review, study_id=study.id, notice=Notice("retraction", "crossref", doi="10.1/x"), at=now)
        report = _report(session, review, now)
        studies.link_report(session, study, report, basis="document", reason="a test", at=now)
        notices.keep(session, review_id=review, report_id=report, notice=Notice("correction", "pubmed", pmid="5"), at=now)
        assert [row.kind for row in notices.of_study(session, study.id)] == ["retraction", "correction"]


def test_links_to_full_texts_are_kept_once_and_an_empty_answer_is_one(database: Database, now: datetime) -> None:
    review = library(database, now).review_id
    link = FullTextLink("unpaywall", "https://example.org/a.pdf", "publishedVersion", "cc-by")
    with database.writing(by=BY) as session:
        first, second = (_report(session, review, now, source_id=one) for one in ("1", "2"))
        twice = [full_texts.keep(session, review_id=review, report_id=first, source="unpaywall", links=[link], at=now) for _ in range(2)]
        assert twice == [1, 0]
        assert full_texts.keep(session, review_id=review, report_id=second, source="unpaywall", links=[], at=now) == 0
        assert full_texts.links_of(session, [first, second]) == {first: [link]}
        assert full_texts.asked_since(session, review, "unpaywall", now) == {first, second}


def test_spending_is_counted_by_day(database: Database, now: datetime) -> None:
    with database.writing(by=BY) as session:
        for amount in (100, 250, -50):
            budgets.add(session, "openalex", now.date(), amount)
        assert (budgets.spent(session, "openalex", now.date()), budgets.spent(session, "openalex", date(2026, 1, 1))) == (300, 0)

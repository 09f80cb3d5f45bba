"""Each new record against what is known: it joins a report, begins one, or a person is asked. The rules themselves: tests/unit/methods/dedup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.records import Record
from bot.steps.records.deduplicate import DeduplicationAccount, deduplicate
from db import records
from db.record_keys import RecordKeyRow
from db.records import MergeRow
from db.session import Database
from tests.fixtures_search import BY, Library, library

TRIAL: dict[str, Any] = {"title": "Effect of an online peer support group on depression: a randomised controlled trial", "year": 2020,
                         "journal": "Journal of Tests", "volume": "3", "pages": "10-19", "authors": ("Doe J", "Roe R")}


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


def put(here: Library, *given: Record) -> DeduplicationAccount:
    cycle_id = here.cycle()
    with here.database.writing(by=BY) as session:
        records.store(session, review_id=here.review_id, records=given, at=here.now, cycle_id=cycle_id)
    return deduplicate(database=here.database, review_id=here.review_id, by=BY, now=here.now)


def others(numbers: range) -> list[Record]:
    return [Record("pubmed", str(number), title=f"Something wholly different number {number} of many", pmid=str(number)) for number in numbers]


def reports(here: Library) -> list[Record]:
    with here.database.reading() as session:
        return [records.as_record(row) for row in records.reports(session, here.review_id)]


def test_the_same_report_from_two_sources_is_one_with_the_best_of_both(here: Library) -> None:
    account = put(here, Record("pubmed", "1", pmid="1", doi="10.1000/1", **TRIAL),
                  Record("embase", "L200000", doi="10.1000/1", abstract="Words.", **TRIAL))
    assert (account.records, account.new_reports, account.duplicates, account.questions) == (2, 1, 1, 0)
    assert [(one.pmid, one.doi, one.abstract) for one in reports(here)] == [("1", "10.1000/1", "Words.")]


def test_why_a_record_joined_is_kept_with_its_score(here: Library) -> None:
    put(here, Record("pubmed", "1", pmid="1", doi="10.1000/1", **TRIAL), Record("embase", "L200000", doi="10.1000/1", **TRIAL))
    with here.database.reading() as session:
        merges = session.scalars(select(MergeRow).order_by(MergeRow.id)).all()
    assert merges[0].reason == records.FIRST and merges[1].reason and 0.8 <= merges[1].score <= 1 and merges[1].by == BY


def test_different_reports_stay_apart(here: Library) -> None:
    account = put(here, Record("pubmed", "1", pmid="1", **TRIAL),
                  Record("pubmed", "2", pmid="2", **TRIAL | {"title": "A protocol of something else"}))
    assert (account.new_reports, account.duplicates) == (2, 0)


def test_a_record_that_bridges_two_which_exclude_each_other_joins_one_and_a_person_is_asked_about_the_other(here: Library) -> None:
    put(here, Record("pubmed", "1", pmid="1", **TRIAL), Record("pubmed", "2", pmid="2", **TRIAL))
    assert len(reports(here)) == 2
    account = put(here, Record("embase", "L200000", **TRIAL))
    # Whether the first two are one was asked when they came: two PMIDs for one place.
    assert (account.duplicates, account.questions) == (1, 0)
    with here.database.reading() as session:
        assert len(records.open_questions(session, here.review_id)) == 1


def test_run_again_it_finds_nothing_to_do(here: Library) -> None:
    put(here, Record("pubmed", "1", pmid="1", **TRIAL))
    assert put(here) == DeduplicationAccount()


def test_a_record_that_comes_later_joins_what_is_known_by_its_indexed_keys(here: Library) -> None:
    put(here, *others(range(2, 40)))
    put(here, Record("pubmed", "1", pmid="1", **TRIAL))
    assert put(here, Record("psycinfo", "2020-00001-001", **TRIAL)).duplicates == 1
    with here.database.reading() as session:
        assert session.scalars(select(RecordKeyRow).where(RecordKeyRow.kind == "pmid")).first() is not None


def test_a_run_that_was_killed_goes_on_with_the_rest(here: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    many = others(range(1, 130))
    calls = {"count": 0}

    def dies(record: Record) -> tuple[()]:
        calls["count"] += 1
        if calls["count"] == 75:
            raise KeyboardInterrupt
        return ()

    with monkeypatch.context() as patched:
        patched.setattr("bot.steps.records.neighbours.keys_of", dies)
        with pytest.raises(KeyboardInterrupt):
            put(here, *many)
    assert len(reports(here)) == 50, "one transaction of fifty was finished"
    put(here)
    assert len(reports(here)) == 129


def test_the_boxes_of_the_flow_add_up(here: Library) -> None:
    put(here, Record("pubmed", "1", pmid="1", doi="10.1000/1", **TRIAL), Record("embase", "L200000", doi="10.1000/1", **TRIAL),
        Record("embase", "L200001", title="Another report of another thing entirely, with words"))
    with here.database.reading() as session:
        counted = records.counts(session, here.review_id, here.cycle())
    assert counted["identified"] == 3 == counted["duplicates"] + counted["reports"] and counted["by_source"] == {"pubmed": 1, "embase": 2}

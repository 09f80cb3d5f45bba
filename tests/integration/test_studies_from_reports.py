"""Included reports become studies or join them, and somebody is asked to extract each. Entering numbers: test_studies_extraction.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.records import Record
from db import events, outbox, people, screening, studies
from db.session import Database
from tests.fixtures_screening import Desk, add_reports, merge_away
from tests.fixtures_studies import (
    SEBELA,
    extractor_of,
    forms_of,
    import_until,
    include_all,
    studied,
    study_address,
    study_called,
    take_up,
    web,
)
from tests.integration.test_pooling_the_starting_set import MONTH_ONE

LEE = Record(source="pubmed", source_id="1", pmid="1", title="An online forum for depression", authors=("Lee, Anna",), year=2021)


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return studied(sqlite, now)


def test_a_report_joins_the_study_of_the_starting_set_that_has_its_doi(one: Desk) -> None:
    import_until(one, None)
    assert include_all(one).joined == 1
    row = study_called(one, "Sebela 2025")
    # The very paper's numbers are candidates already: nobody is asked to extract them a second time.
    assert (row.state, row.extraction) == ("included", "none")
    with one.database.reading() as session:
        assert [link.reason for link in studies.reports_of(session, row.id)] == ["the same DOI, 10.5093/pi2025a12"]


def test_a_further_report_of_a_known_trial_is_extracted(one: Desk) -> None:
    import_until(one, None)
    follow_up = replace(SEBELA, source_id="9", pmid="9", doi="10.1000/follow-up", title="Mom Supports Mom: one year later", year=2026)
    include_all(one)
    one.next_cycle("2026-12")
    add_reports(one, [follow_up])
    assert include_all(one).joined == 1
    row = study_called(one, "Sebela 2025")
    assert row.extraction == "open"
    with one.database.reading() as session:
        link = studies.reports_of(session, row.id)[1]
        assert link.basis == "registration" and "NCT04639752" in link.reason


def test_taking_up_again_changes_nothing(one: Desk) -> None:
    include_all(one)
    def counted() -> tuple[int, dict[str, int], int]:
        with one.database.reading() as session:
            return (len(studies.studies(session, one.review_id)), outbox.counts(session),
                    len(events.of_kind(session, one.review_id, "study.included")))

    before, again = counted(), take_up(one)
    assert (again.new, again.joined, again.invited) == (0, 0, 0)
    assert counted() == before


def test_a_report_that_was_merged_into_another_after_its_votes_makes_no_second_study(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=[LEE, replace(LEE, source="embase", source_id="2", pmid="")])
    round_id = one.open().round_id
    assert round_id is not None
    for name in ("Ada", "Ben"):
        for assignment in one.list_of(name, round_id):
            one.vote(name, round_id, assignment.position, "include")
    one.settle()
    with one.database.reading() as session:
        first, second = (report for report, _, _ in screening.included_reports(session, one.review_id))
    merge_away(one, second, into=first)
    account = take_up(one)
    assert account.new == 1
    with one.database.reading() as session:
        assert [row.label for row in studies.studies(session, one.review_id)] == ["Lee 2021"]


def test_two_studies_of_one_author_and_year_are_told_apart(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now, reports=[LEE, replace(LEE, source_id="2", pmid="2", title="Another trial")])
    include_all(one)
    with one.database.reading() as session:
        assert [row.label for row in studies.studies(session, one.review_id)] == ["Lee 2021", "Lee 2021b"]


def test_an_extractor_can_say_that_a_report_belongs_to_a_known_trial(sqlite: Database, now: datetime) -> None:
    # Kaplan 2011 stands in the starting set without any identifier, and so does its citation.
    kaplan = Record(source="file", source_id="k", title="Internet peer support for individuals with psychiatric disabilities", year=2011,
                    authors=("Kaplan K",))
    one = studied(sqlite, now, reports=[kaplan])
    import_until(one, MONTH_ONE)
    assert include_all(one).new == 1
    browser, address = web(one), study_address(one, "Kaplan 2011b")
    form = next(form for form in forms_of(browser.get(address)) if form["action"].endswith("/join"))
    known = study_called(one, "Kaplan 2011")
    assert form["choices"]["study"] == [str(known.id)]
    assert browser.post(form["action"], {"study": str(known.id)}).status_code == 200
    with one.database.reading() as session:
        assert [row.label for row in studies.studies(session, one.review_id) if row.label.startswith("Kaplan")] == ["Kaplan 2011"]
        assert len(studies.reports_of(session, known.id)) == 1
    assert browser.get(address).status_code == 403


def test_an_extractor_who_left_is_replaced(one: Desk) -> None:
    include_all(one)
    before = extractor_of(one, "Sebela 2025")
    with one.database.writing(by="system:test") as session:
        people.person(session, one.people[before].id).state = "revoked"
    assert take_up(one).invited == 1
    assert extractor_of(one, "Sebela 2025") != before



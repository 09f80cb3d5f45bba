"""What titles and abstracts let in is looked up at Unpaywall and named at PubMed Central; a failure is kept apart from "none"."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.demo.standins.server import Faults
from bot.demo.standins.unpaywall import UnpaywallStandIn
from bot.sources.unpaywall import Unpaywall
from bot.steps.full_texts.look_up import FAILED, look_up
from db import events, full_texts, records, retrievals
from db.session import Database
from tests.fixtures_screening import Desk
from tests.fixtures_search import impatient
from tests.integration.test_full_texts import reading


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return reading(sqlite, now)


def named(one: Desk, **fields: str) -> int:
    """Give the first report that waits for its full text these fields, and return it."""
    with one.database.writing(by="system:test") as session:
        report_id = min(retrievals.to_assess(session, one.review_id))
        row = records.report(session, report_id)
        row.fields = {**row.fields, **fields}
    return report_id


def looked_up(one: Desk, source: UnpaywallStandIn | None, now: datetime) -> int:
    asked = Unpaywall(impatient(source.address), base_address=source.address, email="a@example.org") if source else None
    return look_up(database=one.database, review_id=one.review_id, source=asked, by="system:test", now=now)


def links(one: Desk, report_id: int) -> list[str]:
    with one.database.reading() as session:
        return [found.link for found in full_texts.links_of(session, [report_id]).get(report_id, [])]


def test_a_paper_is_asked_about_once_a_month_and_its_copies_are_kept(one: Desk) -> None:
    report_id = named(one, doi="10.5555/free", pmcid="PMC123")
    with UnpaywallStandIn([{"doi": "10.5555/free", "copies": [{"link": "https://example.org/free.pdf"}]}]) as source:
        assert looked_up(one, source, one.now) == 2
        asked = len(source.requests)
        assert looked_up(one, source, one.now + timedelta(days=1)) == 0 and len(source.requests) == asked
        assert looked_up(one, source, one.now + timedelta(days=31)) == 0 and len(source.requests) == 2 * asked
    assert links(one, report_id) == ["https://example.org/free.pdf", "https://pmc.ncbi.nlm.nih.gov/articles/PMC123/"]


def test_who_left_no_address_still_sees_what_pubmed_central_has(one: Desk) -> None:
    report_id = named(one, doi="10.5555/free", pmcid="PMC123")
    assert looked_up(one, None, one.now) == 1 and links(one, report_id) == ["https://pmc.ncbi.nlm.nih.gov/articles/PMC123/"]


def test_a_source_that_fails_is_left_alone_for_hours_and_asked_again(one: Desk) -> None:
    report_id = named(one, doi="10.5555/free")
    with UnpaywallStandIn([{"doi": "10.5555/free", "copies": [{"link": "https://example.org/free.pdf"}]}],
                          Faults({("doi", 0): "html"})) as source:
        assert looked_up(one, source, one.now) == 0
        tried = len(source.requests)
        assert looked_up(one, source, one.now + timedelta(hours=1)) == 0 and len(source.requests) == tried
        source.faults = Faults()
        assert looked_up(one, source, one.now + timedelta(hours=7)) == 1
    assert links(one, report_id) == ["https://example.org/free.pdf"]
    with one.database.reading() as session:
        assert len(events.of_kind(session, one.review_id, FAILED)) == 1

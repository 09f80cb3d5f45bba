"""Notices about what screening let in: one row in the ledger for each source, one event for each notice, and a failure that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.demo.standins.crossref import CrossrefStandIn
from bot.demo.standins.server import Faults
from bot.sources import Watch
from bot.sources.crossref import Crossref
from bot.sources.pubmed_notices import PubMedNotices
from bot.steps.records.search import SearchAccount
from bot.steps.records.watch import watch
from db import events, notices, studies
from db.session import Database
from db.studies import StudyRow
from tests.fixtures_search import BY, Library, citation, impatient, library, plan, pubmed, standin

RETRACTED = {"doi": "10.5555/test.1", "title": "A trial", "updated_by": [
    {"doi": "10.5555/r", "type": "retraction", "dated": "2026-10-01", "source": "retraction-watch"}]}


def _with_starting_data(database: Database, now: datetime) -> Library:
    shelf = library(database, now)
    with database.writing(by=BY) as session:
        for number in (1, 2):
            studies.add(session, StudyRow(
                review_id=shelf.review_id, label=f"Study {number}", year=2021, origin="starting_set", state="candidate",
                doi=f"10.5555/test.{number}", pmid=str(10_000_000 + number), created_at=now))
    return shelf


def _watch(shelf: Library, source: Watch, period: str = "2026-11") -> SearchAccount:
    return watch(database=shelf.database, review_id=shelf.review_id, cycle_id=shelf.cycle(period), source=source,
                 plan=replace(plan(""), name=source.name, purpose="notices"), by=BY, now=shelf.now)


def test_a_retraction_is_kept_once_whoever_tells_it_and_however_often(database: Database, now: datetime) -> None:
    shelf = _with_starting_data(database, now)
    told: dict[str, Any] = {"relations": [{"kind": "retraction_in", "citation": "J Tests. 2026 Oct;1(1):2. PMID: 77"}]}
    with CrossrefStandIn([RETRACTED]) as one, standin([citation(1, **told), citation(2)]) as two:
        crossref = Crossref(impatient(one.address), base_address=one.address)
        of_pubmed = PubMedNotices(pubmed(two), address=two.address)
        first, second, again = (_watch(shelf, source, period) for source, period in (
            (crossref, "2026-11"), (of_pubmed, "2026-11"), (crossref, "2026-12")))
    assert [(one.state, one.new, one.missing) for one in (first, second, again)] == [("ok", 1, 1), ("ok", 0, 0), ("ok", 0, 1)]
    with database.reading() as session:
        (notice,) = notices.open_notices(session, shelf.review_id)
        assert (notice.kind, notice.doi, notice.pmid, notice.sources) == ("retraction", "10.5555/r", "77", ["retraction-watch", "pubmed"])
        assert notice.report_id is None and notice.study_id is not None
        assert len(events.of_kind(session, shelf.review_id, notices.FOUND)) == 1
    runs = {run.source: run for run in shelf.runs()}
    assert runs["crossref"].as_sent.startswith("notices about 2 papers") and runs["crossref"].address.endswith("/works")


def test_a_source_of_notices_that_fails_is_said_and_tried_again(database: Database, now: datetime) -> None:
    shelf = _with_starting_data(database, now)
    with CrossrefStandIn([RETRACTED], Faults({("doi", 0): "500"})) as one:
        source = Crossref(impatient(one.address), base_address=one.address)
        failed = _watch(shelf, source)
        one.faults.planned.clear()
        mended = _watch(shelf, source)
    assert failed.state == "failed" and "HTTP 500" in failed.error and (mended.state, mended.new) == ("ok", 1)
    assert [(run.attempt, run.state) for run in shelf.runs()] == [(1, "failed"), (2, "ok")]

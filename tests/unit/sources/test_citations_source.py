"""Citations from confirmed studies: backward and forward by OpenAlex, its budget kept, Europe PMC asked where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.demo.standins.openalex import OpenAlexStandIn, work
from bot.demo.standins.server import Reply, StandIn, json_reply
from bot.errors import SourceError
from bot.sources import Paper, Window, search
from bot.sources.citations import NOTHING_YET, Citations, record_of
from bot.sources.cited_by_europe_pmc import EuropePmcCitations
from bot.steps.records.daily_budget import daily_budget
from bot.steps.records.screened_in import following
from db.session import Database
from tests.fixtures_search import impatient, library, plan, planned
from tests.shapes import shape
from tests.shared import shared_path

SEED = {"id": "W1", "title": "The seed", "doi": "10.5555/seed", "pmid": "11", "cites": ["W2", "W3"]}
WORKS = [SEED, {"id": "W2", "title": "Cited"}, {"id": "W3", "title": "Cited too"}, {"id": "W4", "title": "Citing", "cites": ["W1"]}]
WINDOW = Window(None, datetime(2026, 11, 1).date())  # noqa: DTZ001  a day


def _source(one: StandIn, **given: Any) -> Citations:
    how: dict[str, Any] = {"spend": lambda _: ""} | given
    return Citations(impatient(one.address), base_address=one.address, **how)


class _EuropePmc(StandIn):
    """Europe PMC's lists of what the paper 11 cites and of what cites it."""

    def what(self, path: str, given: Any) -> str:
        return path.rpartition("/")[2]

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        if what == "citations":
            listed = [{"id": "21", "source": "MED", "title": "Citing"}]
            return json_reply({"version": "6.9", "hitCount": 1, "citationList": {"citation": listed}})
        if what == "references":
            listed = [{"id": "31", "source": "MED", "title": "Cited"}, {"title": "A book without a number"}]
            return json_reply({"version": "6.9", "hitCount": 2, "referenceList": {"reference": listed}})
        ids = ["11"] if "DOI:" in given["query"] else [one for one in ("21", "31") if f"EXT_ID:{one} " in given["query"]]
        return json_reply({"version": "6.9", "hitCount": len(ids), "resultList": {"result": [
            {"id": one, "source": "MED", "pmid": one, "title": f"Paper {one}", "pubYear": "2020"} for one in ids]}})


def test_what_a_paper_cites_and_what_cites_it_are_found() -> None:
    with OpenAlexStandIn(WORKS) as one:
        reply = search(_source(one), "doi:10.5555/seed\npmid:404", WINDOW)
        records = _source(one).fetch(reply.ids).records
    assert set(reply.ids) == {"W2", "W3", "W4"} and reply.first.warnings == ("not known to OpenAlex: pmid:404",)
    assert {record.title for record in records} == {"Cited", "Cited too", "Citing"} and all(record.source == "citations" for record in records)


def test_without_a_confirmed_study_nobody_is_asked_and_the_ledger_says_so() -> None:
    with OpenAlexStandIn(WORKS) as one:
        found = _source(one).ask("", WINDOW)
        assert found.as_sent == NOTHING_YET and one.requests == []


@pytest.mark.parametrize("fault", ["500", "429", "html", "error-in-200", "empty"])
def test_europe_pmc_is_asked_where_openalex_cannot_be_and_it_is_said(fault: str) -> None:
    with OpenAlexStandIn(WORKS, planned(seeds_0=fault)) as one, _EuropePmc() as two:
        fallback = EuropePmcCitations(impatient(two.address), base_address=two.address)
        reply = search(_source(one, fallback=fallback), "doi:10.5555/seed", WINDOW)
        batch = _source(one, fallback=fallback).fetch(reply.ids)
    assert set(reply.ids) == {"MED:21", "MED:31"} and "Europe PMC was asked instead" in reply.first.warnings[0]
    assert {record.pmid for record in batch.records} == {"21", "31"} and batch.missing == ()


@pytest.mark.parametrize("fault", ["count", "missing"])
def test_a_page_that_cannot_be_true_is_an_error(fault: str) -> None:
    with OpenAlexStandIn(WORKS, planned(cites_1=fault)) as one, pytest.raises(SourceError):
        search(_source(one), "doi:10.5555/seed", WINDOW)


def test_the_budget_of_a_day_is_kept_by_all_and_said(sqlite: Database, now: datetime) -> None:
    spend = daily_budget(sqlite, service="openalex", daily_usd=0.0002, clock=lambda: now)
    with OpenAlexStandIn(WORKS) as one:
        source = _source(one, spend=spend)
        assert len(search(source, "doi:10.5555/seed", WINDOW).ids) == 3
        with pytest.raises(SourceError, match=r"budget of openalex for 2026-11-02 is spent: \$0\.0002 of \$0\.00"):
            source.fetch(("W2",))
        assert len(one.requests) == 2


def test_citations_run_through_the_ledger_and_a_month_later_bring_nothing_twice(sqlite: Database, now: datetime) -> None:
    shelf = library(sqlite, now)
    how = following(replace(plan(""), name="citations", purpose="citations"), [Paper("10.5555/seed", "11"), Paper(pmid="404")])
    with OpenAlexStandIn(WORKS) as one:
        first, second = shelf.search(_source(one), how), shelf.search(_source(one), how, "2026-12")
    assert (first.state, first.hits, first.new, second.state, second.new) == ("ok", 3, 3, "ok", 0)
    assert shelf.runs()[0].as_sent == "doi:10.5555/seed; pmid:404"


def test_real_works_are_read_and_the_standin_gives_nothing_that_openalex_does_not() -> None:
    real = json.loads(shared_path("samples/openalex/openalexR_work_samples.json").read_text(encoding="utf-8"))
    first = record_of(real[0])
    assert (first.source_id, first.doi, first.pmid, first.year) == ("W52443429", "10.1007/s00401-002-0654-1", "12734659", 2003)
    assert first.journal == "Acta Neuropathologica" and first.authors[0] == "A. Prelle"
    known = set().union(*({path for path, _ in shape(one)} for one in real))
    given = {path for path, _ in shape(work(SEED | {"authors": ["Doe J"], "journal": "J"}))}
    # The sample was decoded by R, which makes a list of one a single value: names are compared, not lists.
    assert {path.replace("[]", "") for path in given} <= {path.replace("[]", "") for path in known}

"""What every source with an interface promises. A new source is one file in bot/sources and one line in SOURCES."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import pytest

import bot.sources
from bot.demo.standins.clinicaltrials import ClinicalTrialsStandIn
from bot.demo.standins.europepmc import EuropePmcStandIn
from bot.demo.standins.openalex import OpenAlexStandIn
from bot.demo.standins.scopus import ScopusStandIn
from bot.domain.records import Record
from bot.errors import SourceError
from bot.sources import FIRST, Source, Window, search
from bot.sources.citations import Citations
from bot.sources.clinicaltrials import ClinicalTrials
from bot.sources.preprints import Preprints
from bot.sources.scopus import Scopus
from tests.fixtures_search import impatient, planned, pubmed, spread, standin

YEARS = Window(None, date(2026, 11, 1))
Play = Callable[..., AbstractContextManager[Source]]


@contextmanager
def _pubmed(**faults: str) -> Iterator[Source]:
    with standin(spread(120), **_of(faults, ask="esearch", fetch="efetch")) as one:
        yield pubmed(one)


@contextmanager
def _clinicaltrials(**faults: str) -> Iterator[Source]:
    trials = [{"nct": f"NCT{number:08d}", "title": f"Peer support trial number {number}", "updated": "2026-10-15"} for number in range(120)]
    with ClinicalTrialsStandIn(trials, planned(**_of(faults, ask="list", fetch="studies")), longest_page=50) as one:
        yield ClinicalTrials(impatient(one.address), base_address=one.address)


@contextmanager
def _preprints(**faults: str) -> Iterator[Source]:
    held = [{"id": f"PPR{number}", "title": f"Peer support trial number {number}", "indexed": "2026-10-15"} for number in range(120)]
    with EuropePmcStandIn(held, planned(**_of(faults, ask="idlist", fetch="core")), longest_page=50) as one:
        yield Preprints(impatient(one.address), base_address=one.address)


@contextmanager
def _citations(**faults: str) -> Iterator[Source]:
    seed = {"id": "W1", "title": "The seed", "doi": "10.5555/seed", "cites": [f"W{number}" for number in range(100, 150)]}
    works = [{"id": f"W{number}", "title": f"Cited {number}"} for number in range(100, 150)]
    works += [{"id": f"W{number}", "title": f"Citing {number}", "cites": ["W1"]} for number in range(200, 270)]
    with OpenAlexStandIn([seed, *works], planned(**_of(faults, ask="cites", fetch="works")), longest_page=50) as one:
        yield Citations(impatient(one.address), base_address=one.address, spend=lambda _: "")


@contextmanager
def _scopus(**faults: str) -> Iterator[Source]:
    held = [{"eid": f"2-s2.0-{number}", "title": f"Peer support trial number {number}", "loaded": "2026-10-15"} for number in range(120)]
    with ScopusStandIn(held, planned(**_of(faults, ask="search", fetch="eids"))) as one:
        yield Scopus(impatient(one.address), base_address=one.address, api_key="k" * 32)


def _of(faults: dict[str, str], **kinds: str) -> dict[str, str]:
    """Return faults of asking and fetching as faults of a stand-in's own kinds of requests: `ask_1` → `esearch_1`."""
    return {f"{kinds[name.partition('_')[0]]}_{name.partition('_')[2]}": fault for name, fault in faults.items()}


# Name → how it is played: a stand-in with 120 records that the query finds, and faults by request (`ask_1="500"`, `fetch_0="html"`).
SOURCES: dict[str, tuple[Play, str]] = {
    "pubmed": (_pubmed, "peer[tiab]"),
    "clinicaltrials": (_clinicaltrials, "peer"),
    "citations": (_citations, "doi:10.5555/seed"),
    "preprints": (_preprints, 'TITLE_ABS:"peer support"'),
    "scopus": (_scopus, 'TITLE-ABS-KEY("peer support")'),
}


def test_every_source_there_is_is_held_to_this_contract() -> None:
    found = set()
    for module in pkgutil.iter_modules(bot.sources.__path__):
        for _, kind in inspect.getmembers(importlib.import_module(f"bot.sources.{module.name}"), inspect.isclass):
            if kind.__module__.startswith("bot.sources.") and hasattr(kind, "ask") and hasattr(kind, "fetch") and not module.ispkg:
                found.add(vars(kind)["name"])
    assert found == set(SOURCES)


@pytest.fixture(params=sorted(SOURCES))
def played(request: pytest.FixtureRequest) -> tuple[str, Play, str]:
    return (request.param, *SOURCES[request.param])


def test_it_has_a_name_a_batch_and_both_verbs(played: tuple[str, Play, str]) -> None:
    name, play, _ = played
    with play() as source:
        assert isinstance(source, Source) and source.name == name and 0 < source.batch <= 500


def test_it_lists_everything_once_and_says_how_it_read_the_query(played: tuple[str, Play, str]) -> None:
    _, play, query = played
    with play() as source:
        reply = search(source, query, YEARS)
    assert len(reply.ids) == len(set(reply.ids)) == 120
    # Who follows citations counts each list by itself: what a paper cites, then page by page what cites it.
    assert reply.first.hits == (50 if source.name == "citations" else 120)
    assert reply.first.as_sent and reply.first.as_understood and reply.first.address.startswith("http")


def test_asked_part_by_part_in_any_order_it_gives_the_same(played: tuple[str, Play, str]) -> None:
    _, play, query = played
    with play() as source:
        waiting, ids = [FIRST], set[str]()
        while waiting:
            found = source.ask(query, YEARS, waiting.pop())
            assert found.hits >= len(found.ids)
            waiting += found.parts
            ids |= set(found.ids)
        assert ids == set(search(source, query, YEARS).ids)


def test_it_gives_the_records_asked_for_and_names_the_others(played: tuple[str, Play, str]) -> None:
    name, play, query = played
    with play() as source:
        ids = search(source, query, YEARS).ids[:5]
        batch = source.fetch((*ids, "999999999"))
    assert {record.source_id for record in batch.records} == set(ids) and batch.missing == ("999999999",)
    assert all(isinstance(record, Record) and record.source == name and record.title for record in batch.records)


def test_no_ids_need_no_request(played: tuple[str, Play, str]) -> None:
    _, play, _ = played
    with play(fetch_0="500") as source:
        assert source.fetch(()).records == ()


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "truncated", "count", "empty", "drop"])
def test_a_fault_that_stays_is_an_error_of_the_source_and_never_an_empty_answer(played: tuple[str, Play, str], fault: str) -> None:
    _, play, query = played
    with play(ask_0=fault) as source, pytest.raises(SourceError):
        search(source, query, YEARS)


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "truncated", "cut", "empty", "drop"])
def test_a_fault_that_passes_costs_nothing(played: tuple[str, Play, str], fault: str) -> None:
    _, play, query = played
    with play(ask_1=fault, fetch_1=fault) as source:
        ids = search(source, query, YEARS).ids
        some = ids[:min(50, source.batch)]
        first = source.fetch(some)
        second = source.fetch(first.missing)
    assert len(ids) == 120 and len(first.records) + len(second.records) == len(some)

"""A review to search for, a plan of a source, citations for the stand-in. Not a test itself."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot import paths
from bot.demo.standins.eutils import EutilsStandIn, Faults
from bot.domain.protocols import Protocol, SourcePlan
from bot.http import Http
from bot.sources import Source
from bot.sources.pubmed import PubMed
from bot.steps.records.search import SearchAccount, search
from db import events, records, reviews, searches
from db.searches import SearchRunRow
from db.session import Database

BY = "system:test"


def citation(number: int, *, entered: str = "2020-01-15", title: str = "", **more: Any) -> dict[str, Any]:
    """Return a citation as the stand-in keeps them."""
    return {"pmid": str(10_000_000 + number), "title": title or f"Peer support trial number {number}", "entered": entered, "year": entered[:4],
            "journal": "Journal of Tests", "authors": [f"Author{number} A"], "doi": f"10.5555/test.{number}"} | more


def starting_papers() -> list[dict[str, Any]]:
    """Return the papers of the shipped review's starting data as a stand-in keeps them: a search finds them all."""
    with (paths.reviews() / "digital-peer-support" / "starting_set.csv").open(encoding="utf-8", newline="") as file:
        pmids = sorted({row["pmid"] for row in csv.DictReader(file) if row["pmid"]})
    return [citation(number, entered="2001-01-01", title=f"Online peer support for depression, randomised trial {number} of the starting data",
                     doi="", abstract="A randomised controlled trial of digital peer support for adults with depression.") | {"pmid": pmid}
            for number, pmid in enumerate(pmids)]


def spread(count: int, *, first: date = date(2015, 1, 1), days: int = 3650) -> list[dict[str, Any]]:
    """Return citations spread over the days from `first` on."""
    return [citation(number, entered=str(first + timedelta(days=number * days // count))) for number in range(count)]


def plan(strategy: str = "peer[tiab]", *, since: date | None = None, overlap_days: int = 30) -> SourcePlan:
    """Return how PubMed is searched."""
    return SourcePlan(
        name="pubmed", kind="api", label="MEDLINE (PubMed)", platform="NCBI E-utilities", strategy=strategy, strategy_text=strategy,
        strategy_file="searches/pubmed.txt", strategy_syntax="pubmed", strategy_state="draft", strategy_author="a test", strategy_dated=None,
        strategy_reviewer="none", to_verify=(), since=since, overlap_days=overlap_days, overdue_days=45)


def pubmed_alone(protocol: Protocol) -> Protocol:
    """Return a protocol of whose interfaces PubMed's alone is asked."""
    return replace(protocol, sources=tuple(one for one in protocol.sources if one.kind == "file" or one.name == "pubmed"))


def impatient(address: str, **given: Any) -> Http:
    """Return an Http that sleeps at once and never gives the same pause twice."""
    return Http(allowed=(address,), **({"sleep": lambda _: None, "chance": lambda: 0.5, "timeout": 10.0} | given))


def pubmed(standin: EutilsStandIn, **given: Any) -> PubMed:
    """Return PubMed as the stand-in plays it."""
    return PubMed(impatient(standin.address, **given), base_address=standin.address)


def standin(citations: Iterable[dict[str, Any]], **faults: Any) -> EutilsStandIn:
    """Return a stand-in with these citations. Faults by keyword: `esearch_1="500"`, `efetch_0="html"`, `every=(20, "429")`."""
    return EutilsStandIn(citations, planned(**faults))


def planned(**faults: Any) -> Faults:
    """Return faults by keyword: `esearch_1="500"`, `efetch_0="html"`, `every=(20, "429")`."""
    named = {(name.rpartition("_")[0], int(name.rpartition("_")[2])): fault for name, fault in faults.items() if name != "every"}
    return Faults(planned=named, every=faults.get("every", (0, "")))


@dataclass
class Library:
    """A review with a cycle per month, and what the searches of it left."""

    database: Database
    review_id: int
    now: datetime
    cycles: dict[str, int] = field(default_factory=dict)

    def cycle(self, period: str = "2026-11") -> int:
        """Return the cycle of a month, begun on its second day."""
        if period not in self.cycles:
            at = datetime.fromisoformat(f"{period}-02T09:00:00+00:00")
            with self.database.writing(by=BY) as session:
                version = reviews.current_protocol_version(session, self.review_id)
                row = reviews.begin_cycle(session, review_id=self.review_id, period=period, protocol_version_id=version.id, at=at)
                self.cycles[period] = row.id
        return self.cycles[period]

    def search(self, source: Source, how: SourcePlan | None = None, period: str = "2026-11") -> SearchAccount:
        """Search a source for a month."""
        return search(database=self.database, review_id=self.review_id, cycle_id=self.cycle(period), source=source, plan=how or plan(),
                      by=BY, now=self.now)

    def runs(self) -> list[SearchRunRow]:
        """Return the whole ledger, oldest first."""
        with self.database.reading() as session:
            return [run for cycle in self.cycles.values() for run in searches.runs_of_cycle(session, cycle)]

    def pmids(self) -> list[str]:
        """Return the PMIDs of all records that are here, in order."""
        with self.database.reading() as session:
            return sorted(row.identity for row in records.not_compared(session, self.review_id, 10**9))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return what was noted of one kind."""
        with self.database.reading() as session:
            return [event.data for event in events.of_kind(session, self.review_id, kind)]


def library(database: Database, now: datetime) -> Library:
    """Return a new review."""
    with database.writing(by=BY) as session:
        review = reviews.ensure(session, slug="searched", title="A review", at=now)
        reviews.activate_protocol(session, review_id=review.id, version="1", dated="2026-01-01", sha256="0" * 64, at=now)
        return Library(database, review.id, now)

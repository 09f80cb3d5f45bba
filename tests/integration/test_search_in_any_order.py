"""Which records become one report does not depend on who came first or where a run was killed; few rows are read, nothing is lost."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.records import Record
from bot.methods.dedup.clusters import cluster
from bot.steps.records import deduplicate as step
from bot.steps.records.deduplicate import DeduplicationAccount, deduplicate
from bot.steps.records.neighbours import Neighbours
from db import records, reviews
from db.records import RecordRow
from db.session import Database
from tests.fixtures_screening import desk
from tests.fixtures_search import BY, Library, library

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
TRIAL: dict[str, Any] = {"title": "Effect of an online peer support group on depression: a randomised controlled trial", "year": 2020,
                         "journal": "Journal of Tests", "authors": ("Doe J", "Roe R")}
PMID = Record("pubmed", "1", pmid="1", volume="3", pages="10-19", **TRIAL)
DOI = Record("wos", "2", doi="10.1000/1", **{**TRIAL, "title": TRIAL["title"][:58], "journal": ""})
# Alone it is like both: it brings them together, whenever it comes.
BRIDGE = Record("scopus", "3", pmid="1", doi="10.1000/1", volume="3", pages="10-19", **TRIAL)
ERRATUM = Record("embase", "4", volume="3", pages="99", **{**TRIAL, "title": f"Erratum: {TRIAL['title']}"})
OTHER_PMID = replace(PMID, source="embase", source_id="5", pmid="5")
NO_PMID = replace(PMID, source="psycinfo", source_id="6", pmid="")


def put(here: Library, month: str, *given: Record) -> DeduplicationAccount:
    cycle_id = here.cycle(month)
    with here.database.writing(by=BY) as session:
        records.store(session, review_id=here.review_id, records=given, at=here.now, cycle_id=cycle_id)
    return deduplicate(database=here.database, review_id=here.review_id, by=BY, now=here.now)


def grouped(here: Library) -> set[frozenset[str]]:
    with here.database.reading() as session:
        return {frozenset(row.identity for row in records.records_of(session, report.id)) for report in records.reports(session, here.review_id)}


def counted(here: Library, month: str | None = None) -> dict[str, Any]:
    with here.database.reading() as session:
        return records.counts(session, here.review_id, here.cycles[month] if month else None)


def as_a_batch(given: Sequence[Record]) -> set[frozenset[str]]:
    return {frozenset(given[position].source_id for position in group) for group in cluster(given).clusters}


@pytest.mark.parametrize("given", [(PMID, DOI, BRIDGE, ERRATUM), (PMID, OTHER_PMID, NO_PMID, ERRATUM)], ids=["a bridge", "two that exclude"])
def test_records_that_come_over_four_months_become_the_same_reports_in_every_order(sqlite: Database, now: datetime,
                                                                                  given: tuple[Record, ...]) -> None:
    wanted = as_a_batch(given)
    for number, order in enumerate(itertools.permutations(given)):
        here = library_number(sqlite, now, number)
        for month, record in zip(MONTHS, order, strict=True):
            put(here, month, record)
            found = counted(here)
            assert found["identified"] == found["duplicates"] + found["reports"]
        assert grouped(here) == wanted, [one.source_id for one in order]
        for month in MONTHS:
            found = counted(here, month)
            assert found["identified"] == 1
        assert sum(counted(here, month)["reports"] for month in MONTHS) == len(wanted)
        assert sum(counted(here, month)["duplicates"] for month in MONTHS) == len(given) - len(wanted)


def library_number(database: Database, now: datetime, number: int) -> Library:
    with database.writing(by=BY) as session:
        review = reviews.ensure(session, slug=f"searched-{number}", title="A review", at=now)
        reviews.activate_protocol(session, review_id=review.id, version="1", dated="2026-01-01", sha256="0" * 64, at=now)
        return Library(database, review.id, now)


def test_a_run_that_is_killed_at_any_record_comes_to_the_same_reports(sqlite: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [PMID, DOI, ERRATUM, BRIDGE, OTHER_PMID, NO_PMID]
    monkeypatch.setattr(step, "AT_A_TIME", 2)
    wanted, found = None, Neighbours.placed
    for kill_at in (None, 1, 3, 4, 6):
        here, seen = library_number(sqlite, now, kill_at or 0), {"count": 0}
        cycle_id = here.cycle("2026-11")
        with sqlite.writing(by=BY) as session:
            records.store(session, review_id=here.review_id, records=given, at=now, cycle_id=cycle_id)

        def dying(neighbours: Neighbours, row: RecordRow, seen: dict[str, int] = seen, kill_at: int | None = kill_at) -> None:
            seen["count"] += 1
            if seen["count"] == kill_at:
                raise KeyboardInterrupt
            found(neighbours, row)

        with monkeypatch.context() as patched:
            patched.setattr(Neighbours, "placed", dying)
            if kill_at is None:
                deduplicate(database=sqlite, review_id=here.review_id, by=BY, now=now)
            else:
                with pytest.raises(KeyboardInterrupt):
                    deduplicate(database=sqlite, review_id=here.review_id, by=BY, now=now)
        deduplicate(database=sqlite, review_id=here.review_id, by=BY, now=now)
        wanted = wanted or grouped(here)
        assert grouped(here) == wanted, kill_at


def strangers(count: int) -> list[Record]:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghiklmnoprstuvw", k=chance.randint(4, 11))) for _ in range(900)]
    return [Record("pubmed", f"s{number}", title=" ".join(chance.sample(words, 9)), year=1990 + number % 30, volume=str(number % 97),
                   pages=f"{number + 2}-{number + 9}", authors=(f"Writer{number} A",)) for number in range(count)]


def test_a_new_record_reads_the_rows_that_share_a_key_and_no_others(sqlite: Database, now: datetime) -> None:
    here = library(sqlite, now)
    put(here, "2026-11", *strangers(400), PMID)
    cycle_id = here.cycle("2026-12")
    with sqlite.writing(by=BY) as session:
        records.store(session, review_id=here.review_id, records=[NO_PMID], at=now, cycle_id=cycle_id)
    read, asked = {"records": 0}, list[tuple[str, Any]]()

    def loaded(*_: object) -> None:
        read["records"] += 1

    def executed(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "FROM record_key" in statement:
            asked.append((statement, parameters))

    event.listen(RecordRow, "load", loaded)
    event.listen(sqlite.engine, "before_cursor_execute", executed)
    try:
        account = deduplicate(database=sqlite, review_id=here.review_id, by=BY, now=now)
    finally:
        event.remove(RecordRow, "load", loaded)
        event.remove(sqlite.engine, "before_cursor_execute", executed)
    # The new record (read by its number, then again in its transaction) and the one that it cites; 400 others are never read.
    assert account.duplicates == 1 and read["records"] <= 4, read
    with sqlite.engine.connect() as connection:
        plan = [str(row[3]) for statement, parameters in asked
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    searches = [line for line in plan if "record_key" in line]
    assert searches and all("ix_record_key_value (review_id=? AND kind=? AND value=?)" in line for line in searches), plan


def test_five_hundred_citations_of_one_kind_are_named_kept_and_not_joined(sqlite: Database, now: datetime) -> None:
    here = library(sqlite, now)
    first = put(here, "2026-11", *[replace(PMID, source_id=f"x{number}", pmid="") for number in range(50)])
    assert (first.duplicates, first.odd) == (49, ())
    more = put(here, "2026-12", *[replace(PMID, source_id=f"y{number}", pmid="") for number in range(70)])
    assert (more.records, more.duplicates) == (70, 0) and len(more.odd) == 70
    assert "records seem to cite one report; it was left apart" in more.odd[0]
    found = counted(here)
    assert (found["identified"], found["reports"]) == (120, 71) and found["questions"] == 0


def test_more_records_with_one_key_than_are_compared_is_said(sqlite: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    here = library(sqlite, now)
    editorials = [Record("wos", f"e{number}", title="Editorial", volume="7", issue=str(number), pages=f"{number + 2}", year=2001,
                         journal=f"Journal {number} of Things", authors=(f"Writer{number} A",)) for number in range(40)]
    put(here, "2026-11", *editorials)
    monkeypatch.setattr(step, "MOST_CANDIDATES", 10)
    twin = replace(editorials[33], source="embase", source_id="t")
    account = put(here, "2026-12", twin)
    # The one that shares title and place comes first, however many share the title alone; and that others were not compared is said.
    assert account.duplicates == 1 and frozenset({"e33", "t"}) in grouped(here)
    assert account.odd and "30 more records share a key with it" in account.odd[0]


def test_two_records_with_one_id_are_both_kept_and_named(sqlite: Database, now: datetime) -> None:
    here = library(sqlite, now)
    other = Record("pubmed", "1", title="Fish oil for people who sleep badly: an open pilot study", authors=("Roe B",), year=2011)
    account = put(here, "2026-11", replace(PMID, pmid=""), other)
    assert (account.records, account.new_reports) == (2, 2)
    assert account.odd == ("pubmed gave the id 1 to two records that do not say the same; both were kept.",)
    again = put(here, "2026-12", replace(PMID, pmid=""), other)
    assert again.records == 0
    revised = replace(PMID, pmid="", abstract="Words that the source added since.")
    assert put(here, "2027-01", revised).records == 0


def test_a_report_that_people_voted_on_is_not_put_into_another_by_itself(sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=())
    here = Library(sqlite, one.review_id, now, {"2026-11": one.cycle_id})
    put(here, "2026-11", PMID, DOI)
    assert len(grouped(here)) == 2
    round_id = one.open().round_id
    assert round_id is not None
    for assignment in one.list_of("Ada", round_id):
        one.vote("Ada", round_id, assignment.position, "include")
    put(here, "2026-12", BRIDGE)
    assert len(grouped(here)) == 2, "two reports with votes stay two"
    assert counted(here)["questions"] == 1

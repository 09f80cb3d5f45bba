"""The ledger of searches as rows, CSV, a paragraph of methods and an appendix: nothing in it that was not stored, nothing left out."""

from __future__ import annotations

import csv
import dataclasses
import io
from datetime import datetime

import pytest

from bot.bulletin import search_appendix
from bot.bulletin.search_appendix import LedgerRow
from bot.steps.records.import_file import import_file, keep_unread
from bot.steps.records.ledger import ledger
from db.session import Database
from tests.fixtures_screening import shipped_protocol
from tests.fixtures_search import BY, Library, library, plan, pubmed, spread, standin

RIS = b"TY  - JOUR\nTI  - A trial\nAN  - 202000001\nER  - \n\nTY  - JOUR\nPY  - 2020\nER  - \n"


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


def rows(here: Library) -> list[LedgerRow]:
    return ledger(database=here.database, review_id=here.review_id, protocol=shipped_protocol())


def searched(here: Library) -> list[LedgerRow]:
    with standin(spread(30), every=(1, "500")) as site:
        here.search(pubmed(site), plan())
    with standin(spread(30)) as site:
        here.search(pubmed(site), plan())
    given = {"database": here.database, "review_id": here.review_id, "cycle_id": here.cycle(), "source": "embase", "by": BY, "now": here.now}
    import_file(**given, name="=cmd|a.ris", content=RIS)
    keep_unread(**given, name="b.pdf", content=b"%PDF", reason="is a PDF")
    return rows(here)


def test_each_run_and_each_file_is_one_row_with_all_that_prisma_s_asks_for(here: Library) -> None:
    found = searched(here)
    runs, files = [row for row in found if row.kind == "api"], [row for row in found if row.kind == "file"]
    assert [row.state for row in runs] == ["failed", "ok"] and runs[0].error and runs[0].fetched == 0
    good = runs[1]
    assert (good.source, good.label, good.hits, good.fetched, good.new, good.failed) == ("pubmed", "MEDLINE (PubMed)", 30, 30, 30, 0)
    assert good.strategy and good.understood and good.address.startswith("http") and "Perennial" in good.software and good.window_to
    assert datetime.fromisoformat(good.time) and len(good.strategy_sha256) == 64
    assert [(row.file, row.state, row.fetched, row.failed, row.error) for row in files] == [
        ("=cmd|a.ris", "ok", 1, 1, ""), ("b.pdf", "failed", 0, 1, "is a PDF")]
    assert files[0].strategy.startswith("1 exp self help/") and files[0].peer_reviewer == "none"


def test_the_csv_holds_every_row_and_no_formula(here: Library) -> None:
    found = searched(here)
    read = list(csv.DictReader(io.StringIO(search_appendix.as_csv(found))))
    assert len(read) == len(found) == 4 and set(read[0]) == {one.name for one in dataclasses.fields(LedgerRow)}
    assert [row["file"] for row in read if row["kind"] == "file"] == ["'=cmd|a.ris", "b.pdf"]
    assert next(row for row in read if row["state"] == "ok" and row["kind"] == "api")["hits"] == "30"
    assert all(row["hits"] == "" for row in read if row["kind"] == "file")


def test_the_paragraph_and_the_appendix_say_what_was_done_and_what_failed(here: Library) -> None:
    assert search_appendix.paragraph(rows(here)) == "No source has been searched yet."
    found = searched(here)
    said = search_appendix.paragraph(found)
    assert "MEDLINE (PubMed) (NCBI E-utilities) was searched through its interface, 1 time" in said and "1 attempt failed" in said
    assert "Embase (Ovid) was searched by a person" in said and "Search not peer reviewed: Embase, MEDLINE (PubMed)." in said
    whole = search_appendix.appendix(found)
    assert "## Embase, Ovid" in whole and "exp self help/" in whole and "As MEDLINE (PubMed) read it:" in whole and "30 hits" in whole

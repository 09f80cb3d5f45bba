"""Known items: a strategy that misses one that the source has raises an alarm, and what it found stays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot import paths
from bot.domain.known_items import KnownItem
from bot.errors import ProtocolError
from bot.protocols import known_items
from bot.steps.records.search import SearchAccount, search
from db import searches
from db.session import Database
from tests.fixtures_search import BY, Library, citation, library, plan, pubmed, standin

OTHER = citation(99, entered="2019-05-01", title="Something else entirely", abstract="No word of it.")
GIVEN = [*(citation(number, entered="2020-01-15") for number in range(1, 6)), OTHER]


def item(pmid: str, *, shaped: bool = False) -> KnownItem:
    return KnownItem("pubmed", pmid, f"Doe {pmid[-2:]}", shaped)


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


def searched(here: Library, *items: KnownItem, period: str = "2026-11", **faults: str) -> SearchAccount:
    with standin(GIVEN, **faults) as site:
        return search(database=here.database, review_id=here.review_id, cycle_id=here.cycle(period), source=pubmed(site), plan=plan(),
                      by=BY, now=here.now, known=items)


def test_a_strategy_that_finds_them_all_states_recall_for_those_that_did_not_shape_it(here: Library) -> None:
    account = searched(here, item("10000001"), item("10000002", shaped=True), item("77777777"))
    assert account.state == "ok" and account.fetched == 5
    (noted,) = here.events("search.known_items")
    assert noted["sentence"] == ("known items found: 1 of 1 that did not shape the strategy, 1 of 1 that did; 1 not in this source")
    assert noted["absent"] == ["77777777"]


def test_a_miss_is_an_alarm_the_records_stay_and_the_days_do_not_move_on(here: Library) -> None:
    account = searched(here, item("10000001"), item("10000099", shaped=True))
    assert account.state == "failed" and "misses 1 known item: 10000099 (Doe 99, which shaped the strategy)" in account.error
    assert len(here.pmids()) == 5 and account.new == 5
    with here.database.reading() as session:
        assert searches.last_ok_window(session, here.review_id, "pubmed") is None and searches.searched_to(session, here.review_id) == {}
    again = searched(here, item("10000001"), period="2026-12")
    assert again.state == "ok" and again.new == 0


def test_items_are_asked_for_without_the_days_of_the_search(here: Library) -> None:
    searched(here, item("10000001"))
    later = searched(here, item("10000001"), period="2026-12")
    assert later.state == "ok" and here.events("search.known_items")[-1]["found"] == ["10000001"]


def test_items_of_another_source_or_none_ask_nothing(here: Library) -> None:
    assert searched(here, KnownItem("embase", "1", "Doe", False)).state == "ok" and here.events("search.known_items") == []


def test_the_shipped_items_are_read_and_some_did_not_shape_the_strategy() -> None:
    found = known_items.read(paths.review_folders(paths.default_home())["digital-peer-support"])
    assert len(found) == 20 and len({one.id for one in found}) == 20 and 0 < sum(one.shaped for one in found) < 20


@pytest.mark.parametrize(("text", "says"), [
    ("id,source\n1,pubmed\n", ":1: the columns are"), ("source,id,label,shaped,seen\npubmed,1 2,Doe,yes,\n", ":2: source and id"),
    ("source,id,label,shaped,seen\npubmed,1,Doe,perhaps,\n", ":2: shaped is"),
])
def test_a_list_that_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "known_items.csv").write_text(text)
    with pytest.raises(ProtocolError, match=says):
        known_items.read(tmp_path)

"""Searching a source for a cycle: the ledger, the window, failures, and going on where it stopped."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.demo.standins.eutils import EutilsStandIn
from bot.sources import Batch, Found, Window
from bot.steps.records.accept_reading import accept_reading
from bot.steps.records.deduplicate import deduplicate
from db import records, searches
from db.session import Database
from tests.fixtures_search import BY, Library, citation, library, plan, pubmed, spread, standin


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


def test_a_search_keeps_every_record_once_and_one_row_of_the_ledger(here: Library) -> None:
    with standin(spread(120)) as one:
        account = here.search(pubmed(one))
    run = here.runs()[0]
    assert (account.state, account.hits, account.fetched, account.new, account.missing) == ("ok", 120, 120, 120, 0)
    assert (run.hits, run.fetched, run.new, run.failed, run.state, run.error) == (120, 120, 120, 0, "ok", "")
    assert (run.window_from, run.window_to) == ("", "2026-11-02") and run.finished_at == here.now
    assert run.as_sent.startswith("(peer[tiab]) AND ") and "[Date - Entry]" in run.as_understood and run.address.endswith("/esearch.fcgi")
    assert "Perennial" in run.software and len(run.strategy_sha256) == 64
    assert here.pmids() == sorted(record["pmid"] for record in spread(120))


def test_a_source_is_searched_once_in_a_cycle(here: Library) -> None:
    with standin(spread(10)) as one:
        first = here.search(pubmed(one))
        asked = len(one.requests)
        assert here.search(pubmed(one)) == first and len(one.requests) == asked


def test_the_next_window_begins_where_the_last_ended_less_the_overlap(here: Library) -> None:
    with standin([citation(1, entered="2026-10-20"), citation(2, entered="2026-11-20")]) as one:
        here.search(pubmed(one))
        account = here.search(pubmed(one), plan(overlap_days=30), "2026-12")
    assert (here.runs()[1].window_from, here.runs()[1].window_to) == ("2026-10-03", "2026-12-02")
    assert (account.hits, account.new) == (2, 1)


def test_a_first_search_reaches_back_to_the_day_that_the_protocol_names(here: Library) -> None:
    with standin([citation(1, entered="2024-12-31"), citation(2, entered="2025-01-01")]) as one:
        assert here.search(pubmed(one), plan(since=date(2025, 1, 1))).hits == 1


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "ERROR", "truncated", "count", "empty", "drop", "redirect"])
def test_a_source_that_fails_is_told_in_a_sentence_and_its_window_stays(here: Library, fault: str) -> None:
    with standin(spread(10)) as one:
        here.search(pubmed(one), period="2026-10")
    with standin([*spread(10), citation(99, entered="2026-10-20")], esearch_0=fault) as one:
        account = here.search(pubmed(one))
    assert account.state == "failed" and account.error and account.sentence.startswith("FAILED, nothing is known about what is new: ")
    with here.database.reading() as session:
        assert searches.last_ok_window(session, here.review_id, "pubmed") == ("", "2026-10-02")
        assert searches.searched_to(session, here.review_id) == {"pubmed": date(2026, 10, 2)}
    with standin([*spread(10), citation(99, entered="2026-10-20")]) as one:
        after = here.search(pubmed(one))
    assert (after.state, after.new) == ("ok", 1) and [run.attempt for run in here.runs()] == [1, 1, 2]


def test_nobody_there_is_a_failure_and_no_exception(here: Library) -> None:
    with standin([]) as one:
        source = pubmed(one)
    assert here.search(source).state == "failed" and "could not be reached" in here.runs()[0].error


def test_what_breaks_inside_a_source_is_this_sources_failure(here: Library) -> None:
    class Broken:
        name, batch = "pubmed", 10

        def ask(self, query: str, window: Window, part: str = "") -> Found:
            raise KeyError("count")

        def fetch(self, ids: tuple[str, ...]) -> Batch:
            raise AssertionError

    account = here.search(Broken())
    assert account.state == "failed" and "cannot be read (KeyError" in account.error


def test_records_that_a_source_keeps_back_are_asked_for_again_and_then_named(here: Library) -> None:
    with standin([citation(1), citation(2)]) as one:
        one.records.pop("10000002")
        account = here.search(pubmed(one))
        fetches = [given["id"] for what, given in one.requests if what == "efetch"]
    assert (account.state, account.missing, account.new) == ("failed", 1, 1) and "10000002" in account.error
    assert fetches == ["10000001,10000002", "10000002", "10000002"]


def test_a_record_that_is_lost_for_good_does_not_hold_the_window_for_ever(here: Library) -> None:
    with standin([citation(1), citation(2)]) as one:
        one.records.pop("10000002")
        here.search(pubmed(one))
        account = here.search(pubmed(one))
    assert (account.state, account.missing) == ("ok", 1) and "1 record that it did not give" in account.sentence


def test_a_batch_that_came_short_once_is_whole_in_the_end(here: Library) -> None:
    with standin(spread(120), efetch_1="missing", efetch_2="truncated") as one:
        account = here.search(pubmed(one))
    assert (account.state, account.fetched, account.new) == ("ok", 120, 120) and len(here.pmids()) == 120


def test_a_second_attempt_does_not_fetch_what_the_first_one_brought(here: Library) -> None:
    with standin(spread(120), efetch_2="html", efetch_3="html", efetch_4="html", efetch_5="html", efetch_6="html") as one:
        assert here.search(pubmed(one)).state == "failed"
    with standin(spread(120)) as one:
        account = here.search(pubmed(one))
        fetched = [number for what, given in one.requests if what == "efetch" for number in given["id"].split(",")]
    assert (account.state, account.fetched) == ("ok", 120) and len(fetched) == 70 and len(here.pmids()) == 120


def test_a_run_that_was_interrupted_goes_on_behind_the_last_answer(here: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.pubmed.MOST_HITS", 40)
    monkeypatch.setattr("bot.demo.standins.eutils.LAST_START", 39)
    asked: list[tuple[str, str]] = []
    with standin(spread(300)) as one:
        kills = 0
        while True:
            try:
                assert here.search(_Killed(one, after=kills)).state == "ok"
                break
            except KeyboardInterrupt:
                kills += 1
        asked = [(what, given.get("term", "") or given["id"]) for what, given in one.requests]
    assert len(here.pmids()) == 300 and len(here.runs()) == 1
    # One request was in the air when it was killed, each time.
    assert kills > 5 and len(asked) - len(set(asked)) <= kills


def test_a_strategy_with_a_field_that_pubmed_does_not_know_is_flagged_and_not_used(here: Library) -> None:
    with standin(spread(5)) as one:
        account = here.search(pubmed(one), plan("peer[tiabx]"))
    assert account.state == "failed" and "no such field: [tiabx]" in account.error and "searches/pubmed.txt" in account.error
    assert here.runs()[0].warnings == ["no such field: [tiabx]"] and here.pmids() == []


def test_a_search_that_pubmed_reads_otherwise_than_before_waits_for_a_person(here: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with standin(spread(5)) as one:
        here.search(pubmed(one), period="2026-10")
        monkeypatch.setitem(_names(), "tiab", "Text Word")
        account = here.search(pubmed(one))
        assert account.state == "failed" and "reads the strategy otherwise than before" in account.error and "Text Word" in account.error
        accept_reading(database=here.database, review_id=here.review_id, cycle_id=here.cycles["2026-11"], source="pubmed",
                       by="person:ada", now=here.now)
        assert here.search(pubmed(one)).state == "ok"
        assert here.search(pubmed(one), period="2026-12").state == "ok"


def test_another_strategy_is_read_for_the_first_time(here: Library) -> None:
    with standin(spread(5)) as one:
        here.search(pubmed(one), period="2026-10")
        assert here.search(pubmed(one), plan("support[tiab]")).state == "ok"


def test_a_retraction_of_a_known_record_is_noted_and_handed_on(here: Library) -> None:
    known = citation(1, entered="2019-03-01", abstract="Words.")
    with standin([known]) as one:
        here.search(pubmed(one), period="2026-10")
        deduplicate(database=here.database, review_id=here.review_id, by=BY, now=here.now)
        one.put([known | {"revised": "2026-10-20", "relations": [{"kind": "retraction_in", "citation": "J Test. 2026. PMID: 9"}]}])
        account = here.search(pubmed(one))
    assert (account.hits, account.new) == (1, 0)
    noted = here.events("record.revised")
    assert [one["notices"] for one in noted] == [[{"kind": "retraction_in", "by": "9"}]]
    with here.database.reading() as session:
        report = records.as_record(records.report(session, noted[0]["report"]))
    assert [relation.kind for relation in report.relations] == ["retraction_in"]


def test_a_key_stands_neither_in_the_ledger_nor_in_an_error(here: Library) -> None:
    from bot.sources.pubmed import PubMed
    from tests.fixtures_search import impatient

    with standin(spread(3), esearch_0="429") as one:
        here.search(PubMed(impatient(one.address), base_address=one.address, api_key="s3cretk3y", email="me@example.org"))
    assert all("s3cretk3y" not in str(value) and "me@example.org" not in str(value) for value in vars(here.runs()[0]).values())


class _Killed:
    """PubMed for a program that dies in every n-th request: the request is made, and its answer is lost."""

    name, batch = "pubmed", 50

    def __init__(self, one: EutilsStandIn, *, after: int) -> None:
        self._real, self._left = pubmed(one), after % 7 + 1

    def ask(self, query: str, window: Window, part: str = "") -> Found:
        return self._count(self._real.ask(query, window, part))

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        return self._count(self._real.fetch(ids))

    def _count(self, answer: Found | Batch):  # type: ignore[no-untyped-def]
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return answer


def _names() -> dict[str, str]:
    from bot.demo.standins import pubmed_query

    return pubmed_query.NAMES

"""Preprints by Europe PMC: real replies read, cursors followed to the end, and a preprint that became an article named as one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from bot.demo.standins.europepmc import EuropePmcStandIn, core
from bot.errors import SourceError
from bot.sources import Window, search
from bot.sources.preprints import Preprints, record_of
from tests.fixtures_search import impatient, planned
from tests.shapes import not_in_real_ones
from tests.shared import shared_path

WINDOW = Window(date(2026, 10, 1), date(2026, 10, 31))


def _held(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"PPR{number}", "title": f"Peer support {number}", "indexed": "2026-10-15"} | more for number in range(count)]


def _source(one: EuropePmcStandIn) -> Preprints:
    return Preprints(impatient(one.address), base_address=one.address)


def _real() -> list[dict[str, Any]]:
    return json.loads(shared_path("samples/europepmc/search_cancer_core.json").read_text(encoding="utf-8"))["resultList"]["result"]


def test_real_records_are_read_with_the_labels_of_their_sections() -> None:
    records = [record_of(one) for one in _real()]
    assert len(records) == 25 and all(one.title and one.year for one in records) and sum(bool(one.authors) for one in records) > 20
    assert not any("<" in one.abstract and ">" in one.abstract.partition("<")[2][:20] for one in records)
    erratum = next(one for one in records if one.relations)
    assert (erratum.relations[0].kind, erratum.relations[0].pmid, erratum.relations[0].doi) == (
        "erratum_for", "39293462", "10.1016/s0140-6736(24)01653-2")
    made = record_of({"id": "PPR1", "title": "A", "pubYear": "2026",
                      "abstractText": "<h4>Background</h4>Why. <h4>Results</h4>What <i>came</i>."})
    assert made.abstract == "BACKGROUND: Why.\nRESULTS: What came."


def test_a_preprint_names_the_article_that_it_became() -> None:
    record = record_of(core({"id": "PPR7", "title": "A trial", "indexed": "2026-10-15", "server": "medRxiv", "doi": "10.64898/x",
                             "article": "42"}))
    assert [(one.kind, one.pmid) for one in record.relations] == [("preprint_of", "42")]
    assert (record.source, record.journal, record.doi, record.publication_types) == ("preprints", "medRxiv", "10.64898/x", ("Preprint",))


def test_what_came_or_changed_in_the_window_is_found_page_by_page() -> None:
    held = [*_held(25), {"id": "PPR90", "title": "Peer support of old", "indexed": "2026-01-01"},
            {"id": "PPR91", "title": "Peer support, now an article", "indexed": "2026-01-01", "updated": "2026-10-20"}]
    with EuropePmcStandIn(held, longest_page=10) as one:
        reply = search(_source(one), 'TITLE_ABS:("peer support")', WINDOW)
    assert len(reply.ids) == 26 and "PPR91" in reply.ids and "PPR90" not in reply.ids
    assert reply.first.reading == 'TITLE_ABS:("peer support")'


@pytest.mark.parametrize("fault", ["count", "missing", "cursor"])
def test_pages_that_cannot_be_true_are_an_error(fault: str) -> None:
    with (EuropePmcStandIn(_held(25), planned(idlist_1=fault), longest_page=10) as one, pytest.raises(SourceError)):
        search(_source(one), 'TITLE_ABS:"peer support"', WINDOW)


def test_a_query_that_europe_pmc_does_not_read_is_an_error_though_it_says_nothing() -> None:
    with EuropePmcStandIn(_held(1)) as one, pytest.raises(SourceError, match="without a count"):
        search(_source(one), 'TITLE_ABS:("peer support"', WINDOW)


def test_the_standin_gives_nothing_that_europe_pmc_does_not() -> None:
    whole = core({"id": "PPR7", "title": "A trial", "indexed": "2026-10-15", "abstract": "Words", "authors": ["Doe J"], "doi": "10.1/x",
                  "article": "42"})
    assert {path for path, _ in not_in_real_ones(whole, _real())} == set()

"""The stated rule by which one record is made of several."""

from __future__ import annotations

from bot.domain.records import Record, Relation
from bot.methods.dedup.merge import merged

PUBMED = Record(
    source="pubmed",
    source_id="11",
    title="Peer support by text message: a randomized trial",
    authors=("Lee K",),
    year=2020,
    date="2020-12-30",
    journal="J Med Internet Res",
    pmid="11",
    doi="10.2196/1",
    registrations=("NCT00000001",),
)
EMBASE = Record(
    source="embase",
    source_id="L2",
    title="Peer support by text message",
    abstract="METHODS: a trial of 120.",
    authors=("Lee, Kim", "Doe, J."),
    year=2021,
    journal="Journal of Medical Internet Research",
    volume="23",
    issue="1",
    pages="e9",
    doi="NA",
    registrations=("NCT00000001", "ISRCTN1"),
)


def test_the_preferred_source_names_the_report_and_the_whole_title_wins():
    whole = merged([EMBASE, PUBMED])
    assert (whole.source, whole.source_id, whole.pmid) == ("pubmed", "11", "11")
    assert whole.title == PUBMED.title


def test_a_title_cut_short_by_the_preferred_source_is_completed():
    assert merged([Record("pubmed", "1", "Peer support by text"), EMBASE]).title == EMBASE.title


def test_journal_volume_pages_and_year_come_from_one_record():
    whole = merged([PUBMED, EMBASE])
    assert (whole.journal, whole.volume, whole.issue, whole.pages, whole.year) == (EMBASE.journal, "23", "1", "e9", 2021)


def test_abstract_authors_and_lists_are_the_fullest_and_a_doi_is_one():
    whole = merged([PUBMED, EMBASE])
    assert whole.abstract == EMBASE.abstract
    assert whole.authors == EMBASE.authors
    assert whole.registrations == ("NCT00000001", "ISRCTN1")
    assert whole.doi == "10.2196/1"
    assert merged([EMBASE]).doi == ""


def test_relations_of_all_sources_are_kept():
    one, two = Relation("erratum_in", "a", pmid="5"), Relation("update_of", "b", doi="10.1/2")
    assert merged([Record("embase", "1", "t", relations=(two,)), Record("pubmed", "2", "t", relations=(one,))]).relations == (
        one,
        two,
    )
